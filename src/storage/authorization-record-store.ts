// What the embedded authorization server keeps between requests. Its ids are live credentials, so none is stored: rows
// are found by hashes, and payloads are sealed.
import { createHash } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { AccountKey } from '../model/account-key.ts';
import { accountLock, type LockName } from './engine.ts';
import { hasAccount, type Rows } from './protected-rows.ts';
import type { AuthorizationRecordsTable, Database } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

export interface AuthorizationRecord {
  /** Which kind of record, e.g. `RefreshToken`; ids are unique within it. */
  readonly model: string;
  readonly id: string;
  /** Plain JSON; the store seals it. */
  readonly payload: string;
  /** The grant it was made under. The record of model `Grant` whose id this is need not name itself. */
  readonly grantId?: string;
  readonly uid?: string;
  readonly owner?: AccountKey;
  /** Milliseconds since the epoch; never when absent. */
  readonly expiresAt?: number;
}

export interface FoundRecord {
  readonly payload: string;
  /** Milliseconds since the epoch. */
  readonly consumedAt?: number;
}

/** Nobody finds, consumes or counts a record from the millisecond it expires. */
export interface AuthorizationRecordStore {
  /** Makes or replaces one, which stays consumed if it was. False, and nothing changes: its owner's account does not exist. */
  put(record: AuthorizationRecord): Promise<boolean>;
  /** Also a consumed one; undefined too where the sealing key does not open it, or it was moved here from elsewhere. */
  find(model: string, id: string): Promise<FoundRecord | undefined>;
  findByUid(model: string, uid: string): Promise<FoundRecord | undefined>;
  /** Exactly one of many callers gets true. False: consumed before, or gone. */
  consume(model: string, id: string): Promise<boolean>;
  remove(model: string, id: string): Promise<void>;
  /** Removes the grant and every record made under it. */
  removeGrant(grantId: string): Promise<void>;
  /** Removes every record of this account. */
  removeOf(owner: AccountKey): Promise<void>;
  /** Whether the grant with this hash (`grantHashOf`) is there and is this account's. */
  grantIsLive(grantHash: string, owner: AccountKey): Promise<boolean>;
  count(model: string): Promise<number>;
  /** Removes the one of nobody's that expires first, if it does so until then (milliseconds). False: there is none. */
  makeRoom(model: string, until: number): Promise<boolean>;
}

/** SHA-256 in hex; the first part keeps hashes of different things apart. */
const hashOf = (what: 'id' | 'uid', model: string, value: string): string =>
  createHash('sha256')
    .update(JSON.stringify([`postern authorization record ${what}`, model, value]))
    .digest('hex');

/** Names a grant where its id must not be shown. SHA-256 in hex. */
export const grantHashOf = (grantId: string): string => hashOf('id', 'Grant', grantId);

/** Sealed for whoever the row says that it is, so that it does not open in a row that was given to somebody else. */
export const placeInAuthorizationRecords = (
  row: Pick<AuthorizationRecordsTable, 'id_hash' | 'realm' | 'identifier'>,
): SealedPlace => ({
  table: 'authorization_records',
  column: 'payload',
  key: { realm: row.realm ?? '', identifier: row.identifier ?? '' },
  grantVersion: 0,
  row: row.id_hash,
});

const isUnexpired = ({ expires_at: expiresAt }: AuthorizationRecordsTable, now: number): boolean =>
  expiresAt === null || expiresAt > now;

export const createAuthorizationRecordStore = (rows: Rows, sealer: Sealer, clock: Clock): AuthorizationRecordStore => {
  const { db } = rows;

  const open = (row: AuthorizationRecordsTable | undefined): FoundRecord | undefined => {
    if (row === undefined || !isUnexpired(row, clock.now())) return undefined;
    const payload = sealer.open(row.payload, placeInAuthorizationRecords(row));
    if (payload === undefined) return undefined;
    return { payload, consumedAt: row.consumed_at ?? undefined };
  };

  return {
    put: (record) => put(rows, sealer, record, clock.now()),
    find: async (model, id) => open(await rows.find('authorization_records', { id_hash: hashOf('id', model, id) })),
    findByUid: async (model, uid) => {
      const found = await rows.list('authorization_records', { uid_hash: hashOf('uid', model, uid) }, ['created_at']);
      return open(found.findLast((row) => isUnexpired(row, clock.now())));
    },
    consume: async (model, id) => {
      const now = clock.now();
      const consumed = await rows.change('authorization_records', { id_hash: hashOf('id', model, id) }, (row) =>
        row.consumed_at === null && isUnexpired(row, now) ? { consumed_at: now } : undefined,
      );
      return consumed !== undefined;
    },
    remove: async (model, id) => {
      await db
        .deleteFrom('authorization_records')
        .where('id_hash', '=', hashOf('id', model, id))
        .execute();
    },
    removeGrant: async (grantId) => {
      const hash = grantHashOf(grantId);
      await db
        .deleteFrom('authorization_records')
        .where(({ or, eb }) => or([eb('grant_hash', '=', hash), eb('id_hash', '=', hash)]))
        .execute();
    },
    removeOf: async ({ realm, identifier }) => {
      await db
        .deleteFrom('authorization_records')
        .where('realm', '=', realm)
        .where('identifier', '=', identifier)
        .execute();
    },
    grantIsLive: async (grantHash, { realm, identifier }) =>
      open(await rows.find('authorization_records', { id_hash: grantHash, realm, identifier })) !== undefined,
    count: async (model) => {
      const now = clock.now();
      const counted = db
        .selectFrom('authorization_records')
        .where('model', '=', model)
        .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]));
      const { records } = await counted
        .select(({ fn }) => fn.countAll<number>().as('records'))
        .executeTakeFirstOrThrow();
      return records;
    },
    makeRoom: (model, until) =>
      rows.transaction({ of: ['authorization records', model] }, (transaction) =>
        makeRoom(transaction.db, model, clock.now(), until),
      ),
  };
};

const makeRoom = async (db: Database, model: string, now: number, until: number): Promise<boolean> => {
  const { numDeletedRows } = await db
    .deleteFrom('authorization_records')
    .where('id_hash', '=', ({ selectFrom }) =>
      selectFrom('authorization_records')
        .select('id_hash')
        .where('model', '=', model)
        .where('realm', 'is', null)
        .where('expires_at', '>', now)
        .where('expires_at', '<=', until)
        .orderBy('expires_at')
        .limit(1),
    )
    .executeTakeFirst();
  return numDeletedRows > 0n;
};

/** In one transaction, so that nothing is kept for an account that is deleted meanwhile. */
const put = (rows: Rows, sealer: Sealer, record: AuthorizationRecord, now: number): Promise<boolean> => {
  const { model, id, grantId, uid, owner, expiresAt } = record;
  const row = {
    id_hash: hashOf('id', model, id),
    realm: owner?.realm ?? null,
    identifier: owner?.identifier ?? null,
  };
  const values = {
    ...row,
    payload: sealer.seal(record.payload, placeInAuthorizationRecords(row)),
    grant_hash: grantId === undefined ? null : grantHashOf(grantId),
    uid_hash: uid === undefined ? null : hashOf('uid', model, uid),
    expires_at: expiresAt ?? null,
  };
  const { id_hash } = row;
  const recordLock: LockName = { of: ['authorization record', id_hash] };
  return rows.transaction(owner === undefined ? recordLock : accountLock(owner), async (transaction) => {
    if (owner !== undefined) await transaction.lock(recordLock);
    if (owner !== undefined && !(await hasAccount(transaction, owner))) return false;
    if (await transaction.change('authorization_records', { id_hash }, () => values)) return true;
    const insert = () => transaction.insert('authorization_records', { ...values, model, created_at: now });
    if (await insert()) return true;
    // A row that does not count must not keep this one from being written.
    await transaction.db.deleteFrom('authorization_records').where('id_hash', '=', id_hash).execute();
    return insert();
  });
};
