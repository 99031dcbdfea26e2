// GET and POST /o/oauth2/v2/auth: from an authorization request over the pages to a code (or an error) at the redirect URI.
// Rules: https://developers.google.com/identity/protocols/oauth2/web-server and RFC 6749 §4.1.
import type { Hono } from 'hono';
import type { GoogleAccount } from '../accounts.ts';
import { type AuthorizationRequest, readAuthorizationRequest } from './authorization-request.ts';
import { adminBlockPage, authorizationPath, chooserPage, consentPage, requestErrorPage } from './consent-pages.ts';
import type { OAuthState } from './grants.ts';
import { canonicalScopes, isBlockedByAdmin, isIdentityScope } from './project.ts';

const redirect = (request: AuthorizationRequest, answer: Record<string, string | undefined>): Response => {
  const url = new URL(request.redirectUri);
  const all: Record<string, string | undefined> = { state: request.state, ...answer };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.append(name, value);
  return new Response(null, { status: 302, headers: { location: url.href, 'cache-control': 'no-store' } });
};

/** Whether a person has to look at the consent page: asked to, or something is new. */
const needsConsent = (state: OAuthState, request: AuthorizationRequest, account: GoogleAccount): boolean => {
  if (request.prompt.has('consent')) return true;
  const consent = state.consents.of(account, request.client.clientId);
  if (consent === undefined || (request.offline && !consent.offline)) return true;
  return canonicalScopes(request.scopes).some((scope) => !consent.scopes.has(scope));
};

/** Ends in a code at the redirect URI. A refresh token goes with it only where consent was (newly) given. */
const grantAccess = (
  state: OAuthState,
  request: AuthorizationRequest,
  account: GoogleAccount,
  grantedScopes: readonly string[],
): Response => {
  const { clientId } = request.client;
  const refresh = request.offline && needsConsent(state, request, account);
  const before = state.consents.of(account, clientId);
  state.consents.remember(account, clientId, grantedScopes, request.offline);
  const scopes = canonicalScopes([
    ...grantedScopes,
    ...(request.includeGrantedScopes && before !== undefined ? before.scopes : []),
  ]);
  const code = state.codes.issue({
    account,
    clientId,
    redirectUri: request.redirectUri,
    scopes,
    refresh,
    nonce: request.nonce,
    codeChallenge: request.codeChallenge,
  });
  return redirect(request, {
    iss: state.origin,
    code,
    scope: scopes.join(' '),
    authuser: '0',
    hd: account.hostedDomain,
    prompt: refresh ? 'consent' : 'none',
  });
};

/** `prompt=none`: an answer without any page, or the reason why that is impossible (OpenID Connect Core §3.1.2.6). */
const answerSilently = (state: OAuthState, request: AuthorizationRequest): Response => {
  const account = request.loginHint === undefined ? undefined : state.accounts.find(request.loginHint);
  if (account === undefined) return redirect(request, { error: 'interaction_required' });
  if (isBlockedByAdmin(state.project, account) || needsConsent(state, request, account))
    return redirect(request, { error: 'consent_required' });
  return grantAccess(state, request, account, request.scopes);
};

const chooser = (state: OAuthState, request: AuthorizationRequest): Response =>
  chooserPage(
    request,
    state.accounts
      .existing()
      .filter(({ hostedDomain }) => request.hostedDomain === undefined || hostedDomain === request.hostedDomain),
  );

/** The account the person chose, or the one the hint names unless the chooser was asked for. */
const chosenAccount = (
  state: OAuthState,
  request: AuthorizationRequest,
  authuser: string | null,
): GoogleAccount | undefined => {
  if (authuser !== null) return state.accounts.find(authuser);
  if (request.loginHint === undefined || request.prompt.has('select_account')) return undefined;
  return state.accounts.find(request.loginHint);
};

const show = (state: OAuthState, query: URLSearchParams): Response => {
  const read = readAuthorizationRequest(query, state.project);
  if (!read.ok) return requestErrorPage(read.refused);
  const { request } = read;
  if (request.prompt.has('none')) return answerSilently(state, request);
  const account = chosenAccount(state, request, query.get('authuser'));
  if (account === undefined) return chooser(state, request);
  if (isBlockedByAdmin(state.project, account)) return adminBlockPage(account);
  if (!needsConsent(state, request, account)) return grantAccess(state, request, account, request.scopes);
  return consentPage(request, account, state.project.testingMode);
};

const decide = (state: OAuthState, form: URLSearchParams): Response => {
  const read = readAuthorizationRequest(form, state.project);
  if (!read.ok) return requestErrorPage(read.refused);
  const { request } = read;
  const account = state.accounts.find(form.get('authuser') ?? '');
  if (account === undefined) return chooser(state, request);
  if (isBlockedByAdmin(state.project, account)) return adminBlockPage(account);
  if (form.get('decision') !== 'allow') return redirect(request, { error: 'access_denied' });
  const ticked = new Set(form.getAll('scope_granted'));
  const granted = canonicalScopes(request.scopes).filter((scope) => isIdentityScope(scope) || ticked.has(scope));
  if (granted.length === 0) return redirect(request, { error: 'access_denied' });
  return grantAccess(state, request, account, granted);
};

export const addAuthorizationEndpoint = (app: Hono, state: OAuthState): void => {
  app.get(authorizationPath, (context) => show(state, new URL(context.req.url).searchParams));
  app.post(authorizationPath, async (context) => decide(state, new URLSearchParams(await context.req.text())));
};
