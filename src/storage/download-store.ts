// Single-use download links for attachments, found by hashes only. Holds no bytes.
import { sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import { accountExists, type Rows } from './protected-rows.ts';
import type { Database, DownloadsTable } from './schema.ts';

/** `hash` is SHA-256 of the link's secret in hex, `size` is in bytes, `expiresAt` in milliseconds since the epoch. */
export interface DownloadRecord {
  readonly hash: string;
  readonly key: AccountKey;
  readonly grantVersion: number;
  readonly messageId: string;
  readonly partId: string;
  readonly fileName: string;
  readonly mimeType: string;
  readonly size: number;
  readonly expiresAt: number;
}

/** Times in milliseconds. */
export interface DownloadStore {
  /**
   * Only the newest `mostOpen` links of an account that are neither used nor expired stay. Of one that is gone there are
   * none, also when it was deleted a moment ago.
   */
  add(record: DownloadRecord, mostOpen: number): Promise<void>;
  /** A link that is neither used nor expired; changes nothing. */
  find(hash: string, now: number): Promise<DownloadRecord | undefined>;
  /** Keeps the link for one GET until `until`; others get nothing meanwhile. */
  claim(hash: string, now: number, until: number): Promise<DownloadRecord | undefined>;
  /** The GET failed: the link may be used again. */
  release(hash: string): Promise<void>;
  /** The file was delivered: the link is used up. */
  complete(hash: string, now: number): Promise<void>;
}

const toRecord = (row: DownloadsTable): DownloadRecord => ({
  hash: row.hash,
  key: { realm: row.realm, identifier: row.identifier },
  grantVersion: row.grant_version,
  messageId: row.message_id,
  partId: row.part_id,
  fileName: row.file_name,
  mimeType: row.mime_type,
  size: row.size,
  expiresAt: row.expires_at,
});

const insert = async (rows: Rows, record: DownloadRecord): Promise<void> => {
  const { sequence } = await rows.db
    .selectFrom('downloads')
    .select(sql<number>`coalesce(max(sequence), 0) + 1`.as('sequence'))
    .where('realm', '=', record.key.realm)
    .where('identifier', '=', record.key.identifier)
    .executeTakeFirstOrThrow();
  const row = {
    hash: record.hash,
    realm: record.key.realm,
    identifier: record.key.identifier,
    grant_version: record.grantVersion,
    message_id: record.messageId,
    part_id: record.partId,
    file_name: record.fileName,
    mime_type: record.mimeType,
    size: record.size,
    expires_at: record.expiresAt,
    sequence,
  };
  await rows.insert('downloads', row, accountExists(record.key));
};

/** How many links are removed by one call at most. */
const atOnce = 100;

/** Links of one account live equally long, so those that end first are the oldest. */
const removeOldest = async (db: Database, { key }: DownloadRecord, mostOpen: number): Promise<void> => {
  const tooMany = await db
    .selectFrom('downloads')
    .select('hash')
    .where('realm', '=', key.realm)
    .where('identifier', '=', key.identifier)
    .where('completed_at', 'is', null)
    .orderBy('expires_at', 'desc')
    .orderBy('sequence', 'desc')
    .limit(atOnce)
    .offset(mostOpen)
    .execute();
  // Looking first spares the write lock, which every process shares.
  if (tooMany.length === 0) return;
  const hashes = tooMany.map(({ hash }) => hash);
  await db.deleteFrom('downloads').where('hash', 'in', hashes).execute();
};

/** Neither used nor expired. */
const isOpen = (row: DownloadsTable, now: number): boolean => row.completed_at === null && row.expires_at > now;

export const createDownloadStore = (rows: Rows): DownloadStore => ({
  add: async (record, mostOpen) => {
    await insert(rows, record);
    await removeOldest(rows.db, record, mostOpen);
  },
  find: async (hash, now) => {
    const row = await rows.find('downloads', { hash });
    return row && isOpen(row, now) ? toRecord(row) : undefined;
  },
  claim: async (hash, now, until) => {
    const row = await rows.change('downloads', { hash }, (present) =>
      isOpen(present, now) && (present.claimed_until ?? now) <= now ? { claimed_until: until } : undefined,
    );
    return row && toRecord(row);
  },
  release: async (hash) => {
    await rows.change('downloads', { hash }, () => ({ claimed_until: null }));
  },
  complete: async (hash, now) => {
    await rows.change('downloads', { hash }, () => ({ completed_at: now }));
  },
});
