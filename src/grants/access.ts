// A valid access token for one account, as the port that Google clients get: reads the account's grant, says whether its
// token serves, and otherwise has it renewed. That a person is needed is a returned problem, not an exception.
import { createNotesOfUse } from '../lib/notes-of-use.ts';
import { type Account, revokedReasons } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AuthorizationReason } from '../model/authorization-text.ts';
import { type Capability, capabilityStates, missingCapabilities } from '../model/capability.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { RefusalCause, StoredGrant } from '../storage/index.ts';
import type { Client } from './clients.ts';
import type { AccountsOptions } from './options.ts';

type GrantReader = Pick<AccountsOptions, 'storage' | 'clients' | 'clock'>;

export type Opened =
  /** `client` is the one that the grant was made with. */
  | { readonly kind: 'grant'; readonly account: Account; readonly grant: StoredGrant; readonly client: Client }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly account?: Account };

/** Reads and unseals the grant, if it is of the client of the account's connection. Asks Google for nothing. */
export const openGrant = async (options: GrantReader, key: AccountKey): Promise<Opened> => {
  const { storage, clients } = options;
  const reading = await storage.accounts.readGrant(key);
  switch (reading.kind) {
    case 'none':
      return { kind: 'problem', problem: await whyNone(options, reading.account), account: reading.account };
    case 'refused':
      return { kind: 'problem', problem: whyRefused(reading.cause) };
    case 'grant': {
      const client = await clients.ofGrant(reading.grant);
      return client.ok ? { ...reading, client: client.value } : { kind: 'problem', problem: client.problem };
    }
  }
};

/** What is said of an account whose row does not count. */
export const whyRefused = (cause: RefusalCause): Problem =>
  cause === 'unknown_key' ? { kind: 'sealing_key_missing' } : { kind: 'row_refused' };

const whyNone = async (options: GrantReader, account: Account | undefined): Promise<Problem> => {
  const state = account?.state;
  return {
    kind: 'authorization_required',
    reason: await reasonOf(options, account),
    evidence: state?.status === 'REVOKED' ? state.evidence : undefined,
  };
};

/** Why an account without a grant has none. Where a link went to Google and never came back, that is worth a hint. */
const reasonOf = async (
  { storage, clock }: GrantReader,
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

/** The access token of a grant, as the port gives it out. */
export const accessTokenOf = ({
  accessToken,
  grantVersion,
  grantedScopes,
  refusals,
  allowed,
}: StoredGrant): Result<AccessToken> =>
  ok({ token: accessToken, grantVersion, capabilities: capabilityStates(grantedScopes, refusals, allowed) });

/** Access tokens are renewed this long before they expire. Milliseconds. */
const refreshEarlyMs = 5 * 60_000;
/** What must be left of a token that is given out while a newer one is fetched beside the call. Milliseconds. */
const enoughForACallMs = 60_000;

const servesFor = (grant: StoredGrant, rejected: string | undefined, now: number, ms: number): boolean =>
  grant.accessToken !== rejected && now < grant.accessTokenExpiresAt - ms;

/**
 * Whether no renewal is due.
 * @param rejected an access token that one of Google's APIs refused.
 */
export const isFresh = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  servesFor(grant, rejected, now, refreshEarlyMs);

/** Whether the token serves until it really expires, however soon that is. */
export const stillServes = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  servesFor(grant, rejected, now, 0);

/** How to renew an access token (refresh.ts). */
export interface RefreshRequest {
  /** An access token that does not serve, however long it is valid. */
  readonly rejected?: string | undefined;
  /** The grant, where it was read just now: it need not be opened again. */
  readonly grant?: StoredGrant | undefined;
}

/** A new access token, unless another process made one meanwhile that is not the `rejected` one. */
export type RefreshOnce = (key: AccountKey, request?: RefreshRequest) => Promise<Result<AccessToken>>;

interface AccessParts {
  readonly refreshOnce: RefreshOnce;
  /** Asks Google for the retained grant of an account that is REVOKED; whether the account is ACTIVE again. */
  readonly retryRetained: (key: AccountKey) => Promise<boolean>;
}

const wasRevoked = (problem: Problem): boolean =>
  problem.kind === 'authorization_required' && revokedReasons.some((reason) => reason === problem.reason);

export const createAccess = (options: AccountsOptions, { refreshOnce, retryRetained }: AccessParts) => {
  const noteUse = createNoteUse(options);

  return (key: AccountKey, required: readonly Capability[]): FreshToken =>
    async (rejected) => {
      let opened = await openGrant(options, key);
      if (opened.kind === 'problem' && wasRevoked(opened.problem) && (await retryRetained(key)))
        opened = await openGrant(options, key);
      // Before a link is given that would not ask for it.
      const forbidden = required.filter((capability) => opened.account?.allowed?.includes(capability) === false);
      if (forbidden.length > 0) return failed({ kind: 'capability_not_allowed', capabilities: forbidden });
      if (opened.kind === 'problem') return failed(opened.problem);
      const { account, grant } = opened;
      const missing = missingCapabilities(required, grant.grantedScopes);
      if (missing.length > 0) return failed({ kind: 'authorization_required', reason: 'scope_missing', missing });
      noteUse(account);
      const now = options.clock.now();
      if (isFresh(grant, rejected, now)) return accessTokenOf(grant);
      if (!servesFor(grant, rejected, now, enoughForACallMs)) return refreshOnce(key, { rejected, grant });
      // Early enough that nobody has to wait: neither for Google nor for a locked database.
      void refreshOnce(key, { grant }).catch((error: unknown) => {
        options.log({ event: 'refresh_failed', key, cause: error instanceof Error ? error.name : typeof error });
      });
      return accessTokenOf(grant);
    };
};

const createNoteUse = ({ storage, clock, log }: Pick<AccountsOptions, 'storage' | 'clock' | 'log'>) => {
  const note = createNotesOfUse<AccountKey>({
    nameOf: accountKeyText,
    write: (key, at) => storage.accounts.markUsed(key, at),
    failed: (key, error) => log({ event: 'last_use_not_noted', key, cause: kindOf(error) }),
  });
  return ({ key, lastUsedAt }: Account): void => note(key, lastUsedAt, clock.now());
};

const kindOf = (error: unknown): string =>
  error instanceof Error && 'kind' in error ? String(error.kind) : error instanceof Error ? error.name : typeof error;
