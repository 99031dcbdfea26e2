// The authenticated party on a transport, already resolved to one account key.
import type { AccountKey } from './account-key.ts';
import type { McpScope } from './mcp-scope.ts';

/**
 * How it is made sure that the person who completes a link is the one it was made for:
 * `loopback` by being on this machine, `pinned` by the account's pins, `verify_url` by the product that made
 * the link (or by pins, where the account has any), `signed_in` by the person's sign-in in the same browser, which
 * comes before the link leads to Google, `unverified` not at all (the operator opted out).
 */
export type LinkPolicy = 'loopback' | 'pinned' | 'verify_url' | 'signed_in' | 'unverified';

/** The query parameter with which a browser comes to a product's `verify_url`. */
export const authRequestParameter = 'auth_request_id';

export interface Caller {
  readonly key: AccountKey;
  readonly credential: 'stdio' | 'user_key' | 'service_key' | 'session_token' | 'access_token';
  readonly linkPolicy: LinkPolicy;
  /** The API key the call came with, or its session was made with. */
  readonly apiKeyId?: string;
  /** What an account gets that is made for this call: its API key says so. Absent: what its realm says. */
  readonly connection?: string;
  /** What an access token allows its client; absent for every other credential, which allows all. */
  readonly scopes?: readonly McpScope[];
}
