// The token endpoint refused a refresh: what that means, and, where it means that the grant is over, why and what becomes of
// the account. Only `grant_ended` ends access; every other failure is a problem of an account that keeps its tokens. Why a
// grant ended is judged by codes and our own evidence, and claims no more. A grant that ended for no named reason is
// retained for a day, in case Google accepts it again (retry-refused.ts).
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import { type RevokedEvidence, type RevokedReason, refreshTokenCap } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, type Result } from '../model/result.ts';
import type { TokenFailure } from '../oauth/token-client.ts';
import type { StoredGrant } from '../storage/index.ts';
import { accessTokenOf, openGrant, stillServes } from './access.ts';
import type { RefusedGrants } from './clients.ts';
import type { AccountsOptions } from './options.ts';

type GrantEnded = TokenFailure & { readonly kind: 'grant_ended' };

/** What we know of a grant that ended. Times in milliseconds. */
interface GrantHistory {
  readonly now: number;
  readonly grantedAt: number;
  /** When Google last accepted the refresh token. */
  readonly refreshedAt: number;
  /** What Google announced, if it did: `refresh_token_expires_in`. */
  readonly refreshTokenExpiresAt?: number | undefined;
  /** Refresh tokens that Google gave here for the same Google account and client after this one. */
  readonly issuedSince: number;
}

export interface Ending {
  readonly reason: RevokedReason;
  readonly evidence?: RevokedEvidence;
  /** Google said why, or had said when: this is no sign of a bulk refusal. */
  readonly explained: boolean;
}

const dayMs = 24 * 60 * 60_000;
/** https://developers.google.com/identity/protocols/oauth2#expiration */
const testingDays = 7;
const idleDays = 180;
/** Google's clock may be this much ahead of ours. */
const skewMs = 60_000;

/** The problem of a failure that does not end access. */
export const problemOf = (failure: Exclude<TokenFailure, GrantEnded>, connection: string | undefined): Problem => {
  switch (failure.kind) {
    case 'client_invalid':
      return { kind: 'client_invalid', connection };
    case 'rate_limited':
      return { kind: 'rate_limited' };
    case 'unavailable':
      return { kind: 'google_unavailable' };
    case 'refused':
      return { kind: 'request_refused', status: 400 };
  }
};

/** Judged by `error` and `error_subtype` first: Google changes the description of a dead grant after some hours. */
const diagnose = (failure: GrantEnded, history: GrantHistory): Ending => {
  if (failure.error === 'admin_policy_enforced') return { reason: 'admin_policy', explained: true };
  if (failure.subtype === 'invalid_rapt') return { reason: 'session_policy', explained: true };
  const { now, grantedAt, refreshedAt, refreshTokenExpiresAt, issuedSince } = history;
  const ageInDays = Math.floor((now - grantedAt) / dayMs);
  if (refreshTokenExpiresAt !== undefined && refreshTokenExpiresAt <= now + skewMs) {
    const lifetimeInDays = Math.round((refreshTokenExpiresAt - grantedAt) / dayMs);
    return {
      reason: 'testing_mode_expired',
      evidence: { ageInDays: lifetimeInDays, announced: true },
      explained: true,
    };
  }
  if (now - refreshedAt >= idleDays * dayMs)
    return { reason: 'idle_six_months', evidence: { unusedSince: refreshedAt }, explained: false };
  if (issuedSince >= refreshTokenCap)
    return { reason: 'token_cap_reached', evidence: { issuedSince }, explained: false };
  if (ageInDays === testingDays && refreshedAt - grantedAt < testingDays * dayMs)
    return { reason: 'testing_mode_expired', evidence: { ageInDays, announced: false }, explained: false };
  return { reason: 'revoked_or_password_changed', explained: false };
};

interface RefusedRefresh {
  readonly grant: StoredGrant;
  /** Of the client that the grant was made with. */
  readonly refusedGrants: RefusedGrants;
  readonly holder: string;
  readonly failure: GrantEnded;
  readonly rejected: string | undefined;
  /** `RefusedGrants.successCount` before Google was asked. */
  readonly successesBefore: number;
}

/**
 * Ends the grant, or suspends its end (refused-grants.ts).
 * @returns never a token, unless a newer grant came meanwhile.
 */
export const endAccess = async (
  options: AccountsOptions,
  key: AccountKey,
  refused: RefusedRefresh,
): Promise<Result<AccessToken>> => {
  const { grant, refusedGrants, failure, successesBefore } = refused;
  const ending = await whyEnded(options, grant, failure);
  if (ending.explained) return end(options, key, refused, ending);
  const { grantVersion, google } = grant;
  const verdict = await refusedGrants.judge({ key, grantVersion, google, successesBefore });
  return verdict === 'suspended' ? failed({ kind: 'many_grants_refused' }) : end(options, key, refused, ending);
};

/** What is known of the end of this grant. */
export const whyEnded = async (
  { storage, clock }: Pick<AccountsOptions, 'storage' | 'clock'>,
  { google, clientId, grantedAt, refreshedAt, refreshTokenExpiresAt }: StoredGrant,
  failure: GrantEnded,
): Promise<Ending> => {
  const issuedSince = await storage.refreshTokenCount.issuedSince(google.sub, clientId, grantedAt);
  const now = clock.now();
  return diagnose(failure, { now, grantedAt, refreshedAt, refreshTokenExpiresAt, issuedSince });
};

/** A newer grant, or a newer success of another process, is worth more than this late failure. */
const end = async (
  options: AccountsOptions,
  key: AccountKey,
  { grant, holder, rejected }: RefusedRefresh,
  ending: Ending,
): Promise<Result<AccessToken>> => {
  const { storage, clock, log } = options;
  const { explained, ...why } = ending;
  let at = { accountVersion: grant.accountVersion, grantVersion: grant.grantVersion, holder };
  const ended = await retryLostWrites(async (): Promise<Result<AccessToken> | undefined> => {
    if (await storage.refreshes.endGrant(key, at, { ...why, retain: !explained })) {
      log({ event: 'access_ended', key, cause: why.reason });
      return failed({ kind: 'authorization_required', ...why });
    }
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    const newer = opened.grant.grantVersion !== grant.grantVersion || opened.grant.refreshedAt !== grant.refreshedAt;
    if (newer && stillServes(opened.grant, rejected, clock.now())) return accessTokenOf(opened.grant);
    if (newer) return failed({ kind: 'google_unavailable' });
    at = { ...at, accountVersion: opened.grant.accountVersion };
    return undefined;
  });
  // Another process has taken the lease meanwhile and judges for itself; what Google said of this grant stands.
  return ended ?? failed({ kind: 'authorization_required', ...why });
};
