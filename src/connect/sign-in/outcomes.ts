// What signing in in a browser is about, in values: why somebody signs in, and how it ends. Google (google.ts)
// and another issuer (issuer.ts) are two ways to do it. Does nothing.
import type { AccountKey } from '../../model/account-key.ts';
import type { Capability } from '../../model/scope.ts';
import type { Callback } from '../link-outcome.ts';

/** What a browser signs in for. */
export type SignInPurpose =
  /** An MCP client wants to act for the person; `interaction` is the authorization server's name of its request. */
  | { readonly kind: 'client'; readonly interaction: string; readonly capabilities: readonly Capability[] }
  /** The person opened a link, whose secret this is, and it has to be seen whether it is theirs. */
  | { readonly kind: 'link'; readonly ticket: string };

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

export type SignInFinish =
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
  /** No such sign-in, or not this browser's. */
  | { readonly kind: 'unknown' };

/** A browser's way to an identity provider and back, for one realm. */
export interface SignIn {
  readonly realm: string;
  /** What the enabled tools can work with. */
  readonly capabilities: readonly Capability[];
  /** The name of the cookie that binds a sign-in for this to a browser. */
  cookieFor(purpose: SignInPurpose): string;
  /**
   * Records that this browser goes to sign in, and says where. `browser` is the secret in the cookie.
   * `asAnother`: whoever is signed in there already is not meant.
   * @returns undefined where the provider cannot be reached
   */
  begin(request: {
    readonly purpose: SignInPurpose;
    readonly browser: string;
    readonly asAnother?: boolean;
  }): Promise<{ readonly url: string; readonly cookie: string } | undefined>;
  /** The name of the cookie of a sign-in; undefined for an unknown state, and on another origin than it was begun on. */
  cookieOf(state: string, origin: string): Promise<string | undefined>;
  /** The redirect back: exactly one callback per sign-in gets as far as the code exchange. */
  finish(callback: Callback): Promise<SignInFinish>;
}
