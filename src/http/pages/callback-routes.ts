// The redirects back from Google and from an issuer: what they belong to, which one look-up of their state says, and the
// page they end on. A state of a link, of a sign-in and of another provider's sign-in never stand for one another.
import { type Context, Hono } from 'hono';
import { issuerCallbackPath, type PendingCallback, type SignInOutcome } from '../../connect/accounts.ts';
import { callbackPath } from '../../connect/links.ts';
import { type Callback, readCallback } from './callback-parameters.ts';
import { clearLinkCookie, csrfTokenFor, readLinkCookie, setSessionCookie } from './cookies.ts';
import { finishPage } from './html/link-outcome-page.ts';
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
import type { ConnectRoutesOptions } from './options.ts';

type Ended = Exclude<SignInOutcome, { kind: 'again' | 'unknown' }>;
type Pending<K> = PendingCallback & { readonly kind: K };
type ClientEnded = Ended & { readonly purpose: { readonly kind: 'client' } };

export const callbackRoutes = (options: ConnectRoutesOptions): Hono => {
  const { connection, authorizationServer, origin, finished } = options;
  const routes = new Hono();

  const finishLink = async (c: Context, link: Pending<'link'>, callback: Callback): Promise<Response> => {
    const browser = readLinkCookie(c, link.cookie, origin());
    const outcome = await link.finish({ ...callback, browser });
    finished?.(outcome);
    if (outcome.kind === 'again') return pageResponse(c, continuingPage(outcome.url));
    if (browser !== undefined && outcome.kind !== 'unknown') clearLinkCookie(c, link.cookie, origin());
    return pageResponse(c, finishPage(outcome));
  };

  /** Back to the MCP client, with the person or with an error. */
  const clientPage = async (finish: ClientEnded): Promise<Page> => {
    const uid = finish.purpose.interaction;
    if (finish.kind === 'signed_in') {
      const next = await authorizationServer?.approve(uid, finish.key);
      return next === undefined ? unknownSignInPage : backToAppPage(next);
    }
    // The first callback may still be waiting for Google: a second one must not refuse in its place.
    if (finish.kind === 'used') return clientSignInFailedPage(finish.kind, finish.email);
    const waiting = finish.kind === 'google_unavailable' || finish.kind === 'issuer_unavailable';
    const next = await authorizationServer?.deny(uid, waiting ? 'temporarily_unavailable' : 'access_denied');
    if (finish.kind === 'declined' && next !== undefined) return declinedPage(next);
    return clientSignInFailedPage(finish.kind, finish.email, next);
  };

  const linkPage = async (c: Context, finish: Ended, ticket: string): Promise<Page> => {
    if (finish.kind === 'signed_in') return backToLinkPage(`/connect/${ticket}`);
    const link = await connection.open(ticket, origin());
    const secret = link && readLinkCookie(c, link.cookie, origin());
    if (finish.kind === 'somebody_else' && secret !== undefined)
      return somebodyElsesLinkPage({ action: `/connect/${ticket}/sign-in`, csrfToken: csrfTokenFor(secret, ticket) });
    return linkSignInFailedPage(finish.kind, finish.email);
  };

  const finishSignIn = async (c: Context, signIn: Pending<'sign_in'>, callback: Callback): Promise<Response> => {
    const browser = readLinkCookie(c, signIn.cookie, origin());
    const outcome = await signIn.finish({ ...callback, browser });
    if (outcome.kind === 'again') return popupPageResponse(c, continuingPage(outcome.url));
    if (outcome.kind === 'unknown') return popupPageResponse(c, foreignCallbackPage);
    clearLinkCookie(c, signIn.cookie, origin());
    if (outcome.kind === 'signed_in') setSessionCookie(c, origin(), outcome.session);
    const { purpose } = outcome;
    if (purpose.kind === 'open_link') return pageResponse(c, await linkPage(c, outcome, purpose.ticket));
    return popupPageResponse(c, await clientPage({ ...outcome, purpose }));
  };

  /** Hono answers HEAD with the GET handler; a code must not be spent on it. */
  const answering =
    (finish: (c: Context, callback: Callback) => Promise<Response>) =>
    async (c: Context): Promise<Response> => {
      if (c.req.method === 'HEAD') return c.body(null, 405, { Allow: 'GET' });
      const reading = readCallback(new URL(c.req.url).searchParams);
      if (reading.kind === 'callback') return finish(c, reading.callback);
      return pageResponse(c, reading.kind === 'foreign' ? foreignCallbackPage : malformedCallbackPage);
    };

  routes.get(
    callbackPath,
    answering(async (c, callback) => {
      const pending = await connection.findCallback(callback.state, origin() + callbackPath);
      if (pending === undefined) return pageResponse(c, foreignCallbackPage);
      return pending.kind === 'link' ? finishLink(c, pending, callback) : finishSignIn(c, pending, callback);
    }),
  );

  routes.get(
    issuerCallbackPath,
    answering(async (c, callback) => {
      const pending = await connection.findCallback(callback.state, origin() + issuerCallbackPath);
      if (pending?.kind !== 'sign_in') return popupPageResponse(c, foreignCallbackPage);
      return finishSignIn(c, pending, callback);
    }),
  );

  return routes;
};
