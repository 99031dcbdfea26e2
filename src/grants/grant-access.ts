// Reads an account's grant and says whether its access token serves. Asks Google for nothing.
import type { Account } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AuthorizationReason } from '../model/authorization-text.ts';
import { capabilityStates } from '../model/capability-state.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { ok, type Result } from '../model/result.ts';
import type { RefusalCause, StoredGrant } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';

/** Access tokens are renewed this long before they expire, in milliseconds. */
export const refreshEarlyMs = 5 * 60_000;

export type Opened =
  | { readonly kind: 'grant'; readonly account: Account; readonly grant: StoredGrant }
  | { readonly kind: 'problem'; readonly problem: Problem };

type GrantAccess = Pick<AccountsOptions, 'storage' | 'oauth' | 'clock'>;

/** Whether a grant may be sent to the configured token endpoint under the configured client: it was made with both. */
export const isOurs = (grant: Pick<StoredGrant, 'clientId' | 'tokenEndpoint'>, oauth: GrantAccess['oauth']): boolean =>
  grant.clientId === oauth.clientId && grant.tokenEndpoint === oauth.tokenEndpoint;

/** Reads the grant, if it is one that may be sent to the configured token endpoint under the configured client. */
export const openGrant = async (options: GrantAccess, key: AccountKey): Promise<Opened> => {
  const { storage, oauth } = options;
  const reading = await storage.accounts.readGrant(key);
  switch (reading.kind) {
    case 'none':
      return { kind: 'problem', problem: await whyNone(options, reading.account) };
    case 'refused':
      return { kind: 'problem', problem: whyRefused(reading.cause) };
    case 'grant': {
      return isOurs(reading.grant, oauth) ? reading : { kind: 'problem', problem: { kind: 'operator_client_changed' } };
    }
  }
};

/** What is said of an account whose row does not count. */
export const whyRefused = (cause: RefusalCause): Problem =>
  cause === 'unknown_key' ? { kind: 'sealing_key_missing' } : { kind: 'row_refused' };

const whyNone = async (options: GrantAccess, account: Account | undefined): Promise<Problem> => {
  const state = account?.state;
  const evidence = state?.status === 'REVOKED' ? state.evidence : undefined;
  return {
    kind: 'authorization_required',
    reason: await reasonOf(options, account),
    ...(evidence === undefined ? {} : { evidence }),
  };
};

/** Why an account without a grant has none. Where a link went to Google and never came back, that is worth a hint. */
const reasonOf = async (
  { storage, clock }: GrantAccess,
  account: Account | undefined,
): Promise<AuthorizationReason> => {
  if (account === undefined) return 'never_connected';
  const { key, state, stateSince, version } = account;
  if (state.status === 'ACTIVE') return 'disconnected';
  if (state.status === 'REVOKED' || state.reason === 'link_expired') return state.reason;
  if (!(await storage.tickets.wasAbandoned(key, stateSince, clock.now()))) return state.reason;
  await storage.accounts.setState(key, version, { status: 'PENDING', reason: 'link_expired' });
  return 'link_expired';
};

/** Its access token, as the port gives it out. */
export const given = ({ accessToken, grantVersion, grantedScopes, refusals }: StoredGrant): Result<AccessToken> =>
  ok({ token: accessToken, grantVersion, capabilities: capabilityStates(grantedScopes, refusals) });

export const isFresh = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  grant.accessToken !== rejected && now < grant.accessTokenExpiresAt - refreshEarlyMs;

/** Milliseconds that must be left for a token to be given out while a newer one is fetched beside the call. */
const enoughForACallMs = 60_000;

export const servesACall = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  grant.accessToken !== rejected && now < grant.accessTokenExpiresAt - enoughForACallMs;

/** Too old to be fresh, but it serves until it really expires. */
export const stillServes = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  grant.accessToken !== rejected && now < grant.accessTokenExpiresAt;
