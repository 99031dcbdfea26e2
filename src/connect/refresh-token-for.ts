// Which refresh token a new grant goes on with: Google's new one, or the stored one where Google gave none.

import type { AccountsOptions } from '../grants/options.ts';
import type { AccountKey } from '../model/account-key.ts';
import { capabilitiesOf, missingCapabilities } from '../model/scope.ts';

/**
 * Google gives no refresh token where it did not ask; the stored one serves on if it covers the same and Google does not
 * refuse it: after a change of the password the consent is still there, and every token dead.
 * @returns undefined where there is none to go on with: Google has to be asked again.
 */
export const refreshTokenFor = async (
  { storage, oauth }: AccountsOptions,
  key: AccountKey,
  tokens: { readonly refreshToken?: string },
  sub: string,
  grantedScopes: readonly string[],
): Promise<string | undefined> => {
  if (tokens.refreshToken !== undefined) return tokens.refreshToken;
  const reading = await storage.accounts.readGrant(key);
  if (reading.kind !== 'grant') return undefined;
  const { grant } = reading;
  const same =
    grant.google.sub === sub &&
    grant.clientId === oauth.clientId &&
    grant.tokenEndpoint === oauth.tokenEndpoint &&
    missingCapabilities(capabilitiesOf(grantedScopes), grant.grantedScopes).length === 0;
  if (!same || grant.refreshToken === undefined) return undefined;
  const outcome = await oauth.refresh(grant.refreshToken);
  return outcome.kind === 'failed' && outcome.failure.kind === 'grant_ended' ? undefined : grant.refreshToken;
};
