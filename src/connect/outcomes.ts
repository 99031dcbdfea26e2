// How links and sign-ins can end, in values, and what went wrong on the way back from Google as one of them.
import type { Account, GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Capability } from '../model/capability.ts';
import type { TokenFailure } from '../oauth/token-client.ts';

/** What a redirect back from a provider brings, beside the `state` that names its round. */
export interface AuthorizationResponse {
  readonly code?: string;
  readonly error?: string;
  /** RFC 9207: which authorization server answers. */
  readonly iss?: string;
  /** The secret of the cookie that binds the round to a browser. */
  readonly browser?: string;
}

export type DeadLink = { readonly kind: 'used' } | { readonly kind: 'expired' } | { readonly kind: 'unknown' };

export type LinkOutcome =
  | {
      readonly kind: 'connected';
      readonly account: Account;
      readonly google: GoogleIdentity;
      readonly missing: Capability[];
    }
  /** Google has to ask once more, because it gave no refresh token: send the same browser there again. */
  | { readonly kind: 'again'; readonly url: string }
  /** Accepted, but the product has to say who this was: the browser goes there with an `auth_request_id`. */
  | { readonly kind: 'awaiting_verification'; readonly url: string }
  | { readonly kind: 'declined' }
  | { readonly kind: 'wrong_mailbox'; readonly expected: string; readonly got: string }
  | { readonly kind: 'scope_missing'; readonly missing: Capability[] }
  | { readonly kind: 'unverifiable' }
  /** With what the admin has to be told. */
  | { readonly kind: 'admin_blocked'; readonly clientId: string; readonly scopes: readonly string[] }
  | { readonly kind: 'google_unavailable' }
  /** Google was asked twice and gave no refresh token: access would end within the hour. */
  | { readonly kind: 'no_refresh_token' }
  | { readonly kind: 'operator_fault' }
  | DeadLink;

/** An MCP client wants to act for the person; `interaction` is the authorization server's name of its request. */
export interface ClientPurpose {
  readonly kind: 'client';
  readonly interaction: string;
  readonly capabilities: readonly Capability[];
}

/** The person opened a link, whose secret this is, and it has to be seen whether it is theirs. */
export interface OpenLinkPurpose {
  readonly kind: 'open_link';
  readonly ticket: string;
}

/** What a browser signs in for. */
export type SignInPurpose = ClientPurpose | OpenLinkPurpose;

export type SignInFailure =
  /** The operator did not let this person in, or said that another Google account belongs to them. */
  | 'not_allowed'
  /** The link is another person's. */
  | 'somebody_else'
  | 'declined'
  | 'admin_blocked'
  | 'google_unavailable'
  /** Google was asked twice and gave no refresh token. */
  | 'no_refresh_token'
  | 'issuer_unavailable'
  | 'operator_fault'
  /** Took too long, or the account was disconnected or deleted meanwhile. */
  | 'expired'
  | 'used';

export type SignInOutcome =
  | {
      readonly kind: 'signed_in';
      readonly purpose: SignInPurpose;
      readonly key: AccountKey;
      /** The secret of the browser's session cookie. */
      readonly session: string;
    }
  /** Google has to ask once more, for a refresh token: send the same browser there again. */
  | { readonly kind: 'again'; readonly url: string }
  /** `email` is that of whoever was refused. */
  | { readonly kind: SignInFailure; readonly purpose: SignInPurpose; readonly email?: string }
  /** Not this browser's. */
  | { readonly kind: 'unknown' };

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
