// The authenticated party on a transport, already resolved to one account key.
import type { AccountKey } from './account-key.ts';

/**
 * How it is made sure that the person who completes a link is the one it was made for:
 * `loopback` by being on this machine, `pinned` by the account's pins, `verify_url` by the product that made
 * the link (or by pins, where the account has any), `unverified` not at all (the operator opted out).
 */
export type LinkPolicy = 'loopback' | 'pinned' | 'verify_url' | 'unverified';

/** The query parameter with which a browser comes to a product's `verify_url`. */
export const authRequestParameter = 'auth_request_id';

export interface Caller {
  readonly key: AccountKey;
  readonly credential: 'stdio' | 'user_key' | 'service_key' | 'session_token';
  readonly linkPolicy: LinkPolicy;
  /** The service key the call came with, or its session was made with, where that key confirms who completed its links. */
  readonly apiKeyId?: string;
}
