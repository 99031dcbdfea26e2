// One person's account and grant; every method takes the account key first. Every write names the version it read, so
// that of two writers exactly one succeeds. Knows no other person (operations-store.ts), no OAuth, and leaves what a refresh
// writes to refresh-store.ts.
import type { Account, AccountState, Pins } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Clock } from '../model/clock.ts';
import {
  accountColumns,
  type Grant,
  noGrant,
  noIdentity,
  openGrant,
  type StoredGrant,
  toAccount,
} from './account-rows.ts';
import { grantChange, stateChange, updateAccount } from './account-writes.ts';
import type { Database } from './database.ts';
import { countLiving } from './refresh-token-count.ts';
import type { AccountsTable } from './schema.ts';
import type { Sealer } from './sealer.ts';

/** Only an ACTIVE account's grant is given out. `unsealable`: there is one, but the sealing key does not open it, or it was moved here from elsewhere. */
export type GrantReading =
  | { readonly kind: 'grant'; readonly account: Account; readonly grant: StoredGrant }
  | { readonly kind: 'none'; readonly account: Account | undefined }
  | { readonly kind: 'unsealable'; readonly account: Account };

/** A write answers with the account it made, or `undefined`: the account is gone, or somebody else wrote first. */
export interface AccountStore {
  find(key: AccountKey): Promise<Account | undefined>;
  /** A new account is PENDING, `never_connected`; concurrent calls make one. */
  getOrCreate(key: AccountKey): Promise<Account>;
  /** Replaces all pins. */
  setPins(key: AccountKey, version: number, pins: Pins): Promise<Account | undefined>;
  readGrant(key: AccountKey): Promise<GrantReading>;
  /**
   * Makes the account ACTIVE with a new grant, which replaces the present one. `ofTicket` is the hash of the redeemed
   * ticket that brought it: one that was ended meanwhile brings nothing.
   */
  saveGrant(key: AccountKey, version: number, grant: Grant, ofTicket?: string): Promise<Account | undefined>;
  /**
   * PENDING and REVOKED erase the grant in the same statement. The Google identity stays, so that a reconnect can be
   * compared with it, unless the account was disconnected: then nothing of Google's is kept.
   */
  setState(key: AccountKey, version: number, state: AccountState): Promise<Account | undefined>;
  /** Does not change the version; writes at most once a minute. `at` in milliseconds. */
  markUsed(key: AccountKey, at: number): Promise<void>;
  /** Deletes the account and every row of every table that names it; false when there was none. */
  remove(key: AccountKey): Promise<boolean>;
}

const markUsedEveryMs = 60_000;

export const createAccountStore = (db: Database, sealer: Sealer, clock: Clock): AccountStore => {
  const select = (key: AccountKey) =>
    db.selectFrom('accounts').where('realm', '=', key.realm).where('identifier', '=', key.identifier);

  const update = (key: AccountKey, version: number, change: Partial<AccountsTable>, ticketHash?: string) => {
    const at = { accountVersion: version, ...(ticketHash === undefined ? {} : { ticketHash }) };
    return updateAccount(db, key, at, change, clock.now());
  };

  const find = async (key: AccountKey): Promise<Account | undefined> => {
    const row = await select(key).select(accountColumns).executeTakeFirst();
    return row && toAccount(row);
  };

  return {
    find,
    getOrCreate: async (key) => (await find(key)) ?? create(db, key, clock.now()),
    setPins: (key, version, pins) =>
      update(key, version, {
        expected_email: pins.expectedEmail ?? null,
        expected_domain: pins.expectedDomain ?? null,
        expected_sub: pins.expectedSub ?? null,
      }),
    readGrant: async (key) => {
      const row = await select(key).selectAll().executeTakeFirst();
      if (row === undefined) return { kind: 'none', account: undefined };
      const account = toAccount(row);
      if (row.status !== 'ACTIVE') return { kind: 'none', account };
      const grant = openGrant(row, sealer);
      return grant === undefined ? { kind: 'unsealable', account } : { kind: 'grant', account, grant };
    },
    saveGrant: async (key, version, grant, ofTicket) => {
      const present = await select(key).where('version', '=', version).select(presentGrant).executeTakeFirst();
      if (present === undefined) return undefined;
      const now = clock.now();
      const of = { googleSub: grant.google.sub, clientId: grant.clientId, now };
      const change = grantChange(key, grant, present.grant_version + 1, sealer, now);
      const refresh_tokens_issued = await countLiving(db, sealer, of);
      return update(key, version, { ...change, ...agesOfSameToken(present, change), refresh_tokens_issued }, ofTicket);
    },
    setState: (key, version, state) =>
      update(key, version, {
        ...stateChange(state),
        ...(state.status === 'ACTIVE' ? {} : noGrant),
        ...(state.status === 'PENDING' && state.reason === 'disconnected' ? noIdentity : {}),
      }),
    markUsed: async (key, at) => {
      // Looking first spares the write lock, which every process shares.
      const row = await select(key).select('last_used_at').executeTakeFirst();
      if (row === undefined || (row.last_used_at ?? 0) + markUsedEveryMs > at) return;
      await db
        .updateTable('accounts')
        .set({ last_used_at: at })
        .where('realm', '=', key.realm)
        .where('identifier', '=', key.identifier)
        .execute();
    },
    remove: (key) => remove(db, key),
  };
};

const presentGrant = [
  'grant_version',
  'granted_at',
  'refreshed_at',
  'refresh_token_expires_at',
  'refresh_token_double_sha512',
] as const satisfies readonly (keyof AccountsTable)[];

/** A refresh token that serves on after a reconnect is as old as before, and was not exercised by it. */
const agesOfSameToken = (
  present: Pick<AccountsTable, (typeof presentGrant)[number]>,
  change: Partial<AccountsTable>,
): Partial<AccountsTable> => {
  const token = change.refresh_token_double_sha512;
  if (token === undefined || token === null || token !== present.refresh_token_double_sha512) return {};
  const { granted_at, refreshed_at, refresh_token_expires_at } = present;
  return {
    granted_at,
    refreshed_at,
    refresh_token_expires_at: change.refresh_token_expires_at ?? refresh_token_expires_at,
  };
};

const create = async (db: Database, key: AccountKey, now: number): Promise<Account> => {
  const row = await db
    .insertInto('accounts')
    .values({
      ...key,
      // Not 1: an account that was deleted and made again must never meet a version of its former life, or a refresh
      // still under way from then would write the former person's token here.
      version: now,
      status: 'PENDING',
      reason: 'never_connected',
      state_since: now,
      created_at: now,
      grant_version: now,
    })
    // Changes nothing, but makes the statement answer with the row that somebody else made first.
    .onConflict((conflict) => conflict.columns(['realm', 'identifier']).doUpdateSet({ realm: key.realm }))
    .returning(accountColumns)
    .executeTakeFirstOrThrow();
  return toAccount(row);
};

/** Tickets, downloads and sessions go with the account (foreign keys); an API key may be older than the account it is for. */
const remove = (db: Database, key: AccountKey): Promise<boolean> =>
  db.transaction().execute(async (transaction) => {
    const deleteFrom = (table: 'api_keys' | 'accounts') =>
      transaction
        .deleteFrom(table)
        .where('realm', '=', key.realm)
        .where('identifier', '=', key.identifier)
        .executeTakeFirst();
    await deleteFrom('api_keys');
    return (await deleteFrom('accounts')).numDeletedRows > 0n;
  });
