// The token endpoint says that a grant is dead: say why, make the account REVOKED, or do not believe it. A grant whose end
// is not explained is kept sealed for some minutes, so that an operator's accident can be undone.
import type { Account } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, type Result } from '../model/result.ts';
import { keepEndedGrantsMs, type StoredGrant } from '../storage/index.ts';
import { diagnose, type Ending, type GrantEnded } from './diagnosis.ts';
import { given, openGrant, stillServes } from './grant-access.ts';
import type { RefreshOptions } from './options.ts';

const attempts = 5;

const notBelieved: Problem = { kind: 'many_grants_refused' };

export interface Refused {
  readonly grant: StoredGrant;
  readonly holder: string;
  readonly failure: GrantEnded;
  readonly rejected: string | undefined;
}

/** Never a token, unless a newer grant came meanwhile. */
export const endAccess = async (
  options: RefreshOptions,
  key: AccountKey,
  refused: Refused,
): Promise<Result<AccessToken>> => {
  const ending = await whyEnded(options, refused);
  if (ending.explained) return end(options, key, refused, ending);
  const { breaker, askWitnesses, log } = options;
  if (breaker.refused(refused.grant.google.sub) === 'suspicious') {
    await askWitnesses();
    if (breaker.trip()) {
      log({ event: 'grants_refused_in_bulk', key, level: 'error' });
      await reinstateAll(options);
    }
  }
  if (breaker.open) return failed(notBelieved);
  const result = await end(options, key, refused, ending);
  // The breaker may have opened between the two: then this one was not among those it reinstated.
  if (!breaker.open) return result;
  await reinstateAll(options);
  return failed(notBelieved);
};

const whyEnded = async ({ storage, clock }: RefreshOptions, { grant, failure }: Refused): Promise<Ending> => {
  const { google, clientId, grantedAt, refreshedAt, refreshTokenExpiresAt } = grant;
  const issuedSince = await storage.refreshTokenCount.issuedSince(google.sub, clientId, grantedAt);
  const now = clock.now();
  return diagnose(failure, {
    ...{ now, grantedAt, refreshedAt, issuedSince },
    ...(refreshTokenExpiresAt === undefined ? {} : { refreshTokenExpiresAt }),
  });
};

/** A newer grant, or a newer success of another process, is worth more than this late failure. */
const end = async (
  options: RefreshOptions,
  key: AccountKey,
  { grant, holder, rejected }: Refused,
  ending: Ending,
): Promise<Result<AccessToken>> => {
  const { storage, clock, changed, log } = options;
  const { explained, ...why } = ending;
  const keepGrant = !explained;
  let at = { accountVersion: grant.accountVersion, grantVersion: grant.grantVersion, holder };
  for (let attempt = 0; attempt < attempts; attempt++) {
    const ended = await storage.refreshes.endGrant(key, at, { ...why, keepGrant });
    if (ended) {
      changed(key);
      log({ event: 'access_ended', key, cause: why.reason });
      if (keepGrant) options.eraseLater();
      return failed({ kind: 'authorization_required', ...why });
    }
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    const newer = opened.grant.grantVersion !== grant.grantVersion || opened.grant.refreshedAt !== grant.refreshedAt;
    if (newer && stillServes(opened.grant, rejected, clock.now())) return given(opened.grant);
    if (newer) return failed({ kind: 'google_unavailable' });
    at = { ...at, accountVersion: opened.grant.accountVersion };
  }
  // Another process has taken the lease meanwhile and judges for itself.
  return failed({ kind: 'google_unavailable' });
};

/** ACTIVE again: every account that ended since the last success and whose grant is still kept. */
const reinstateAll = async ({ storage, breaker, clock, changed, log }: RefreshOptions): Promise<void> => {
  const since = Math.max(breaker.lastSuccessAt, clock.now() - keepEndedGrantsMs);
  const ended: Account[] = await storage.operations.endedGrants(since);
  for (const { key, version } of ended) {
    if ((await storage.refreshes.reinstate(key, version)) === undefined) continue;
    changed(key);
    log({ event: 'access_reinstated', key });
  }
};
