// The redirects back from Google and from an issuer: whose they are, by their state, and the page they end on. A state
// of a link, of a sign-in and of another provider's sign-in never stand for one another.
import { type Context, Hono } from 'hono';
import { type Finish, issuerCallbackPath, type SignIn, type SignInFinish } from '../../connect/accounts.ts';
import { callbackPath } from '../../connect/links.ts';
import { googleRealm } from '../../model/account-key.ts';
import { type Callback, readCallback } from './callback-parameters.ts';
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
import { clearLinkCookie, csrfTokenFor, readLinkCookie, setSessionCookie } from './link-cookie.ts';
import type { ConnectRoutesOptions } from './options.ts';

type Ended = Exclude<SignInFinish, { kind: 'again' | 'unknown' }>;
type ClientEnded = Ended & { readonly purpose: { readonly kind: 'client' } };

export const callbackRoutes = (options: ConnectRoutesOptions): Hono => {
  const { connection, signIns = [], authorizationServer, origin, finished } = options;
  const routes = new Hono();

  const finishLink = async (c: Context, callback: Callback, cookie: string | undefined): Promise<Response> => {
    const browser = cookie === undefined ? undefined : readLinkCookie(c, cookie, origin());
    const finish: Finish = await connection.finish({ ...callback, ...(browser === undefined ? {} : { browser }) });
    finished?.(finish);
    if (finish.kind === 'again') return pageResponse(c, continuingPage(finish.url));
    if (cookie !== undefined && browser !== undefined && finish.kind !== 'unknown')
      clearLinkCookie(c, cookie, origin());
    return pageResponse(c, finishPage(finish));
  };

  /** Back to the MCP client, with the person or with an error. */
  const clientPage = async (finish: ClientEnded): Promise<Page> => {
    const uid = finish.purpose.interaction;
    if (finish.kind === 'signed_in') {
      const next = await authorizationServer?.signedIn(uid, finish.key);
      return next === undefined ? unknownSignInPage : backToAppPage(next);
    }
    // The first callback may still be waiting for Google: a second one must not refuse in its place.
    if (finish.kind === 'used') return clientSignInFailedPage(finish.kind, finish.email);
    const waiting = finish.kind === 'google_unavailable' || finish.kind === 'issuer_unavailable';
    const next = await authorizationServer?.refused(uid, waiting ? 'temporarily_unavailable' : 'access_denied');
    if (finish.kind === 'declined' && next !== undefined) return declinedPage(next);
    return clientSignInFailedPage(finish.kind, finish.email, next);
  };

  const linkPage = async (c: Context, finish: Ended, ticket: string): Promise<Page> => {
    if (finish.kind === 'signed_in') return backToLinkPage(`/connect/${ticket}`);
    const cookie = await connection.cookieOf({ ticket }, origin());
    const secret = cookie === undefined ? undefined : readLinkCookie(c, cookie, origin());
    if (finish.kind === 'somebody_else' && secret !== undefined)
      return somebodyElsesLinkPage({ action: `/connect/${ticket}/sign-in`, csrfToken: csrfTokenFor(secret, ticket) });
    return linkSignInFailedPage(finish.kind, finish.email);
  };

  const finishSignIn = async (
    c: Context,
    signIn: SignIn,
    callback: Callback,
    cookie: string | undefined,
  ): Promise<Response> => {
    const browser = cookie === undefined ? undefined : readLinkCookie(c, cookie, origin());
    const finish = await signIn.finish({ ...callback, ...(browser === undefined ? {} : { browser }) });
    if (finish.kind === 'again') return popupPageResponse(c, continuingPage(finish.url));
    if (finish.kind === 'unknown' || cookie === undefined) return popupPageResponse(c, foreignCallbackPage);
    clearLinkCookie(c, cookie, origin());
    if (finish.kind === 'signed_in') setSessionCookie(c, origin(), finish.session);
    const { purpose } = finish;
    if (purpose.kind === 'link') return pageResponse(c, await linkPage(c, finish, purpose.ticket));
    return popupPageResponse(c, await clientPage({ ...finish, purpose }));
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
      const google = signIns.find(({ realm }) => realm === googleRealm);
      const signInCookie = await google?.cookieOf(callback.state, origin());
      if (google !== undefined && signInCookie !== undefined) return finishSignIn(c, google, callback, signInCookie);
      return finishLink(c, callback, await connection.cookieOf({ state: callback.state }, origin()));
    }),
  );

  routes.get(
    issuerCallbackPath,
    answering(async (c, callback) => {
      const issuer = signIns.find(({ realm }) => realm !== googleRealm);
      if (issuer === undefined) return pageResponse(c, foreignCallbackPage);
      return finishSignIn(c, issuer, callback, await issuer.cookieOf(callback.state, origin()));
    }),
  );

  return routes;
};
