// POST /token: an authorization code or a refresh token becomes an access token, or one of Google's errors; POST /revoke.
// Rules: RFC 6749 §2.3.1, §4.1.3–§6, RFC 7636 §4.5, RFC 7009, https://developers.google.com/identity/protocols/oauth2/web-server
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import { oauthError, oauthJson } from '../google-answers.ts';
import { accessTokenLifetimeSeconds, type Grant, type OAuthState, revokeEverything, verifierFits } from './grants.ts';
import { signIdToken } from './id-token.ts';
import { isBlockedByAdmin, type OAuthClient, type Project } from './project.ts';

const hour = 60 * 60 * 1000;

const tokenResponse = (
  state: OAuthState,
  grant: Grant,
  more: { nonce: string | undefined; refreshToken: string | undefined },
): Response => {
  const { token } = state.grants.issueAccessToken(grant);
  const now = state.clock.now();
  const { account, clientId, scopes, refreshTokenExpiresAt } = grant;
  const idToken = scopes.includes('openid')
    ? signIdToken({ issuer: state.origin, clientId, account, scopes, accessToken: token, nonce: more.nonce, now })
    : undefined;
  return oauthJson({
    access_token: token,
    expires_in: accessTokenLifetimeSeconds,
    refresh_token: more.refreshToken,
    scope: scopes.join(' '),
    token_type: 'Bearer',
    id_token: idToken,
    ...(refreshTokenExpiresAt === undefined
      ? {}
      : { refresh_token_expires_in: Math.max(0, Math.floor((refreshTokenExpiresAt - now) / 1000) - 1) }),
  });
};

const exchangeCode = (state: OAuthState, client: OAuthClient, form: URLSearchParams): Response => {
  const code = form.get('code') ?? '';
  if (code === '') return oauthError(400, 'invalid_request', 'Missing required parameter: code');
  const redirectUri = form.get('redirect_uri');
  if (redirectUri === null) return oauthError(400, 'invalid_request', 'Missing parameter: redirect_uri');
  if (!/^4\/[\w-]+$/.test(code)) return oauthError(400, 'invalid_grant', 'Malformed auth code.');
  const issued = state.codes.find(code);
  if (issued === undefined || issued.clientId !== client.clientId || issued.account.deleted)
    return oauthError(400, 'invalid_grant', 'Bad Request');
  if (issued.redirectUri !== redirectUri) return oauthError(400, 'redirect_uri_mismatch', 'Bad Request');
  const verifier = form.get('code_verifier') ?? '';
  if (issued.codeChallenge === undefined) {
    if (verifier !== '') return oauthError(400, 'invalid_grant', 'code_verifier or verifier is not needed.');
  } else {
    if (verifier === '') return oauthError(400, 'invalid_grant', 'Missing code verifier.');
    if (!verifierFits(issued.codeChallenge, verifier))
      return oauthError(400, 'invalid_grant', 'Invalid code verifier.');
  }
  if (isBlockedByAdmin(state.project, issued.account)) return oauthError(400, 'admin_policy_enforced');
  state.codes.spend(code);
  const { account, clientId, scopes, refresh, nonce } = issued;
  const grant = state.grants.open({ account, clientId, scopes, refresh });
  return tokenResponse(state, grant, { nonce, refreshToken: grant.refreshToken });
};

/** Google says why for some hours after a grant's end, then only "Bad Request": nobody may rely on the text. */
const endedGrant = (endedAt: number, why: string, now: number): Response => {
  if (why === 'account_deleted') return oauthError(400, 'invalid_grant', 'Account has been deleted');
  const recent = now - endedAt < 4 * hour;
  return oauthError(400, 'invalid_grant', recent ? 'Token has been expired or revoked.' : 'Bad Request');
};

const refreshGrant = (state: OAuthState, client: OAuthClient, form: URLSearchParams): Response => {
  const refreshToken = form.get('refresh_token') ?? '';
  if (refreshToken === '') return oauthError(400, 'invalid_request', 'Missing required parameter: refresh_token');
  const grant = state.grants.byRefreshToken(refreshToken);
  if (grant === undefined) return oauthError(400, 'invalid_grant', 'Bad Request');
  if (grant.clientId !== client.clientId) return oauthError(401, 'unauthorized_client', 'Unauthorized');
  const ending = state.grants.endingOf(grant);
  if (ending !== undefined) return endedGrant(ending.at, ending.why, state.clock.now());
  if (isBlockedByAdmin(state.project, grant.account)) return oauthError(400, 'admin_policy_enforced');
  if (grant.reauthRequired)
    return oauthError(400, 'invalid_grant', 'reauth related error (invalid_rapt)', { error_subtype: 'invalid_rapt' });
  return tokenResponse(state, grant, { nonce: undefined, refreshToken: undefined });
};

export const addTokenEndpoint = (app: Hono, state: OAuthState): void => {
  app.post('/token', async (context) => {
    const form = new URLSearchParams(await context.req.text());
    const client = authenticateClient(state.project, context.req.header('authorization') ?? null, form);
    if (client instanceof Response) return client;
    const grantType = form.get('grant_type') ?? '';
    switch (grantType) {
      case 'authorization_code':
        return exchangeCode(state, client, form);
      case 'refresh_token':
        return refreshGrant(state, client, form);
      case '':
        return oauthError(400, 'invalid_request', 'Required parameter is missing: grant_type');
      default:
        return oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType}`);
    }
  });
};

interface Credentials {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return part;
  }
};

const credentialsOf = (authorization: string | null, form: URLSearchParams): Credentials => {
  const basic = authorization?.match(/^Basic\s+(\S+)$/i)?.[1];
  if (basic === undefined)
    return { clientId: form.get('client_id') ?? undefined, clientSecret: form.get('client_secret') ?? undefined };
  const [id = '', ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return { clientId: decodePart(id), clientSecret: decodePart(secret.join(':')) };
};

const same = (left: string, right: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
};

/** The authenticated client, or the response that refuses it. */
const authenticateClient = (
  project: Project,
  authorization: string | null,
  form: URLSearchParams,
): OAuthClient | Response => {
  const { clientId, clientSecret } = credentialsOf(authorization, form);
  if (clientId === undefined || clientId === '')
    return oauthError(400, 'invalid_request', 'Could not determine client ID from request.');
  const client = project.clients.get(clientId);
  if (client === undefined) return oauthError(401, 'invalid_client', 'The OAuth client was not found.');
  if (clientSecret === undefined || clientSecret === '')
    return oauthError(400, 'invalid_request', 'client_secret is missing.');
  if (!same(clientSecret, client.clientSecret))
    return oauthError(401, 'invalid_client', 'The provided client secret is invalid.');
  return client;
};

const grantOfWorkingToken = (state: OAuthState, token: string): Grant | undefined => {
  const grant = state.grants.validAccessToken(token)?.grant ?? state.grants.byRefreshToken(token);
  if (grant === undefined) return undefined;
  if (grant.refreshToken === token && state.grants.endingOf(grant) !== undefined) return undefined;
  return grant;
};

/** Revoking one token ends every grant of that account in the project (https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke). */
export const addRevocationEndpoint = (app: Hono, state: OAuthState): void => {
  app.post('/revoke', async (context) => {
    const form = new URLSearchParams(await context.req.text());
    const token = form.get('token') ?? context.req.query('token') ?? '';
    if (token === '') return oauthError(400, 'invalid_request', 'Missing required parameter: token');
    const grant = grantOfWorkingToken(state, token);
    if (grant === undefined) return oauthError(400, 'invalid_token', 'Token expired or revoked');
    revokeEverything(state, grant.account, grant.clientId);
    return oauthJson({});
  });
};
