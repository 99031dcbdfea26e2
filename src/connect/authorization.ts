// One round to Google's consent page. Knows nothing of what comes back.

import type { AccountsOptions } from '../grants/options.ts';
import { hashSecret, newSecret } from '../lib/secrets.ts';
import { scopesFor } from '../model/scope.ts';
import type { Ticket } from '../storage/index.ts';

/** One round to Google: fresh state, nonce and verifier, so that nothing of an earlier round can be replayed. */
export const authorization = (
  { oauth, random, storage }: AccountsOptions,
  ticket: Ticket,
  /** The Google account that agreed a moment ago and has to be asked once more. */
  { consentOf }: { readonly consentOf?: string } = {},
) => {
  const state = newSecret(random);
  const kept = { stateHash: hashSecret(state), nonce: newSecret(random), codeVerifier: oauth.newCodeVerifier() };
  const url = async (): Promise<string> => {
    const account = await storage.accounts.find(ticket.key);
    const loginHint = consentOf ?? account?.pins.expectedEmail ?? (ticket.replace ? undefined : account?.google?.email);
    return oauth.authorizationUrl({
      redirectUri: ticket.redirectUri,
      scopes: scopesFor(ticket.capabilities),
      state,
      nonce: kept.nonce,
      codeVerifier: kept.codeVerifier,
      promptConsent: consentOf !== undefined,
      ...(loginHint === undefined ? {} : { loginHint }),
    });
  };
  return { kept, url };
};
