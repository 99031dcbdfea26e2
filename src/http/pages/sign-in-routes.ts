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
import { clearRoundCookie, csrfTokenFor, isCsrfToken, readRoundCookie, setRoundCookie } from './cookies.ts';
import { pageErrors } from './errors.ts';
import { continuingPage, signInFormRejectedPage, unknownSignInPage } from './html/notices.ts';
import { type Page, popupPageResponse } from './html/page.ts';
import { clientSignInFailedPage, declinedPage, signInPage } from './html/sign-in-pages.ts';

export interface SignInRoutesOptions {
  readonly authorizationServer: SignInServer;
  readonly signIn: SignInProvider;
  readonly origin: () => string;
  readonly random: RandomBytes;
  readonly log: Logger;
}

/** What this browser is asked at this address; another browser's address is nobody's. */
const findConsentDetails = async (
  c: Context,
  uid: string,
  { authorizationServer }: SignInRoutesOptions,
): Promise<ConsentDetails | undefined> => {
  // Without the body, which the form still needs.
  const details = await authorizationServer.consentDetails(new Request(c.req.url, { headers: c.req.raw.headers }));
  return details?.uid === uid ? details : undefined;
};

const purposeOf = ({ uid, scopes }: ConsentDetails, { signIn }: SignInRoutesOptions) =>
  ({ kind: 'client', interaction: uid, capabilities: capabilitiesWithin(scopes, signIn.capabilities) }) as const;

const showClient = async (c: Context, uid: string, options: SignInRoutesOptions): Promise<Page> => {
  const { signIn, origin, random } = options;
  const details = await findConsentDetails(c, uid, options);
  if (details === undefined) return unknownSignInPage;
  const cookie = signIn.cookieFor(purposeOf(details, options));
  const secret = readRoundCookie(c, cookie, origin()) ?? newSecret(random);
  setRoundCookie(c, cookie, origin(), secret);
  return signInPage(details, csrfTokenFor(secret, uid));
};

const decide = async (c: Context, uid: string, options: SignInRoutesOptions): Promise<Page> => {
  const { authorizationServer, signIn, origin, log } = options;
  if (!hasOwnOrigin(c, origin())) return signInFormRejectedPage;
  const details = await findConsentDetails(c, uid, options);
  if (details === undefined) return unknownSignInPage;
  const purpose = purposeOf(details, options);
  const cookie = signIn.cookieFor(purpose);
  const secret = readRoundCookie(c, cookie, origin());
  const form = new URLSearchParams(await c.req.text());
  if (secret === undefined || !isCsrfToken(form.get('csrf'), secret, uid)) return signInFormRejectedPage;
  const client = { event: 'client_decision', source: details.source, redirectHost: details.redirect.host };
  if (form.get('decision') !== 'continue') {
    log.info({ ...client, decision: 'cancel' });
    clearRoundCookie(c, cookie, origin());
    const denial = await authorizationServer.deny(uid, 'access_denied');
    return denial === undefined ? unknownSignInPage : declinedPage(denial);
  }
  const begun = await signIn.begin({ purpose, browser: secret });
  log.info({ ...client, decision: 'continue' });
  return begun === undefined ? clientSignInFailedPage('google_unavailable') : continuingPage(begun.url);
};

export const signInRoutes = (options: SignInRoutesOptions): Hono => {
  const routes = new Hono();
  const path = '/sign-in/:uid';
  routes.get(path, async (c) => popupPageResponse(c, await showClient(c, c.req.param('uid'), options)));
  routes.post(path, formLimit(signInFormRejectedPage), async (c) =>
    popupPageResponse(c, await decide(c, c.req.param('uid'), options)),
  );
  routes.onError(pageErrors(options.log));
  return routes;
};
