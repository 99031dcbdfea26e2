// What the token endpoint's answer to a refresh means. Only `grant_ended` ends access; every other failure is a problem
// on an account that keeps its tokens. Why a grant ended is judged by codes and our own evidence, and claims no more.
import type { RevokedEvidence, RevokedReason } from '../model/account.ts';
import type { Problem } from '../model/problem.ts';
import type { TokenFailure } from '../oauth/token-client.ts';

export type GrantEnded = TokenFailure & { readonly kind: 'grant_ended' };

/** What we know of a grant that ended. Times in milliseconds. */
export interface GrantHistory {
  readonly now: number;
  readonly grantedAt: number;
  /** When Google last accepted the refresh token. */
  readonly refreshedAt: number;
  /** What Google announced, if it did: `refresh_token_expires_in`. */
  readonly refreshTokenExpiresAt?: number;
  /** Refresh tokens that Google gave here for the same Google account and client after this one. */
  readonly issuedSince: number;
}

export interface Ending {
  readonly reason: RevokedReason;
  readonly evidence?: RevokedEvidence;
  /** Google said why, or had said when: this is no sign of an accident of the operator's. */
  readonly explained: boolean;
}

const dayMs = 24 * 60 * 60_000;
/** https://developers.google.com/identity/protocols/oauth2#expiration */
const testingDays = 7;
const idleDays = 180;
export const refreshTokenCap = 100;
/** Google's clock may be this much ahead of ours. */
const skewMs = 60_000;

/** The problem of a failure that does not end access. */
export const problemOf = (failure: Exclude<TokenFailure, GrantEnded>): Problem => {
  switch (failure.kind) {
    case 'client_invalid':
      return { kind: 'client_invalid' };
    case 'rate_limited':
      return { kind: 'rate_limited' };
    case 'unavailable':
      return { kind: 'google_unavailable' };
    case 'refused':
      return { kind: 'request_refused', status: 400 };
  }
};

/** Judged by `error` and `error_subtype` first: Google changes the description of a dead grant after some hours. */
export const diagnose = (failure: GrantEnded, history: GrantHistory): Ending => {
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
