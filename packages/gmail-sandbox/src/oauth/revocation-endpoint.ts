// POST /revoke (RFC 7009 as Google does it): revoking one token ends every grant of that Google account in the project.
// Source: https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
import type { Hono } from 'hono';
import type { GoogleAccount } from '../accounts.ts';
import { oauthError, oauthJson } from './client-authentication.ts';
import type { OAuthState } from './oauth-state.ts';

/** Ends everything the account granted to any client of the project, and forgets that it ever consented. */
export const revokeEverything = (state: OAuthState, account: GoogleAccount): void => {
  for (const grant of state.grants.of(account)) state.grants.end(grant, 'revoked');
  state.grants.forgetConsents(account);
};

const livingOwner = (state: OAuthState, token: string): GoogleAccount | undefined => {
  const grant = state.grants.livingAccessToken(token)?.grant ?? state.grants.byRefreshToken(token);
  if (grant === undefined) return undefined;
  if (grant.refreshToken === token && state.grants.endingOf(grant) !== undefined) return undefined;
  return grant.account;
};

export const addRevocationEndpoint = (app: Hono, state: OAuthState): void => {
  app.post('/revoke', async (context) => {
    const form = new URLSearchParams(await context.req.text());
    const token = form.get('token') ?? context.req.query('token') ?? '';
    if (token === '') return oauthError(400, 'invalid_request', 'Missing required parameter: token');
    const account = livingOwner(state, token);
    if (account === undefined) return oauthError(400, 'invalid_token', 'Token expired or revoked');
    revokeEverything(state, account);
    return oauthJson({});
  });
};
