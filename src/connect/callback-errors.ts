// What went wrong on the way back from Google → how a link or a sign-in ends. Pure.
import type { TokenFailure } from '../oauth/token-client.ts';

export type CallbackFailure = 'declined' | 'admin_blocked' | 'google_unavailable' | 'operator_fault' | 'expired';

/** The `error` of an authorization response: RFC 6749 §4.1.2.1 and Google's own codes. */
export const refusedBecause = (error: string): Exclude<CallbackFailure, 'expired'> => {
  switch (error) {
    case 'access_denied':
      return 'declined';
    case 'admin_policy_enforced':
    case 'org_internal':
      return 'admin_blocked';
    case 'server_error':
    case 'temporarily_unavailable':
      return 'google_unavailable';
    default:
      return 'operator_fault';
  }
};

/** Why a code brought no tokens. */
export const exchangeFailedBecause = (failure: TokenFailure): Exclude<CallbackFailure, 'declined'> => {
  switch (failure.kind) {
    case 'grant_ended':
      // A code that Google does not know under this verifier: used before, too late, or not from this round.
      return failure.error === 'admin_policy_enforced' ? 'admin_blocked' : 'expired';
    case 'rate_limited':
    case 'unavailable':
      return 'google_unavailable';
    case 'client_invalid':
    case 'refused':
      return 'operator_fault';
  }
};
