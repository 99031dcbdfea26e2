// The authenticated party on a transport, already resolved to one account key.
import type { AccountKey } from './account-key.ts';

/**
 * How it is made sure that the person who completes a link is the one it was made for (DESIGN §9):
 * `loopback` by being on this machine, `pinned` by the account's pins, `unverified` not at all (the operator opted out).
 */
export type LinkPolicy = 'loopback' | 'pinned' | 'unverified';

export interface Caller {
  readonly key: AccountKey;
  readonly credential: 'stdio' | 'user_key' | 'service_key';
  readonly linkPolicy: LinkPolicy;
}
