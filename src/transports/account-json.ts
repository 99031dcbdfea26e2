// An account as programs see it: snake_case, ISO 8601 times, one plain sentence. Used by the API and by `--json`.
import type { Account } from '../model/account.ts';
import { authorizationText } from '../model/problem.ts';

const isoTime = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString();

const sentence = ({ state, google }: Account): string => {
  if (state.status !== 'ACTIVE') return authorizationText(state.reason);
  return google === undefined ? 'Gmail is connected.' : `Gmail is connected: ${google.email}.`;
};

/** Every field is always there; what is unknown is null. Holds no secret. */
export const accountJson = (account: Account) => ({
  realm: account.key.realm,
  identifier: account.key.identifier,
  state: account.state.status,
  reason: account.state.status === 'ACTIVE' ? null : account.state.reason,
  message: sentence(account),
  google_email: account.google?.email ?? null,
  google_sub: account.google?.sub ?? null,
  granted_scopes: account.grantedScopes,
  expected_email: account.pins.expectedEmail ?? null,
  expected_domain: account.pins.expectedDomain ?? null,
  expected_sub: account.pins.expectedSub ?? null,
  created_at: isoTime(account.createdAt),
  state_since: isoTime(account.stateSince),
  connected_at: isoTime(account.connectedAt),
  last_used_at: isoTime(account.lastUsedAt),
});
