// Who signed in in a browser, found by the hash of its cookie's secret. They go with their account. Knows no cookies.
import type { AccountKey } from '../model/account-key.ts';
import { accountExists, type Rows } from './protected-rows.ts';

/** `hash` is SHA-256 in hex, made by the caller; times in milliseconds since the epoch. */
export interface BrowserSessionRecord {
  readonly hash: string;
  readonly key: AccountKey;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface BrowserSessionStore {
  /** False when the account does not exist, also when it was deleted a moment ago. */
  add(record: BrowserSessionRecord): Promise<boolean>;
  /** Only before it expires. */
  find(hash: string, now: number): Promise<BrowserSessionRecord | undefined>;
}

export const createBrowserSessionStore = (rows: Rows): BrowserSessionStore => ({
  add: ({ hash, key: { realm, identifier }, createdAt, expiresAt }) =>
    rows.insert(
      'browser_sessions',
      { hash, realm, identifier, created_at: createdAt, expires_at: expiresAt },
      accountExists({ realm, identifier }),
    ),
  find: async (hash, now) => {
    const row = await rows.find('browser_sessions', { hash });
    if (row === undefined || row.expires_at <= now) return undefined;
    return {
      hash: row.hash,
      key: { realm: row.realm, identifier: row.identifier },
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    };
  },
});
