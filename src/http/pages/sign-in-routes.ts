// The page of an MCP client's sign-in that comes before Google: which client asks, and whether the person agrees. What they
// decide is recorded here before the browser goes anywhere, so that Google's consent never stands for another client.
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { ConsentDetails } from '../../authorization-server/index.ts';
import type { SignInProvider } from '../../connect/accounts.ts';
import type { RandomBytes } from '../../lib/clock.ts';
import { newSecret } from '../../lib/secrets.ts';
import { capabilitiesWithin } from '../../model/mcp-scope.ts';
import { hasOwnOrigin } from '../middleware.ts';
import type { SignInServer } from './callback-routes.ts';
import { formLimit } from './connect-routes.ts';
import { clearLinkCookie, csrfTokenFor, isCsrfToken, readLinkCookie, setLinkCookie } from './cookies.ts';
import { pageErrors } from './errors.ts';
import { continuingPage, signInFormRejectedPage, unknownSignInPage } from './html/notices.ts';
import { popupPageResponse } from './html/page.ts';
import { clientSignInFailedPage, declinedPage, signInPage } from './html/sign-in-pages.ts';

export interface SignInRoutesOptions {
  readonly authorizationServer: SignInServer;
  readonly signIn: SignInProvider;
  readonly origin: () => string;
  readonly random: RandomBytes;
  readonly log: Logger;
}

export const signInRoutes = ({ authorizationServer, signIn, origin, random, log }: SignInRoutesOptions): Hono => {
  const routes = new Hono();
  const path = '/sign-in/:uid';

  /** What this browser is asked at this address; another browser's address is nobody's. */
  const detailsHere = async (c: Context, uid: string): Promise<ConsentDetails | undefined> => {
    // Without the body, which the form still needs.
    const details = await authorizationServer.consentDetails(new Request(c.req.url, { headers: c.req.raw.headers }));
    return details?.uid === uid ? details : undefined;
  };
  const purposeOf = ({ uid, scopes }: ConsentDetails) =>
    ({ kind: 'client', interaction: uid, capabilities: capabilitiesWithin(scopes, signIn.capabilities) }) as const;

  routes.get(path, async (c) => {
    const uid = c.req.param('uid');
    const details = await detailsHere(c, uid);
    if (details === undefined) return popupPageResponse(c, unknownSignInPage);
    const cookie = signIn.cookieFor(purposeOf(details));
    const secret = readLinkCookie(c, cookie, origin()) ?? newSecret(random);
    setLinkCookie(c, cookie, origin(), secret);
    return popupPageResponse(c, signInPage(details, csrfTokenFor(secret, uid)));
  });

  routes.post(path, formLimit(signInFormRejectedPage), async (c) => {
    const uid = c.req.param('uid');
    if (!hasOwnOrigin(c, origin())) return popupPageResponse(c, signInFormRejectedPage);
    const details = await detailsHere(c, uid);
    if (details === undefined) return popupPageResponse(c, unknownSignInPage);
    const purpose = purposeOf(details);
    const cookie = signIn.cookieFor(purpose);
    const secret = readLinkCookie(c, cookie, origin());
    const form = new URLSearchParams(await c.req.text());
    if (secret === undefined || !isCsrfToken(form.get('csrf'), secret, uid))
      return popupPageResponse(c, signInFormRejectedPage);
    const client = { event: 'client_decision', source: details.source, redirectHost: details.redirect.host };
    if (form.get('decision') !== 'continue') {
      log.info({ ...client, decision: 'cancel' });
      clearLinkCookie(c, cookie, origin());
      const back = await authorizationServer.deny(uid, 'access_denied');
      return popupPageResponse(c, back === undefined ? unknownSignInPage : declinedPage(back));
    }
    const begun = await signIn.begin({ purpose, browser: secret });
    log.info({ ...client, decision: 'continue' });
    return popupPageResponse(
      c,
      begun === undefined ? clientSignInFailedPage('google_unavailable') : continuingPage(begun.url),
    );
  });

  routes.onError(pageErrors(log));
  return routes;
};
