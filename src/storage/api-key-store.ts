// API keys, of which only a hash of the secret is kept.
import type { Rows } from './protected-rows.ts';
import type { ApiKeysTable } from './schema.ts';

/** Times in milliseconds since the epoch. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly kind: 'user' | 'service';
  readonly realm: string;
  /** Whose key it is; with kind `user` only. */
  readonly identifier?: string;
  readonly label?: string;
  readonly secretHash: string;
  readonly unverifiedLinks: boolean;
  /** Where browsers go so that the product confirms who completed a link; with kind `service` only. */
  readonly verifyUrl?: string;
  /** Which connection accounts get that are made with it; the realm's when absent. */
  readonly connection?: string;
  /** Where links of this key may send browsers back to (lib/return-url.ts); with kind `service` only. */
  readonly returnUrls?: readonly string[];
  readonly createdAt: number;
  readonly revokedAt?: number;
  readonly lastUsedAt?: number;
}

export interface ApiKeyStore {
  add(record: Omit<ApiKeyRecord, 'revokedAt' | 'lastUsedAt'>): Promise<void>;
  find(id: string): Promise<ApiKeyRecord | undefined>;
  /** Oldest first, revoked ones too. */
  list(): Promise<ApiKeyRecord[]>;
  /** False when there is no such key, or it was revoked before. */
  revoke(id: string, at: number): Promise<boolean>;
  /** Writes at most once a minute. */
  markUsed(id: string, at: number): Promise<void>;
}

const markUsedEveryMs = 60_000;

const toRecord = (row: ApiKeysTable): ApiKeyRecord => ({
  id: row.id,
  kind: row.kind,
  realm: row.realm,
  identifier: row.identifier ?? undefined,
  label: row.label ?? undefined,
  secretHash: row.secret_hash,
  unverifiedLinks: row.unverified_links === 1,
  verifyUrl: row.verify_url ?? undefined,
  connection: row.connection ?? undefined,
  returnUrls: row.return_urls === null ? undefined : JSON.parse(row.return_urls),
  createdAt: row.created_at,
  revokedAt: row.revoked_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
});

export const createApiKeyStore = (rows: Rows): ApiKeyStore => {
  const find = async (id: string): Promise<ApiKeyRecord | undefined> => {
    const row = await rows.find('api_keys', { id });
    return row && toRecord(row);
  };

  return {
    find,
    add: async (record) => {
      const added = await rows.insert('api_keys', {
        id: record.id,
        kind: record.kind,
        realm: record.realm,
        identifier: record.identifier ?? null,
        label: record.label ?? null,
        secret_hash: record.secretHash,
        unverified_links: record.unverifiedLinks ? 1 : 0,
        verify_url: record.verifyUrl ?? null,
        connection: record.connection ?? null,
        return_urls: record.returnUrls === undefined ? null : JSON.stringify(record.returnUrls),
        created_at: record.createdAt,
      });
      if (!added) throw new TypeError('there is an API key with this id');
    },
    list: async () => {
      const all = await rows.list('api_keys', {}, ['created_at', 'id']);
      return all.map(toRecord);
    },
    revoke: async (id, at) => {
      const revoked = await rows.change('api_keys', { id }, (row) =>
        row.revoked_at === null ? { revoked_at: at } : undefined,
      );
      return revoked !== undefined;
    },
    markUsed: async (id, at) => {
      // Looking first spares the write lock, which every process shares.
      const record = await find(id);
      if (record === undefined || (record.lastUsedAt ?? 0) + markUsedEveryMs > at) return;
      await rows.db.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', id).execute();
    },
  };
};
