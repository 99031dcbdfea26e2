// An account as programs see it: snake_case, ISO 8601 times, one plain sentence. Used by the API and by `--json`.
import { refreshTokenWarning } from '../accounts/index.ts';
import type { Account } from '../model/account.ts';
import { stateText } from '../model/problem.ts';

const isoTime = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString();

const sentence = ({ state, google }: Account): string => {
  if (state.status !== 'ACTIVE') return stateText(state);
  return google === undefined ? 'Gmail is connected.' : `Gmail is connected: ${google.email}.`;
};

/** Something that will go wrong unless somebody acts. */
const hint = ({ state, refreshTokensIssued = 0 }: Account): string | null =>
  state.status === 'ACTIVE' && refreshTokensIssued >= refreshTokenWarning
    ? `Google gave ${refreshTokensIssued} refresh tokens for this Google account and ends the oldest beyond 100: remove accounts that nobody needs.`
    : null;

/** Every field is always there; what is unknown is null. Holds no secret. */
export const accountJson = (account: Account) => ({
  realm: account.key.realm,
  identifier: account.key.identifier,
  state: account.state.status,
  reason: account.state.status === 'ACTIVE' ? null : account.state.reason,
  message: sentence(account),
  hint: hint(account),
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
  checked_at: isoTime(account.checkedAt),
});
