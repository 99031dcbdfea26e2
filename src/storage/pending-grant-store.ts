// Grants that wait until the product confirms who completed the link (`verify_url`). Found by the hash of their
// `auth_request_id` only; every end erases the tokens. Knows nothing of products and HTTP.
import type { Account } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Clock } from '../model/clock.ts';
import type { Grant } from './account-rows.ts';
import { createAccountStore } from './account-store.ts';
import type { Database } from './database.ts';
import type { PendingGrantsTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

/** waiting → confirmed, refused (the wrong person, or an account that does not fit), expired or void (disconnected). */
export type PendingGrantStatus = PendingGrantsTable['status'];

/** What may be known without opening the grant. `hash` is SHA-256 in hex; times in milliseconds since the epoch. */
export interface PendingGrantView {
  readonly hash: string;
  readonly key: AccountKey;
  readonly ticketHash: string;
  /** The API key that made the link; no other may look at this or confirm it. */
  readonly apiKeyId: string;
  readonly status: PendingGrantStatus;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface PendingGrant extends Omit<PendingGrantView, 'status'> {
  readonly grant: Grant;
  readonly emailVerified: boolean;
}

export interface PendingGrantStore {
  /** False when the account is gone. */
  add(pending: PendingGrant): Promise<boolean>;
  find(hash: string): Promise<PendingGrantView | undefined>;
  /** One that waits, with its grant; undefined when it is over, or the sealing key does not open it. */
  open(hash: string, now: number): Promise<PendingGrant | undefined>;
  /**
   * Makes the grant the account's and ends its other pending ones, in one transaction.
   * `raced`: the account is no longer at this version; `over`: somebody else ended the pending grant first.
   */
  confirm(hash: string, accountVersion: number, grant: Grant, now: number): Promise<Account | 'raced' | 'over'>;
  /** Ends one that waits and erases its grant; false when it does not wait. */
  refuse(hash: string): Promise<boolean>;
  /** Ends all of an account. */
  voidAll(key: AccountKey): Promise<void>;
  /** Erases the tokens of those that nobody confirmed in time. `now` in milliseconds. */
  eraseExpired(now: number): Promise<void>;
}

type Bound = Pick<PendingGrantView, 'hash' | 'key' | 'ticketHash' | 'apiKeyId'>;

/** Bound to the ticket and the API key as well: a row that names another one does not open. */
export const placeInPendingGrants = ({ hash, key, ticketHash, apiKeyId }: Bound): SealedPlace => ({
  table: 'pending_grants',
  column: 'sealed_grant',
  key,
  grantVersion: 0,
  row: JSON.stringify([hash, ticketHash, apiKeyId]),
});

export const toPendingGrantView = (row: Omit<PendingGrantsTable, 'sealed_grant'>): PendingGrantView => ({
  hash: row.hash,
  key: { realm: row.realm, identifier: row.identifier },
  ticketHash: row.ticket_hash,
  apiKeyId: row.api_key_id,
  status: row.status,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

/** What lies sealed in one column. */
type Sealed = Pick<PendingGrant, 'grant' | 'emailVerified'>;

const over = (status: Exclude<PendingGrantStatus, 'waiting'>) => ({ status, sealed_grant: null, google_sub: null });

const insert = async (db: Database, sealer: Sealer, pending: PendingGrant): Promise<void> => {
  const { grant, emailVerified } = pending;
  const sealed: Sealed = { grant, emailVerified };
  await db
    .insertInto('pending_grants')
    .values({
      hash: pending.hash,
      realm: pending.key.realm,
      identifier: pending.key.identifier,
      ticket_hash: pending.ticketHash,
      api_key_id: pending.apiKeyId,
      status: 'waiting',
      created_at: pending.createdAt,
      expires_at: pending.expiresAt,
      google_sub: grant.google.sub,
      sealed_grant: sealer.seal(JSON.stringify(sealed), placeInPendingGrants(pending)),
    })
    .execute();
};

export const createPendingGrantStore = (db: Database, sealer: Sealer, clock: Clock): PendingGrantStore => {
  const waiting = (in_: Database, hash: string, now: number) =>
    in_
      .selectFrom('pending_grants')
      .selectAll()
      .where('hash', '=', hash)
      .where('status', '=', 'waiting')
      .where('expires_at', '>', now)
      .executeTakeFirst();

  return {
    add: (pending) =>
      db.transaction().execute(async (transaction) => {
        await erasePendingGrants(transaction, pending.createdAt);
        if ((await createAccountStore(transaction, sealer, clock).find(pending.key)) === undefined) return false;
        await insert(transaction, sealer, pending);
        return true;
      }),
    find: async (hash) => {
      const row = await db.selectFrom('pending_grants').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row && toPendingGrantView(row);
    },
    open: async (hash, now) => {
      const row = await waiting(db, hash, now);
      if (row === undefined || row.sealed_grant === null) return undefined;
      const view = toPendingGrantView(row);
      const opened = sealer.open(row.sealed_grant, placeInPendingGrants(view));
      if (opened === undefined) return undefined;
      const sealed: Sealed = JSON.parse(opened);
      return { ...view, ...sealed };
    },
    confirm: (hash, accountVersion, grant, now) =>
      db.transaction().execute(async (transaction) => {
        const row = await waiting(transaction, hash, now);
        if (row === undefined) return 'over';
        const accounts = createAccountStore(transaction, sealer, clock);
        const saved = await accounts.saveGrant(toPendingGrantView(row).key, accountVersion, grant);
        if (saved === undefined) return 'raced';
        await end(transaction, 'confirmed').where('hash', '=', hash).execute();
        await endAll(transaction, saved.key);
        return saved;
      }),
    refuse: async (hash) => {
      const { numUpdatedRows } = await end(db, 'refused').where('hash', '=', hash).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    voidAll: (key) => endAll(db, key),
    eraseExpired: (now) => erasePendingGrants(db, now),
  };
};

const end = (db: Database, status: Exclude<PendingGrantStatus, 'waiting'>) =>
  db.updateTable('pending_grants').set(over(status)).where('status', '=', 'waiting');

const endAll = async (db: Database, { realm, identifier }: AccountKey): Promise<void> => {
  await end(db, 'void').where('realm', '=', realm).where('identifier', '=', identifier).execute();
};

/** Erases the tokens of those that nobody confirmed in time. `now` in milliseconds. */
export const erasePendingGrants = async (db: Database, now: number): Promise<void> => {
  await end(db, 'expired').where('expires_at', '<=', now).execute();
};
