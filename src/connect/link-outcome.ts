// How a link can end, in values: what Google's redirect brings, and what becomes of it. Does nothing.
import type { Account, GoogleIdentity } from '../model/account.ts';
import type { Capability } from '../model/scope.ts';

export type DeadLink = { readonly kind: 'used' } | { readonly kind: 'expired' } | { readonly kind: 'unknown' };

export type Finish =
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

export interface Callback {
  readonly state?: string;
  readonly code?: string;
  readonly error?: string;
  /** RFC 9207: which authorization server answers. */
  readonly iss?: string;
  /** The secret of this ticket's cookie. */
  readonly browser?: string;
}
