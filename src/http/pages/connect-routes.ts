// The HTTP routes of a link: its page, its forms, the callbacks. Used by http and by the loopback server. GET and HEAD on a
// link change nothing (chat apps preview links).
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { LinkMaker, OpenedLink, SignInNeeded } from '../../connect/accounts.ts';
import { newSecret } from '../../lib/secrets.ts';
import { hasOwnOrigin } from '../middleware.ts';
import { callbackRoutes, type PageRoutesOptions } from './callback-routes.ts';
import { csrfTokenFor, isCsrfToken, readRoundCookie, readSessionCookie, setRoundCookie } from './cookies.ts';
import { pageErrors } from './errors.ts';
import { internalErrorPage } from './html/error-pages.ts';
import { confirmPage, signInFirstPage, somebodyElsesLinkPage } from './html/link-pages.ts';
import {
  backToLinkPage,
  continuingPage,
  declinedPage,
  expiredLinkPage,
  formRejectedPage,
  takenElsewherePage,
  toIssuerPage,
  unknownLinkPage,
  unverifiablePage,
  usedLinkPage,
} from './html/notices.ts';
import { type Page, pageResponse, withMaker } from './html/page.ts';
import { linkSignInFailedPage } from './html/sign-in-pages.ts';

/** Bytes; the forms have two fields. */
const maxFormBytes = 4096;

type Dead = Exclude<Parameters<OpenedLink['maker']>[0]['kind'], 'declined'>;
/** Of these nothing is said of whoever made the link. */
type DeadHere = 'taken_elsewhere' | 'unavailable';

const deadLinkPages: Readonly<Record<Dead | DeadHere, (product: LinkMaker['product']) => Page>> = {
  used: usedLinkPage,
  expired: expiredLinkPage,
  unknown: () => unknownLinkPage,
  taken_elsewhere: () => takenElsewherePage,
  // Only the operator can do something about it, and looks into the log.
  unavailable: () => internalErrorPage,
};

/** Whoever has a link in another browser than the one that went on with it is sent nowhere. */
const deadLinkPage = async (
  link: OpenedLink,
  { kind }: { readonly kind: Dead | DeadHere },
  browser: string | undefined,
): Promise<Page> => {
  const isUnsaid = kind === 'taken_elsewhere' || kind === 'unavailable';
  const maker: LinkMaker = isUnsaid ? {} : await link.maker({ kind }, browser);
  return withMaker(deadLinkPages[kind](maker.product), maker);
};

/** A form of ours is short; anything longer is refused unread. */
export const formLimit = (rejected: Page) =>
  bodyLimit({ maxSize: maxFormBytes, onError: (c) => pageResponse(c, rejected) });

const signInPath = (ticket: string): string => `/connect/${ticket}/sign-in`;

const signInNeededPage = ({ somebodyElse }: SignInNeeded, secret: string, ticket: string): Page => {
  const form = { action: signInPath(ticket), csrfToken: csrfTokenFor(secret, ticket) };
  return somebodyElse ? somebodyElsesLinkPage(form) : signInFirstPage(form);
};

interface LinkForm {
  readonly link: OpenedLink;
  /** Of the cookie that binds the link to this browser. */
  readonly secret: string;
  readonly form: URLSearchParams;
}

/** The form of a link, if it came from our page in the browser that the page was shown in. */
const readForm = async (
  c: Context,
  ticket: string,
  { connection, origin }: PageRoutesOptions,
): Promise<LinkForm | Page> => {
  if (!hasOwnOrigin(c, origin())) return formRejectedPage;
  const link = await connection.open(ticket, origin());
  if (link === undefined) return unknownLinkPage;
  const secret = readRoundCookie(c, link.cookie, origin());
  const form = new URLSearchParams(await c.req.text());
  if (secret === undefined || !isCsrfToken(form.get('csrf'), secret, ticket)) return formRejectedPage;
  return { link, secret, form };
};

const showLink = async (c: Context, ticket: string, options: PageRoutesOptions): Promise<Page> => {
  const { connection, origin, random } = options;
  const link = await connection.open(ticket, origin());
  if (link === undefined) return unknownLinkPage;
  const view = await link.view(readSessionCookie(c, origin()));
  const present = readRoundCookie(c, link.cookie, origin());
  if (view.kind !== 'confirm' && view.kind !== 'sign_in') return deadLinkPage(link, view, present);
  const secret = present ?? newSecret(random);
  setRoundCookie(c, link.cookie, origin(), secret);
  return view.kind === 'sign_in'
    ? signInNeededPage(view, secret, ticket)
    : confirmPage(view, csrfTokenFor(secret, ticket), await link.maker({ kind: 'declined' }, secret));
};

/** The person decided: on to Google, or not. */
const decide = async (c: Context, ticket: string, options: PageRoutesOptions): Promise<Page> => {
  const read = await readForm(c, ticket, options);
  if (!('form' in read)) return read;
  const { form, link, secret } = read;
  const session = readSessionCookie(c, options.origin());
  const decided = await (form.get('decision') === 'cancel' ? link.decline : link.begin)(secret, session);
  switch (decided.kind) {
    case 'redirect':
      return continuingPage(decided.url);
    case 'declined': {
      const maker = await link.maker(decided, secret);
      return withMaker(declinedPage(maker.product), maker);
    }
    case 'sign_in':
      return signInNeededPage(decided, secret, ticket);
    default:
      return deadLinkPage(link, decided, secret);
  }
};

/** Nobody is signed in yet, or somebody else: on to where people of this realm sign in. */
const continueToSignIn = async (c: Context, ticket: string, options: PageRoutesOptions): Promise<Page> => {
  const { origin, signIns = [] } = options;
  const read = await readForm(c, ticket, options);
  if (!('form' in read)) return read;
  const view = await read.link.view(readSessionCookie(c, origin()));
  if (view.kind === 'confirm') return backToLinkPage(`/connect/${ticket}`);
  if (view.kind !== 'sign_in') return deadLinkPage(read.link, view, read.secret);
  const signIn = signIns.find(({ realm }) => realm === view.realm);
  if (signIn === undefined) return unverifiablePage;
  const purpose = { kind: 'open_link', ticket } as const;
  const asAnother = read.form.get('another') !== null;
  const begun = await signIn.begin({ purpose, browser: read.secret, asAnother });
  if (begun === undefined) return linkSignInFailedPage('issuer_unavailable');
  setRoundCookie(c, begun.cookie, origin(), read.secret);
  return toIssuerPage(begun.url);
};

export const connectRoutes = (options: PageRoutesOptions): Hono => {
  const routes = new Hono();
  const path = '/connect/:ticket';
  routes.get(path, async (c) => pageResponse(c, await showLink(c, c.req.param('ticket'), options)));
  routes.post(path, formLimit(formRejectedPage), async (c) =>
    pageResponse(c, await decide(c, c.req.param('ticket'), options)),
  );
  routes.post(`${path}/sign-in`, formLimit(formRejectedPage), async (c) =>
    pageResponse(c, await continueToSignIn(c, c.req.param('ticket'), options)),
  );
  routes.route('/', callbackRoutes(options));

  // Browsers ask for it on their own; without this every page has an error in its console.
  routes.get('/favicon.ico', (c) => c.body(null, 204));

  routes.onError(pageErrors(options.log));
  return routes;
};
