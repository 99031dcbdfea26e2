// Who signed in in a browser, found by the hash of its cookie's secret. They go with their account. Knows no cookies.
import type { AccountKey } from '../model/account-key.ts';
import type { Database } from './database.ts';

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

export const createBrowserSessionStore = (db: Database): BrowserSessionStore => ({
  add: async ({ hash, key, createdAt, expiresAt }) => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('browser_sessions')
      .columns(['hash', 'realm', 'identifier', 'created_at', 'expires_at'])
      .expression((eb) =>
        eb
          .selectFrom('accounts')
          .select((row) => [
            row.val(hash).as('hash'),
            'realm',
            'identifier',
            row.val(createdAt).as('created_at'),
            row.val(expiresAt).as('expires_at'),
          ])
          .where('realm', '=', key.realm)
          .where('identifier', '=', key.identifier),
      )
      .executeTakeFirst();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  },
  find: async (hash, now) => {
    const row = await db
      .selectFrom('browser_sessions')
      .selectAll()
      .where('hash', '=', hash)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return (
      row && {
        hash: row.hash,
        key: { realm: row.realm, identifier: row.identifier },
        createdAt: row.created_at,
        expiresAt: row.expires_at,
      }
    );
  },
});
