// Who is calling an API: the bearer token in the Authorization header and nowhere else, checked against accepted scopes.
// Knows nothing of what the methods do.
import type { GoogleAccount } from './accounts.ts';
import { credentialsMissing, insufficientScopes, invalidCredentials, serviceDisabled } from './api-errors.ts';
import type { GoogleService } from './oauth/clients.ts';
import type { AccessToken } from './oauth/grants.ts';
import { blockedByAdmin, type OAuthState } from './oauth/oauth-state.ts';

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1). */
export const bearerToken = (request: Request): string | undefined =>
  request.headers.get('authorization')?.match(/^Bearer\s+(\S+)$/i)?.[1];

/** The living access token of a request; none where the admin has blocked the app. */
const livingToken = (state: OAuthState, token: string): AccessToken | undefined => {
  const found = state.grants.livingAccessToken(token);
  return found === undefined || blockedByAdmin(state.project, found.grant.account) ? undefined : found;
};

/**
 * The account a request may act for.
 * @param acceptedScopes any one of them suffices
 * @param service as Google names it in the error, e.g. `people.googleapis.com`
 * @returns the account, or Google's 401 or 403
 */
export const authorizeBearer = (
  state: OAuthState,
  request: Request,
  acceptedScopes: readonly string[],
  service: GoogleService,
): GoogleAccount | Response => {
  const token = bearerToken(request);
  if (token === undefined) return credentialsMissing();
  if (state.project.disabledServices.has(service)) return serviceDisabled(service);
  const found = livingToken(state, token);
  if (found === undefined) return invalidCredentials();
  if (!found.grant.scopes.some((scope) => acceptedScopes.includes(scope)))
    return insufficientScopes(acceptedScopes, service);
  return found.grant.account;
};
