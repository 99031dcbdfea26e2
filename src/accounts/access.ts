// A valid access token for one account: refreshed early, once at a time, and never at the cost of a newer grant.
// Knows nothing of Gmail; a needed human is a returned problem, not an exception.

import type { Account, RevokedReason } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { Clock } from '../model/clock.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import type { AuthorizationReason, Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import { type Capability, missingCapabilities } from '../model/scope.ts';
import type { GoogleOAuth, Tokens } from '../oauth/google-oauth.ts';
import type { AccountStore, StoredGrant, TicketStore } from '../storage/index.ts';
import { diagnose } from './diagnosis.ts';
import type { AccountLog } from './index.ts';

/** Access tokens are renewed this long before they expire, in milliseconds. */
export const refreshEarlyMs = 5 * 60_000;
/** How often a write that lost a race is looked at again; each time somebody else's write succeeded. */
const attempts = 5;
const markUsedEveryMs = 60_000;

export interface AccessOptions {
  readonly store: AccountStore;
  readonly tickets: TicketStore;
  readonly oauth: GoogleOAuth;
  readonly clock: Clock;
  readonly changed: (key: AccountKey) => void;
  readonly log: AccountLog;
}

type Opened =
  | { readonly kind: 'grant'; readonly account: Account; readonly grant: StoredGrant }
  | { readonly kind: 'problem'; readonly problem: Problem };

export const createAccess = (options: AccessOptions) => {
  const { store, clock } = options;
  /** One refresh at a time per account; a caller that gives up does not stop it for the others. */
  const refreshing = new Map<string, Promise<Result<AccessToken>>>();

  const refreshOnce = (key: AccountKey, rejected: string | undefined): Promise<Result<AccessToken>> => {
    const name = accountKeyText(key);
    const running = refreshing.get(name);
    if (running) return running;
    const started = refresh(options, key, rejected).finally(() => refreshing.delete(name));
    refreshing.set(name, started);
    return started;
  };

  const freshToken =
    (key: AccountKey, required: readonly Capability[]): FreshToken =>
    async (rejected) => {
      const opened = await openGrant(options, key);
      if (opened.kind === 'problem') return failed(opened.problem);
      const { account, grant } = opened;
      const missing = missingCapabilities(required, grant.grantedScopes);
      if (missing.length > 0) return failed({ kind: 'authorization_required', reason: 'scope_missing', missing });
      const now = clock.now();
      if ((account.lastUsedAt ?? 0) + markUsedEveryMs <= now) await store.markUsed(key, now);
      if (isFresh(grant, rejected, now)) return ok({ token: grant.accessToken, grantVersion: grant.grantVersion });
      return refreshOnce(key, rejected);
    };

  return { freshToken };
};

/** Reads the grant, if it is one that may be sent to the configured token endpoint under the configured client. */
const openGrant = async (options: AccessOptions, key: AccountKey): Promise<Opened> => {
  const { store, oauth } = options;
  const reading = await store.readGrant(key);
  switch (reading.kind) {
    case 'none': {
      const reason = await reasonOf(options, reading.account);
      return { kind: 'problem', problem: { kind: 'authorization_required', reason } };
    }
    case 'unsealable':
      return { kind: 'problem', problem: { kind: 'sealing_key_missing' } };
    case 'grant': {
      const ours = reading.grant.clientId === oauth.clientId && reading.grant.tokenEndpoint === oauth.tokenEndpoint;
      return ours ? reading : { kind: 'problem', problem: { kind: 'operator_client_changed' } };
    }
  }
};

/** Why an account without a grant has none. Where a link went to Google and never came back, that is worth a hint. */
const reasonOf = async (
  { store, tickets, clock }: AccessOptions,
  account: Account | undefined,
): Promise<AuthorizationReason> => {
  if (account === undefined) return 'never_connected';
  const { key, state, stateSince, version } = account;
  if (state.status === 'ACTIVE') return 'disconnected';
  if (state.status === 'REVOKED' || state.reason === 'link_expired') return state.reason;
  if (!(await tickets.wasAbandoned(key, stateSince, clock.now()))) return state.reason;
  await store.setState(key, version, { status: 'PENDING', reason: 'link_expired' });
  return 'link_expired';
};

const isFresh = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  grant.accessToken !== rejected && now < grant.accessTokenExpiresAt - refreshEarlyMs;

/** Early renewal failed for a reason that passes: the old token still serves until it really expires. */
const stillServes = (grant: StoredGrant, rejected: string | undefined, now: number): boolean =>
  grant.accessToken !== rejected && now < grant.accessTokenExpiresAt;

/**
 * Renews the access token. Whatever another process wrote meanwhile wins: a stale success or failure never overwrites
 * a newer grant, because every write names the version it read.
 */
const refresh = async (options: AccessOptions, key: AccountKey, rejected?: string): Promise<Result<AccessToken>> => {
  const { oauth, clock, log } = options;
  const opened = await openGrant(options, key);
  if (opened.kind === 'problem') return failed(opened.problem);
  const { grant } = opened;
  if (isFresh(grant, rejected, clock.now())) return ok({ token: grant.accessToken, grantVersion: grant.grantVersion });
  if (grant.refreshToken === undefined) return failed({ kind: 'internal' });

  const outcome = await oauth.refresh(grant.refreshToken);
  if (outcome.kind === 'refreshed') {
    log({ event: 'token_refreshed', key });
    return keep(options, key, grant, outcome.tokens);
  }
  const verdict = diagnose(outcome.failure);
  log({ event: 'refresh_failed', key, cause: outcome.failure.kind });
  if (verdict.kind === 'revoked') return end(options, key, grant, verdict.reason, rejected);
  if (stillServes(grant, rejected, clock.now()))
    return ok({ token: grant.accessToken, grantVersion: grant.grantVersion });
  return failed(verdict.problem);
};

const keep = async (
  options: AccessOptions,
  key: AccountKey,
  grant: StoredGrant,
  tokens: Tokens,
): Promise<Result<AccessToken>> => {
  let accountVersion = grant.accountVersion;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const at = { accountVersion, grantVersion: grant.grantVersion };
    const { scopes, ...rest } = tokens;
    const saved = await options.store.saveRefreshed(key, at, {
      ...rest,
      ...(scopes === undefined ? {} : { grantedScopes: scopes }),
    });
    if (saved) return ok({ token: tokens.accessToken, grantVersion: grant.grantVersion });
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    if (opened.grant.grantVersion !== grant.grantVersion)
      return ok({ token: opened.grant.accessToken, grantVersion: opened.grant.grantVersion });
    accountVersion = opened.grant.accountVersion;
  }
  return failed({ kind: 'storage_busy' });
};

const end = async (
  options: AccessOptions,
  key: AccountKey,
  grant: StoredGrant,
  reason: RevokedReason,
  rejected: string | undefined,
): Promise<Result<AccessToken>> => {
  const { store, clock, changed, log } = options;
  let accountVersion = grant.accountVersion;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const ended = await store.setState(key, accountVersion, { status: 'REVOKED', reason });
    if (ended) {
      changed(key);
      log({ event: 'access_ended', key, cause: reason });
      return failed({ kind: 'authorization_required', reason });
    }
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    const newer = opened.grant.grantVersion !== grant.grantVersion || opened.grant.refreshedAt !== grant.refreshedAt;
    if (newer && stillServes(opened.grant, rejected, clock.now()))
      return ok({ token: opened.grant.accessToken, grantVersion: opened.grant.grantVersion });
    if (newer) return failed({ kind: 'google_unavailable' });
    accountVersion = opened.grant.accountVersion;
  }
  return failed({ kind: 'storage_busy' });
};
