// Renews an access token, once for everybody who asks: one request at a time per account in this process, and across
// processes by a lease in the store. What another process wrote meanwhile wins, because every write names what it read.
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import { createSharedRuns } from '../lib/shared-runs.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, type Result } from '../model/result.ts';
import type { Tokens } from '../oauth/google-oauth.ts';
import type { RefreshedTokens, StoredGrant } from '../storage/index.ts';
import { accessTokenOf, isFresh, openGrant, type RefreshOnce, type RefreshRequest, stillServes } from './access.ts';
import type { Client } from './clients.ts';
import { endAccess, problemOf } from './end-grant.ts';
import type { AccountsOptions } from './options.ts';

/** A little longer than a token request may take: only a holder that was killed lets it run out. Milliseconds. */
const defaultLeaseMs = 12_000;
/** Between looks at a refresh of another process; milliseconds. */
const shortestLookMs = 40;
const longestLookMs = 120;

/** A lease on the refreshing of one account: how long it lasts, and who holds it. */
export const newLease = ({ random, leaseMs = defaultLeaseMs }: Pick<AccountsOptions, 'random' | 'leaseMs'>) => ({
  milliseconds: leaseMs,
  holder: Buffer.from(random(12)).toString('hex'),
});

/** What is stored of a token response to a refresh. */
export const refreshedTokens = ({ scopes, ...tokens }: Tokens): RefreshedTokens =>
  // Absent scopes leave the granted ones as they are (RFC 6749 §5.1).
  scopes === undefined ? tokens : { ...tokens, grantedScopes: scopes };

/** Everybody who asks for an account meanwhile shares one refresh; a caller that gives up does not stop it. */
export const createRefreshOnce = (options: AccountsOptions): RefreshOnce => {
  const running = createSharedRuns<Result<AccessToken>>();

  const refreshOnce: RefreshOnce = async (key, request = {}) => {
    const name = accountKeyText(key);
    const shared = running.present(name);
    if (shared !== undefined) {
      const answer = await shared;
      const { rejected } = request;
      // It may have begun before an API rejected this token, and found that it still serves.
      return answer.ok && answer.value.token === rejected ? refreshOnce(key, { rejected }) : answer;
    }
    return running.of(name, () => refreshUnderLease(options, key, request));
  };
  return refreshOnce;
};

/** Renews the token of an account, however long the present one would serve. */
export const createRenew =
  (options: AccountsOptions, refreshOnce: RefreshOnce) =>
  async (key: AccountKey): Promise<Result<AccessToken>> => {
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    return refreshOnce(key, { rejected: opened.grant.accessToken, grant: opened.grant });
  };

/** Waits for the lease, or for what its holder brings; longer than two leases nobody waits. */
const refreshUnderLease = async (
  options: AccountsOptions,
  key: AccountKey,
  { rejected, grant: known }: RefreshRequest,
): Promise<Result<AccessToken>> => {
  const { clock, random, storage } = options;
  const { milliseconds, holder } = newLease(options);
  const giveUpAt = clock.now() + 2 * milliseconds;
  let before = known;
  let given = known;
  for (;;) {
    const isGiven = given !== undefined;
    const opened = given === undefined ? await openGrant(options, key) : await withClient(options, given);
    given = undefined;
    if (opened.kind === 'problem') return failed(opened.problem);
    const { grant, client } = opened;
    const now = clock.now();
    before ??= grant;
    const renewed = grant.refreshedAt !== before.refreshedAt || grant.grantVersion !== before.grantVersion;
    if (isFresh(grant, rejected, now) || (renewed && stillServes(grant, rejected, now))) return accessTokenOf(grant);
    if (grant.refreshToken === undefined) return failed({ kind: 'internal' });
    const { accountVersion, grantVersion } = grant;
    if (await storage.refreshes.takeLease(key, { accountVersion, grantVersion, holder }, milliseconds))
      return refreshWith(options, key, { grant, client, refreshToken: grant.refreshToken, holder, rejected });
    if (stillServes(grant, rejected, now)) return accessTokenOf(grant);
    if (now >= giveUpAt) return failed({ kind: 'google_unavailable' });
    // Where somebody wrote since the caller opened the grant, the newer one is there already.
    if (!isGiven) await clock.sleep(shortestLookMs + ((random(1)[0] ?? 0) % (longestLookMs - shortestLookMs)));
  }
};

type GrantWithClient = { readonly kind: 'grant'; readonly grant: StoredGrant; readonly client: Client };

/** A grant that was read before, with the client that it was made with. */
const withClient = async (
  { clients }: AccountsOptions,
  grant: StoredGrant,
): Promise<GrantWithClient | { readonly kind: 'problem'; readonly problem: Problem }> => {
  const client = await clients.ofGrant(grant);
  return client.ok ? { kind: 'grant', grant, client: client.value } : { kind: 'problem', problem: client.problem };
};

interface LeasedRefresh {
  readonly grant: StoredGrant;
  readonly client: Client;
  readonly refreshToken: string;
  readonly holder: string;
  readonly rejected: string | undefined;
}

const refreshWith = async (
  options: AccountsOptions,
  key: AccountKey,
  { grant, client, refreshToken, holder, rejected }: LeasedRefresh,
): Promise<Result<AccessToken>> => {
  const { clock, log, storage } = options;
  const { oauth, refusedGrants, connection } = client;
  try {
    const successesBefore = refusedGrants.successCount();
    const outcome = await oauth.refresh(refreshToken);
    if (outcome.kind === 'refreshed') {
      log({ event: 'token_refreshed', key });
      return await save(options, key, grant, holder, outcome.tokens);
    }
    const { failure } = outcome;
    log({ event: 'refresh_failed', key, cause: failure.kind });
    const problem =
      failure.kind === 'grant_ended'
        ? await endAccess(options, key, { grant, refusedGrants, holder, failure, rejected, successesBefore })
        : failed(problemOf(failure, connection));
    if (problem.ok || problem.problem.kind === 'authorization_required') return problem;
    // Early renewal failed for a reason that passes: the old token still serves until it really expires.
    return stillServes(grant, rejected, clock.now()) ? accessTokenOf(grant) : problem;
  } finally {
    // Where this does not succeed, the lease runs out by itself.
    await storage.refreshes.releaseLease(key, holder).catch(() => undefined);
  }
};

const save = async (
  options: AccountsOptions,
  key: AccountKey,
  grant: StoredGrant,
  holder: string,
  tokens: Tokens,
): Promise<Result<AccessToken>> => {
  const refreshed = refreshedTokens(tokens);
  let at = { accountVersion: grant.accountVersion, grantVersion: grant.grantVersion, holder };
  const saved = await retryLostWrites(async () => {
    if (await options.storage.refreshes.saveRefreshed(key, at, refreshed))
      return accessTokenOf({ ...grant, ...refreshed });
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    if (opened.grant.grantVersion !== grant.grantVersion) return accessTokenOf(opened.grant);
    at = { ...at, accountVersion: opened.grant.accountVersion };
    return undefined;
  });
  // Where it could not be saved, another process has taken the lease meanwhile; both tokens are good.
  return saved ?? accessTokenOf({ ...grant, ...refreshed });
};
