// Session tokens: minted with a service key for one person, for minutes to hours, so that a product's agent needs no
// key. They end by time, with their key, with the account, or when told. Knows nothing of HTTP.

import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { SessionStore } from '../storage/index.ts';
import { newToken } from './secret-token.ts';

/** How long a session may last, in seconds. */
export const sessionSeconds = { least: 60, most: 24 * 60 * 60, usual: 60 * 60 } as const;

export interface NewSession {
  /** Shown once; only its hash is kept. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Sessions {
  /** A session of this person, made with the service key `apiKeyId`; undefined when there is no such account. */
  mint(key: AccountKey, apiKeyId: string, seconds: number): Promise<NewSession | undefined>;
  /** Ends every session of this person, whichever key made it. */
  endAll(key: AccountKey): Promise<void>;
}

export const createSessions = (store: SessionStore, random: RandomBytes, clock: Clock): Sessions => ({
  mint: async (key, apiKeyId, seconds) => {
    const { id, text, secretHash } = newToken('session', random);
    const createdAt = clock.now();
    const expiresAt = createdAt + seconds * 1000;
    const added = await store.add({ id, secretHash, key, apiKeyId, createdAt, expiresAt });
    return added ? { token: text, expiresAt } : undefined;
  },
  endAll: (key) => store.removeAll(key),
});
