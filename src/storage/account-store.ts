// One person's account and grant; every method takes the account key first. Every write names the version it read, so
// that of two writers exactly one succeeds. What crosses people is in operations-store.ts, what a refresh writes in
// refresh-store.ts.

import type { Clock } from '../lib/clock.ts';
import type { Account, AccountState, PendingReason, Pins } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Capability, Refusals } from '../model/capability.ts';
import { StorageError } from '../model/storage-error.ts';
import {
  type Grant,
  grantChange,
  noGrant,
  noIdentity,
  openGrant,
  type StoredGrant,
  stateChange,
  toAccount,
  updateAccount,
} from './account-rows.ts';
import { connectionOfNewAccount, connectionsInUse } from './connection-store.ts';
import { accountLock } from './engine.ts';
import type { Rows } from './protected-rows.ts';
import type { AccountsTable } from './schema.ts';
import type { Sealer } from './sealer.ts';
import { type RefusalCause, rowRefused } from './storage-error.ts';
import { countLiving } from './token-endpoint-store.ts';

/**
 * Only an ACTIVE account's grant is given out. `refused`: there is a row, but the sealing key does not open it, or somebody
 * else than Postern wrote it; nothing of it counts.
 */
export type GrantReading =
  | { readonly kind: 'grant'; readonly account: Account; readonly grant: StoredGrant }
  | { readonly kind: 'none'; readonly account: Account | undefined }
  | { readonly kind: 'refused'; readonly account: undefined; readonly cause: RefusalCause };

/** A write answers with the account it made, or `undefined`: the account is gone, or somebody else wrote first. */
export interface AccountStore {
  /** Undefined also where the row is refused: nothing of it counts. */
  find(key: AccountKey): Promise<Account | undefined>;
  /**
   * A new account is PENDING, `never_connected`, and has these settings; concurrent calls make one, with the settings of
   * one of them. One that exists stays as it is.
   * @param connection what it is connected through, for life; absent: what its realm says
   * @throws StorageError `row_refused` or `wrong_key` where there is a row that is refused, or no such connection
   */
  getOrCreate(key: AccountKey, settings?: Partial<AccountSettings>, connection?: string): Promise<Account>;
  /** Replaces all pins. */
  setPins(key: AccountKey, version: number, pins: Pins): Promise<Account | undefined>;
  /** Replaces all settings; with `state` the grant ends in the same statement, as `setState` would end it. */
  setSettings(
    key: AccountKey,
    version: number,
    settings: AccountSettings,
    state?: AccountState & { readonly status: 'PENDING' },
  ): Promise<Account | undefined>;
  /** What Google's APIs refuse under this grant; a newer one is left alone. */
  setRefusals(
    key: AccountKey,
    at: { readonly accountVersion: number; readonly grantVersion: number },
    refusals: Refusals,
  ): Promise<Account | undefined>;
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

/** What the operator or a product says of an account, whether it is connected or not. */
export interface AccountSettings {
  readonly pins: Pins;
  readonly extraCapabilities: readonly Capability[];
}

const markUsedEveryMs = 60_000;

/** Of making an account that is not there when it is looked for: each means that somebody deleted it in between. */
const mostTries = 20;

export const createAccountStore = (rows: Rows, sealer: Sealer, clock: Clock): AccountStore => {
  const { db } = rows;
  const at = ({ realm, identifier }: AccountKey) => ({ realm, identifier });

  const find = async (key: AccountKey): Promise<Account | undefined> => {
    const row = await rows.find('accounts', at(key));
    return row && toAccount(row);
  };

  const update = (
    key: AccountKey,
    version: number,
    change: (row: AccountsTable) => Partial<AccountsTable>,
    ticketHash?: string,
  ) => {
    const of = { accountVersion: version, ticketHash };
    return updateAccount(rows, key, of, change, clock.now());
  };

  return {
    find,
    getOrCreate: async (key, settings = {}, connection = undefined) => {
      for (let tries = 0; tries < mostTries; tries++) {
        const present = await find(key);
        if (present !== undefined) return present;
        const cause = await rows.refusal('accounts', at(key));
        if (cause !== undefined) throw rowRefused(cause);
        await create(rows, at(key), { ...settings, connection }, clock.now());
      }
      throw new StorageError('busy', 'An account is deleted as often as it is made. Try again in a few seconds.');
    },
    setPins: (key, version, pins) => update(key, version, () => pinsChange(pins)),
    setSettings: async (key, version, { pins, extraCapabilities }, state) => {
      const account = await update(key, version, () => ({
        ...pinsChange(pins),
        ...extraCapabilitiesChange(extraCapabilities),
        ...(state === undefined ? {} : endChange(state)),
      }));
      if (state !== undefined) rows.hooks.erased();
      return account;
    },
    setRefusals: (key, of, refusals) => {
      const refused_capabilities = Object.keys(refusals).length === 0 ? null : JSON.stringify(refusals);
      return updateAccount(rows, key, of, () => ({ refused_capabilities }), clock.now());
    },
    readGrant: async (key) => {
      const row = await rows.find('accounts', at(key));
      if (row === undefined) {
        const cause = await rows.refusal('accounts', at(key));
        return cause === undefined ? { kind: 'none', account: undefined } : refused(cause);
      }
      const account = toAccount(row);
      if (row.status !== 'ACTIVE') return { kind: 'none', account };
      const grant = openGrant(row, sealer);
      return grant === undefined ? refused('unknown_key') : { kind: 'grant', account, grant };
    },
    saveGrant: async (key, version, grant, ofTicket) => {
      const now = clock.now();
      const of = { googleSub: grant.google.sub, clientId: grant.clientId, now };
      const refresh_tokens_issued = await countLiving(db, sealer, of);
      let replaced = false;
      const change = (present: AccountsTable) => {
        replaced = present.access_token !== null;
        const made = grantChange(key, grant, present.grant_version + 1, sealer, now);
        return { ...made, ...agesOfSameToken(present, made), refresh_tokens_issued };
      };
      const saved = await update(key, version, change, ofTicket);
      if (replaced) rows.hooks.erased();
      return saved;
    },
    setState: async (key, version, state) => {
      const account = await update(key, version, () =>
        state.status === 'ACTIVE' ? stateChange(state) : endChange(state),
      );
      rows.hooks.erased();
      return account;
    },
    markUsed: async (key, when) => {
      // Looking first spares the write lock, which every process shares.
      const row = await rows.find('accounts', at(key));
      if (row === undefined || (row.last_used_at ?? 0) + markUsedEveryMs > when) return;
      await db
        .updateTable('accounts')
        .set({ last_used_at: when })
        .where('realm', '=', key.realm)
        .where('identifier', '=', key.identifier)
        .execute();
    },
    remove: async (key) => {
      const removed = await remove(rows, key);
      rows.hooks.erased();
      if (removed) rows.hooks.accountChanged(key);
      return removed;
    },
  };
};

const refused = (cause: RefusalCause): GrantReading => ({ kind: 'refused', account: undefined, cause });

const pinsChange = (pins: Pins) => ({
  expected_email: pins.expectedEmail ?? null,
  expected_domain: pins.expectedDomain ?? null,
  expected_sub: pins.expectedSub ?? null,
});

const extraCapabilitiesChange = (capabilities: readonly Capability[]) => ({
  asked_capabilities: capabilities.length === 0 ? null : JSON.stringify(capabilities),
});

/** Of an account that was disconnected, or is to be another mailbox's, nothing of Google's is kept. */
const forgetsIdentity: readonly string[] = ['disconnected', 'pins_changed'] satisfies PendingReason[];

const endChange = (state: Exclude<AccountState, { readonly status: 'ACTIVE' }>): Partial<AccountsTable> => ({
  ...stateChange(state),
  ...noGrant,
  ...(forgetsIdentity.includes(state.reason) ? noIdentity : {}),
});

/** A refresh token that serves on after a reconnect is as old as before, and was not exercised by it. */
const agesOfSameToken = (present: AccountsTable, change: Partial<AccountsTable>): Partial<AccountsTable> => {
  const token = change.refresh_token_double_sha512;
  if (token === undefined || token === null || token !== present.refresh_token_double_sha512) return {};
  const { granted_at, refreshed_at, refresh_token_expires_at } = present;
  return {
    granted_at,
    refreshed_at,
    refresh_token_expires_at: change.refresh_token_expires_at ?? refresh_token_expires_at,
  };
};

/** Does nothing where somebody else made it first. */
const create = (
  rows: Rows,
  key: AccountKey,
  {
    pins = {},
    extraCapabilities = [],
    connection,
  }: Partial<AccountSettings> & { readonly connection: string | undefined },
  now: number,
): Promise<boolean> =>
  // A connection that is being removed is gone before, or found to be used.
  rows.transaction(connectionsInUse, async (transaction) =>
    transaction.insert('accounts', {
      ...key,
      ...pinsChange(pins),
      ...extraCapabilitiesChange(extraCapabilities),
      ...(await connectionOfNewAccount(transaction, key.realm, connection)),
      // Not 1: an account that was deleted and made again must never meet a version of its former life, or a refresh
      // still under way from then would write the former person's token here.
      version: now,
      status: 'PENDING',
      reason: 'never_connected',
      state_since: now,
      created_at: now,
      grant_version: now,
    }),
  );

/** Tickets, downloads and sessions go with the account (foreign keys); an API key may be older than the account it is for. */
const remove = (rows: Rows, { realm, identifier }: AccountKey): Promise<boolean> =>
  rows.transaction(accountLock({ realm, identifier }), async (transaction) => {
    await transaction.db
      .deleteFrom('api_keys')
      .where('realm', '=', realm)
      .where('identifier', '=', identifier)
      .execute();
    return (await transaction.remove('accounts', { realm, identifier })) > 0;
  });
