// What the token endpoint's answer to a refresh means for the account. Only `grant_ended` ends access; every other
// failure is a problem on an account that keeps its tokens.
import type { RevokedReason } from '../model/account.ts';
import type { Problem } from '../model/problem.ts';
import type { TokenFailure } from '../oauth/token-client.ts';

export type Verdict =
  | { readonly kind: 'revoked'; readonly reason: RevokedReason }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Judged by `error` and `error_subtype` alone: Google changes the description of a dead grant after some hours. */
export const diagnose = (failure: TokenFailure): Verdict => {
  switch (failure.kind) {
    case 'grant_ended':
      return { kind: 'revoked', reason: revokedReason(failure) };
    case 'client_invalid':
      return { kind: 'problem', problem: { kind: 'client_invalid' } };
    case 'rate_limited':
      return { kind: 'problem', problem: { kind: 'rate_limited' } };
    case 'unavailable':
      return { kind: 'problem', problem: { kind: 'google_unavailable' } };
    case 'refused':
      return { kind: 'problem', problem: { kind: 'request_refused', status: 400 } };
  }
};

const revokedReason = (failure: TokenFailure & { kind: 'grant_ended' }): RevokedReason => {
  if (failure.error === 'admin_policy_enforced') return 'admin_policy';
  return failure.subtype === 'invalid_rapt' ? 'session_policy' : 'revoked_or_password_changed';
};
