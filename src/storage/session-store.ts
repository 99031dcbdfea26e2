// Session tokens that a service key created for a person, and browsers in which somebody signed in. Only a hash of each secret
// is stored, and the rows are deleted with their account.
import type { AccountKey } from '../model/account-key.ts';
import { accountExists, type Rows } from './protected-rows.ts';
import type { SessionsTable } from './schema.ts';

/** Times in milliseconds since the epoch. */
interface SessionRecord {
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
  /** Of one person; expired ones too, until they are swept. */
  list(key: AccountKey): Promise<SessionRecord[]>;
  /** False: this person has no such session. */
  remove(key: AccountKey, id: string): Promise<boolean>;
  removeAll(key: AccountKey): Promise<void>;
}

const toRecord = (row: SessionsTable): SessionRecord => ({
  id: row.id,
  secretHash: row.secret_hash,
  key: named(row),
  apiKeyId: row.api_key_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

export const createSessionStore = (rows: Rows): SessionStore => ({
  add: ({ id, secretHash, key, apiKeyId, createdAt, expiresAt }) =>
    rows.insert(
      'sessions',
      {
        id,
        secret_hash: secretHash,
        ...named(key),
        api_key_id: apiKeyId,
        created_at: createdAt,
        expires_at: expiresAt,
      },
      accountExists(key),
    ),
  find: async (id) => {
    const row = await rows.find('sessions', { id });
    return row && toRecord(row);
  },
  list: async (key) => (await rows.list('sessions', named(key), ['created_at', 'id'])).map(toRecord),
  remove: async ({ realm, identifier }, id) => {
    const ofPerson = rows.db.deleteFrom('sessions').where('realm', '=', realm).where('identifier', '=', identifier);
    return (await ofPerson.where('id', '=', id).executeTakeFirst()).numDeletedRows > 0n;
  },
  removeAll: async ({ realm, identifier }) => {
    await rows.db.deleteFrom('sessions').where('realm', '=', realm).where('identifier', '=', identifier).execute();
  },
});

/** Nothing else of whatever has a realm and an identifier. */
const named = ({ realm, identifier }: AccountKey): AccountKey => ({ realm, identifier });

/** `hash` is SHA-256 in hex, made by the caller; times in milliseconds since the epoch. */
interface BrowserSessionRecord {
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
