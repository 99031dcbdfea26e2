// Grants that wait until the product confirms who completed the link (`verify_url`). Found by the hash of their
// `auth_request_id` only; every end erases the tokens.
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import type { Account } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Grant } from './account-rows.ts';
import { createAccountStore } from './account-store.ts';
import { accountLock } from './engine.ts';
import type { Rows } from './protected-rows.ts';
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
   * `raced`: the account is no longer at this version; `ended`: somebody else ended the pending grant first.
   */
  confirm(hash: string, accountVersion: number, grant: Grant, now: number): Promise<Account | 'raced' | 'ended'>;
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

export const toPendingGrantView = (row: PendingGrantsTable): PendingGrantView => ({
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

const insert = async (rows: Rows, sealer: Sealer, pending: PendingGrant): Promise<void> => {
  const { grant, emailVerified } = pending;
  const sealed: Sealed = { grant, emailVerified };
  await rows.insert('pending_grants', {
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
  });
};

export const createPendingGrantStore = (rows: Rows, sealer: Sealer, clock: Clock): PendingGrantStore => {
  const waiting = async (in_: Rows, hash: string, now: number): Promise<PendingGrantsTable | undefined> => {
    const row = await in_.find('pending_grants', { hash });
    return row?.status === 'waiting' && row.expires_at > now ? row : undefined;
  };

  return {
    add: (pending) =>
      rows.transaction(accountLock(pending.key), async (transaction) => {
        await erasePendingGrants(transaction, pending.createdAt);
        if ((await createAccountStore(transaction, sealer, clock).find(pending.key)) === undefined) return false;
        await insert(transaction, sealer, pending);
        return true;
      }),
    find: async (hash) => {
      const row = await rows.find('pending_grants', { hash });
      return row && toPendingGrantView(row);
    },
    open: async (hash, now) => {
      const row = await waiting(rows, hash, now);
      if (row === undefined || row.sealed_grant === null) return undefined;
      const view = toPendingGrantView(row);
      const opened = sealer.open(row.sealed_grant, placeInPendingGrants(view));
      if (opened === undefined) return undefined;
      const sealed: Sealed = JSON.parse(opened);
      return { ...view, ...sealed };
    },
    confirm: async (hash, accountVersion, grant, now) => {
      const read = await waiting(rows, hash, now);
      if (read === undefined) return 'ended';
      const raced = new Error('Somebody else wrote to the account first.');
      const confirmed = rows.transaction(accountLock(read), async (transaction) => {
        const row = await waiting(transaction, hash, now);
        if (row === undefined) return 'ended';
        // First: whoever refuses it at this moment waits for the end of this transaction, and finds it confirmed.
        const ended = await transaction.change('pending_grants', { hash }, endAs('confirmed'));
        if (ended === undefined) return 'ended';
        const accounts = createAccountStore(transaction, sealer, clock);
        const saved = await accounts.saveGrant(toPendingGrantView(row).key, accountVersion, grant);
        // It is not confirmed then: the transaction is undone.
        if (saved === undefined) throw raced;
        await endAll(transaction, saved.key);
        return saved;
      });
      try {
        return await confirmed;
      } catch (error) {
        if (error === raced) return 'raced';
        throw error;
      } finally {
        rows.hooks.erased();
      }
    },
    refuse: async (hash) => {
      const refused = await rows.change('pending_grants', { hash }, endAs('refused'));
      rows.hooks.erased();
      return refused !== undefined;
    },
    voidAll: (key) => endAll(rows, key),
    eraseExpired: (now) => erasePendingGrants(rows, now),
  };
};

/** Ends one that waits, and erases its grant. */
const endAs =
  (status: Exclude<PendingGrantStatus, 'waiting'>) =>
  (row: PendingGrantsTable): Partial<PendingGrantsTable> | undefined =>
    row.status === 'waiting' ? { status, sealed_grant: null, google_sub: null } : undefined;

const endAll = (rows: Rows, { realm, identifier }: AccountKey): Promise<void> =>
  rows.changeAll('pending_grants', { realm, identifier, status: 'waiting' }, endAs('void'));

/** Erases the tokens of those that nobody confirmed in time. `now` in milliseconds. */
export const erasePendingGrants = (rows: Rows, now: number): Promise<void> =>
  rows.changeAll('pending_grants', sql<SqlBool>`status = 'waiting' and expires_at <= ${now}`, endAs('expired'));
