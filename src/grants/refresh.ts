// Renews an access token, once for everybody who asks: one request at a time per account in this process, and across
// processes by a lease in the store. What another process wrote meanwhile wins, because every write names what it read.
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import { failed, type Result } from '../model/result.ts';
import type { Tokens } from '../oauth/google-oauth.ts';
import type { StoredGrant } from '../storage/index.ts';
import { problemOf } from './diagnosis.ts';
import { endAccess } from './end-grant.ts';
import { given, isFresh, openGrant, stillServes } from './grant-access.ts';
import type { RefreshOptions } from './refused-grants.ts';

/** A little longer than a token request may take: only a holder that was killed lets it run out. Milliseconds. */
const defaultLeaseMs = 12_000;
/** How often a write that lost a race is looked at again; each time somebody else's write succeeded. */
const attempts = 5;
/** Between looks at a refresh of another process; milliseconds. */
const shortestLookMs = 40;
const longestLookMs = 120;

/** A new access token, unless another process made one meanwhile that is not the `rejected` one. */
export type RefreshOnce = (key: AccountKey, rejected?: string) => Promise<Result<AccessToken>>;

/** Everybody who asks for an account meanwhile shares one refresh; a caller that gives up does not stop it. */
export const createRefreshOnce = (options: RefreshOptions): RefreshOnce => {
  const running = new Map<string, Promise<Result<AccessToken>>>();

  const refreshOnce: RefreshOnce = async (key, rejected) => {
    const name = accountKeyText(key);
    const shared = running.get(name);
    if (shared) {
      const answer = await shared;
      // It may have begun before an API rejected this token, and found that it still serves.
      return answer.ok && answer.value.token === rejected ? refreshOnce(key, rejected) : answer;
    }
    const started = whenLeased(options, key, rejected).finally(() => running.delete(name));
    running.set(name, started);
    return started;
  };
  return refreshOnce;
};

/** Renews the token of an account, however long the present one would serve. */
export const createRenew =
  (options: Pick<RefreshOptions, 'storage'>, refreshOnce: RefreshOnce) =>
  async (key: AccountKey): Promise<Result<AccessToken>> => {
    const reading = await options.storage.accounts.readGrant(key);
    return refreshOnce(key, reading.kind === 'grant' ? reading.grant.accessToken : undefined);
  };

/** Waits for the lease, or for what its holder brings; longer than two leases nobody waits. */
const whenLeased = async (
  options: RefreshOptions,
  key: AccountKey,
  rejected?: string,
): Promise<Result<AccessToken>> => {
  const { clock, random, storage, leaseMs = defaultLeaseMs } = options;
  const giveUpAt = clock.now() + 2 * leaseMs;
  let before: StoredGrant | undefined;
  for (;;) {
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    const { grant } = opened;
    const now = clock.now();
    before ??= grant;
    const renewed = grant.refreshedAt !== before.refreshedAt || grant.grantVersion !== before.grantVersion;
    if (isFresh(grant, rejected, now) || (renewed && stillServes(grant, rejected, now))) return given(grant);
    if (grant.refreshToken === undefined) return failed({ kind: 'internal' });
    const { accountVersion, grantVersion } = grant;
    const holder = Buffer.from(random(12)).toString('hex');
    if (await storage.refreshes.takeLease(key, { accountVersion, grantVersion, holder }, leaseMs))
      return renew(options, key, grant, grant.refreshToken, holder, rejected);
    if (stillServes(grant, rejected, now)) return given(grant);
    if (now >= giveUpAt) return failed({ kind: 'google_unavailable' });
    await clock.sleep(shortestLookMs + ((random(1)[0] ?? 0) % (longestLookMs - shortestLookMs)));
  }
};

const renew = async (
  options: RefreshOptions,
  key: AccountKey,
  grant: StoredGrant,
  refreshToken: string,
  holder: string,
  rejected: string | undefined,
): Promise<Result<AccessToken>> => {
  const { oauth, clock, log, storage, refusedGrants } = options;
  try {
    const mark = refusedGrants.mark();
    const outcome = await oauth.refresh(refreshToken);
    if (outcome.kind === 'refreshed') {
      log({ event: 'token_refreshed', key });
      return await keep(options, key, grant, holder, outcome.tokens);
    }
    const { failure } = outcome;
    log({ event: 'refresh_failed', key, cause: failure.kind });
    const problem =
      failure.kind === 'grant_ended'
        ? await endAccess(options, key, { grant, holder, failure, rejected, mark })
        : failed(problemOf(failure));
    if (problem.ok || problem.problem.kind === 'authorization_required') return problem;
    // Early renewal failed for a reason that passes: the old token still serves until it really expires.
    return stillServes(grant, rejected, clock.now()) ? given(grant) : problem;
  } finally {
    // Where this does not succeed, the lease runs out by itself.
    await storage.refreshes.releaseLease(key, holder).catch(() => undefined);
  }
};

const keep = async (
  { storage, ...options }: RefreshOptions,
  key: AccountKey,
  grant: StoredGrant,
  holder: string,
  tokens: Tokens,
): Promise<Result<AccessToken>> => {
  const { scopes, ...rest } = tokens;
  const refreshed = { ...rest, ...(scopes === undefined ? {} : { grantedScopes: scopes }) };
  let at = { accountVersion: grant.accountVersion, grantVersion: grant.grantVersion, holder };
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await storage.refreshes.saveRefreshed(key, at, refreshed)) break;
    const opened = await openGrant({ storage, ...options }, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    if (opened.grant.grantVersion !== grant.grantVersion) return given(opened.grant);
    at = { ...at, accountVersion: opened.grant.accountVersion };
  }
  // Where it could not be kept, another process has taken the lease meanwhile; both tokens are good.
  return given({ ...grant, ...refreshed });
};
