// The redirects back from Google and from an issuer: what they belong to, which one look-up of their state says, and the
// page they end on. A state of a link, of a sign-in and of another provider's sign-in never stand for one another.
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { AuthorizationServer } from '../../authorization-server/index.ts';
import {
  type Connection,
  issuerCallbackPath,
  type LinkOutcome,
  type PendingCallback,
  type SignInOutcome,
  type SignInProvider,
} from '../../connect/accounts.ts';
import { callbackPath } from '../../connect/links.ts';
import type { RandomBytes } from '../../lib/clock.ts';
import { clearRoundCookie, csrfTokenFor, readRoundCookie, setSessionCookie } from './cookies.ts';
import { linkOutcomePage } from './html/link-outcome-page.ts';
import { somebodyElsesLinkPage } from './html/link-pages.ts';
import {
  backToAppPage,
  backToLinkPage,
  continuingPage,
  foreignCallbackPage,
  malformedCallbackPage,
  unknownSignInPage,
} from './html/notices.ts';
import { type Page, pageResponse, popupPageResponse } from './html/page.ts';
import { clientSignInFailedPage, declinedPage, linkSignInFailedPage } from './html/sign-in-pages.ts';

/** What pages need of the authorization server. */
export type SignInServer = Pick<AuthorizationServer, 'consentDetails' | 'approve' | 'deny'>;

export interface PageRoutesOptions {
  readonly connection: Connection;
  /** Where people sign in, each for a realm; none on the loopback. */
  readonly signIns?: readonly SignInProvider[];
  /** Hears how the sign-in of an MCP client ended. */
  readonly authorizationServer?: SignInServer;
  /** Where these routes are reached, as the browser sees it; decides whether cookies are `Secure`. */
  readonly origin: () => string;
  readonly random: RandomBytes;
  readonly log: Logger;
  /** Is called with how each callback of a link ended. */
  readonly finished?: (outcome: LinkOutcome) => void;
}

/** What stands in the redirect back from an identity provider. */
export interface Callback {
  readonly state: string;
  readonly code?: string;
  readonly error?: string;
  readonly iss?: string;
}

type CallbackReading =
  | { readonly kind: 'callback'; readonly callback: Callback }
  /** Nobody asked for it: nothing says which round it belongs to. */
  | { readonly kind: 'foreign' }
  /** Of a known round it may be, but no provider answers so: the round goes on as if it had not come. */
  | { readonly kind: 'malformed' };

/**
 * RFC 6749 §3.1 and §4.1.2: no parameter stands twice, one without a value counts as left out, and an answer has either a
 * code or an error.
 */
export const readCallback = (query: URLSearchParams): CallbackReading => {
  const states = query.getAll('state');
  const [state] = states;
  if (state === undefined || state === '' || states.length > 1) return { kind: 'foreign' };
  const names = [...query.keys()];
  const [code, error, iss] = ['code', 'error', 'iss'].map((name) => query.get(name) || undefined);
  const isOneAnswer = (code === undefined) !== (error === undefined);
  if (new Set(names).size < names.length || !isOneAnswer) return { kind: 'malformed' };
  return { kind: 'callback', callback: { state, code, error, iss } };
};

type SignInEnd = Exclude<SignInOutcome, { kind: 'again' | 'unknown' }>;
type ClientSignInEnd = SignInEnd & { readonly purpose: { readonly kind: 'client' } };
type Pending<K> = PendingCallback & { readonly kind: K };

const finishLink = async (
  c: Context,
  link: Pending<'link'>,
  callback: Callback,
  { origin, finished }: PageRoutesOptions,
): Promise<Response> => {
  const browser = readRoundCookie(c, link.cookie, origin());
  const outcome = await link.finish({ ...callback, browser });
  finished?.(outcome);
  if (outcome.kind === 'again') return pageResponse(c, continuingPage(outcome.url));
  const maker = await link.maker(outcome, browser);
  // With a way back it stays until it runs out: opened again, the link tells it to this browser alone.
  const isOver = outcome.kind !== 'unknown' && maker.returnTo === undefined;
  if (browser !== undefined && isOver) clearRoundCookie(c, link.cookie, origin());
  return pageResponse(c, linkOutcomePage(outcome, maker));
};

/** Back to the MCP client, with the person or with an error. */
const clientSignInPage = async (
  outcome: ClientSignInEnd,
  { authorizationServer }: PageRoutesOptions,
): Promise<Page> => {
  const uid = outcome.purpose.interaction;
  if (outcome.kind === 'signed_in') {
    const next = await authorizationServer?.approve(uid, outcome.key);
    return next === undefined ? unknownSignInPage : backToAppPage(next);
  }
  // The first callback may still be waiting for Google: a second one must not refuse in its place.
  if (outcome.kind === 'used') return clientSignInFailedPage(outcome.kind, outcome.email);
  const isTemporary = outcome.kind === 'google_unavailable' || outcome.kind === 'issuer_unavailable';
  const denial = await authorizationServer?.deny(uid, isTemporary ? 'temporarily_unavailable' : 'access_denied');
  if (outcome.kind === 'declined' && denial !== undefined) return declinedPage(denial);
  return clientSignInFailedPage(outcome.kind, outcome.email, denial);
};

/** Back to the link that the person signed in for. */
const linkSignInPage = async (
  c: Context,
  outcome: SignInEnd,
  ticket: string,
  { connection, origin }: PageRoutesOptions,
): Promise<Page> => {
  if (outcome.kind === 'signed_in') return backToLinkPage(`/connect/${ticket}`);
  const link = await connection.open(ticket, origin());
  const secret = link && readRoundCookie(c, link.cookie, origin());
  if (outcome.kind === 'somebody_else' && secret !== undefined)
    return somebodyElsesLinkPage({ action: `/connect/${ticket}/sign-in`, csrfToken: csrfTokenFor(secret, ticket) });
  return linkSignInFailedPage(outcome.kind, outcome.email);
};

const finishSignIn = async (
  c: Context,
  signIn: Pending<'sign_in'>,
  callback: Callback,
  options: PageRoutesOptions,
): Promise<Response> => {
  const { origin } = options;
  const browser = readRoundCookie(c, signIn.cookie, origin());
  const outcome = await signIn.finish({ ...callback, browser });
  if (outcome.kind === 'again') return popupPageResponse(c, continuingPage(outcome.url));
  if (outcome.kind === 'unknown') return popupPageResponse(c, foreignCallbackPage);
  clearRoundCookie(c, signIn.cookie, origin());
  if (outcome.kind === 'signed_in') setSessionCookie(c, origin(), outcome.session);
  const { purpose } = outcome;
  if (purpose.kind === 'open_link') return pageResponse(c, await linkSignInPage(c, outcome, purpose.ticket, options));
  return popupPageResponse(c, await clientSignInPage({ ...outcome, purpose }, options));
};

/** Hono answers HEAD with the GET handler; a code must not be spent on it. */
const withCallback =
  (finish: (c: Context, callback: Callback) => Promise<Response>) =>
  async (c: Context): Promise<Response> => {
    if (c.req.method === 'HEAD') return c.body(null, 405, { Allow: 'GET' });
    const reading = readCallback(new URL(c.req.url).searchParams);
    if (reading.kind === 'callback') return finish(c, reading.callback);
    return pageResponse(c, reading.kind === 'foreign' ? foreignCallbackPage : malformedCallbackPage);
  };

export const callbackRoutes = (options: PageRoutesOptions): Hono => {
  const { connection, origin } = options;
  const routes = new Hono();

  routes.get(
    callbackPath,
    withCallback(async (c, callback) => {
      const pending = await connection.findCallback(callback.state, origin() + callbackPath);
      if (pending === undefined) return pageResponse(c, foreignCallbackPage);
      return pending.kind === 'link'
        ? finishLink(c, pending, callback, options)
        : finishSignIn(c, pending, callback, options);
    }),
  );

  routes.get(
    issuerCallbackPath,
    withCallback(async (c, callback) => {
      const pending = await connection.findCallback(callback.state, origin() + issuerCallbackPath);
      if (pending?.kind !== 'sign_in') return popupPageResponse(c, foreignCallbackPage);
      return finishSignIn(c, pending, callback, options);
    }),
  );

  return routes;
};
