// Session tokens, of which only a hash of the secret is kept. They go with their account and with their API key.
// Knows neither the form of a token nor what it may do.
import type { AccountKey } from '../model/account-key.ts';
import type { Database } from './database.ts';

/** Times in milliseconds since the epoch. */
export interface SessionRecord {
  readonly id: string;
  readonly secretHash: string;
  readonly key: AccountKey;
  /** The service key it was made with. */
  readonly apiKeyId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SessionStore {
  /** False when the account does not exist, also when it was deleted a moment ago. */
  add(record: SessionRecord): Promise<boolean>;
  /** Expired ones too, until they are swept. */
  find(id: string): Promise<SessionRecord | undefined>;
  removeAll(key: AccountKey): Promise<void>;
}

export const createSessionStore = (db: Database): SessionStore => ({
  add: async ({ id, secretHash, key, apiKeyId, createdAt, expiresAt }) => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('sessions')
      .columns(['id', 'secret_hash', 'realm', 'identifier', 'api_key_id', 'created_at', 'expires_at'])
      .expression((eb) =>
        eb
          .selectFrom('accounts')
          .select((row) => [
            row.val(id).as('id'),
            row.val(secretHash).as('secret_hash'),
            'realm',
            'identifier',
            row.val(apiKeyId).as('api_key_id'),
            row.val(createdAt).as('created_at'),
            row.val(expiresAt).as('expires_at'),
          ])
          .where('realm', '=', key.realm)
          .where('identifier', '=', key.identifier),
      )
      .executeTakeFirst();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  },
  find: async (id) => {
    const row = await db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst();
    return (
      row && {
        id: row.id,
        secretHash: row.secret_hash,
        key: { realm: row.realm, identifier: row.identifier },
        apiKeyId: row.api_key_id,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
      }
    );
  },
  removeAll: async ({ realm, identifier }) => {
    await db.deleteFrom('sessions').where('realm', '=', realm).where('identifier', '=', identifier).execute();
  },
});
