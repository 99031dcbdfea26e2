// API keys, of which only a hash of the secret is kept.
import type { AccountKey } from '../model/account-key.ts';
import { connectionsInUse, rowOfConnection } from './connection-store.ts';
import type { Rows } from './protected-rows.ts';
import type { ApiKeysTable, Schema } from './schema.ts';

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
  /** What pages call the product whose key this is; with kind `service` only. */
  readonly productName?: string;
  readonly createdAt: number;
  readonly revokedAt?: number;
  readonly lastUsedAt?: number;
}

/** A picture, checked by whoever stores it. */
export interface ProductLogo {
  readonly mediaType: Schema['product_logos']['media_type'];
  /** Base64. */
  readonly data: string;
}

export interface ApiKeyStore {
  /**
   * Adds a key, and the logo of its product where there is one.
   * @throws StorageError where it names a connection that is not there
   */
  add(record: Omit<ApiKeyRecord, 'revokedAt' | 'lastUsedAt'>, logo?: ProductLogo): Promise<void>;
  findLogo(id: string): Promise<ProductLogo | undefined>;
  find(id: string): Promise<ApiKeyRecord | undefined>;
  /** Oldest first, revoked ones too. */
  list(): Promise<ApiKeyRecord[]>;
  /** The user keys of one person, likewise. */
  listOf(key: AccountKey): Promise<ApiKeyRecord[]>;
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
  productName: row.product_name ?? undefined,
  createdAt: row.created_at,
  revokedAt: row.revoked_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
});

const addKey = async (rows: Rows, record: Parameters<ApiKeyStore['add']>[0]): Promise<void> => {
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
    product_name: record.productName ?? null,
    created_at: record.createdAt,
  });
  if (!added) throw new TypeError('there is an API key with this id');
};

export const createApiKeyStore = (rows: Rows): ApiKeyStore => {
  const find = async (id: string): Promise<ApiKeyRecord | undefined> => {
    const row = await rows.find('api_keys', { id });
    return row && toRecord(row);
  };

  return {
    find,
    add: (record, logo) =>
      // A connection that is being removed is gone before, or found to be used.
      rows.transaction(connectionsInUse, async (transaction) => {
        if (record.connection !== undefined) await rowOfConnection(transaction, record.connection);
        await addKey(transaction, record);
        if (logo !== undefined)
          await transaction.insert('product_logos', {
            api_key_id: record.id,
            media_type: logo.mediaType,
            data: logo.data,
          });
      }),
    findLogo: async (id) => {
      const row = await rows.find('product_logos', { api_key_id: id });
      return row && { mediaType: row.media_type, data: row.data };
    },
    list: async () => {
      const all = await rows.list('api_keys', {}, ['created_at', 'id']);
      return all.map(toRecord);
    },
    listOf: async ({ realm, identifier }) => {
      const keys = await rows.list('api_keys', { kind: 'user', realm, identifier }, ['created_at', 'id']);
      return keys.map(toRecord);
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
