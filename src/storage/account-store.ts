// One person's account and grant; every method takes the account key first. Every write names the version it read, so
// that of two writers exactly one succeeds. Knows no other person (operations-store.ts) and nothing of OAuth.
import { sql } from 'kysely';
import type { Account, AccountState, Pins } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Clock } from '../model/clock.ts';
import {
  accountColumns,
  type Grant,
  noGrant,
  noIdentity,
  openGrant,
  placeInAccounts,
  type StoredGrant,
  toAccount,
} from './account-rows.ts';
import type { Database } from './database.ts';
import { refreshTokenIdentifiers } from './refresh-token-identifiers.ts';
import type { AccountsTable } from './schema.ts';
import type { Sealer } from './sealer.ts';

/** `unsealable`: there is a grant, but the sealing key does not open it, or it was moved here from elsewhere. */
export type GrantReading =
  | { readonly kind: 'grant'; readonly account: Account; readonly grant: StoredGrant }
  | { readonly kind: 'none'; readonly account: Account | undefined }
  | { readonly kind: 'unsealable'; readonly account: Account };

/** What a refresh brought; what is absent stays as it is. Times in milliseconds. */
export interface RefreshedTokens {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken?: string;
  readonly refreshTokenExpiresAt?: number;
  readonly grantedScopes?: readonly string[];
}

/** A write answers with the account it made, or `undefined`: the account is gone, or somebody else wrote first. */
export interface AccountStore {
  find(key: AccountKey): Promise<Account | undefined>;
  /** A new account is PENDING, `never_connected`; concurrent calls make one. */
  getOrCreate(key: AccountKey): Promise<Account>;
  /** Replaces all pins. */
  setPins(key: AccountKey, version: number, pins: Pins): Promise<Account | undefined>;
  readGrant(key: AccountKey): Promise<GrantReading>;
  /** Makes the account ACTIVE with a new grant, which replaces the present one. */
  saveGrant(key: AccountKey, version: number, grant: Grant): Promise<Account | undefined>;
  /** Keeps refreshed tokens of the present grant. */
  saveRefreshed(
    key: AccountKey,
    at: { readonly accountVersion: number; readonly grantVersion: number },
    tokens: RefreshedTokens,
  ): Promise<Account | undefined>;
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

  /** The one way an account changes: one statement that names the version it read. */
  const update = async (
    key: AccountKey,
    at: { accountVersion: number; grantVersion?: number },
    change: Partial<AccountsTable>,
  ): Promise<Account | undefined> => {
    const row = await db
      .updateTable('accounts')
      .set({ ...change, version: at.accountVersion + 1 })
      .$if(change.status !== undefined, (query) => query.set(stateSince(change, clock.now())))
      .where('realm', '=', key.realm)
      .where('identifier', '=', key.identifier)
      .where('version', '=', at.accountVersion)
      .$if(at.grantVersion !== undefined, (query) => query.where('grant_version', '=', at.grantVersion ?? 0))
      .returning(accountColumns)
      .executeTakeFirst();
    return row && toAccount(row);
  };

  const find = async (key: AccountKey): Promise<Account | undefined> => {
    const row = await select(key).select(accountColumns).executeTakeFirst();
    return row && toAccount(row);
  };

  return {
    find,
    getOrCreate: async (key) => (await find(key)) ?? create(db, key, clock.now()),
    setPins: (key, version, pins) =>
      update(
        key,
        { accountVersion: version },
        {
          expected_email: pins.expectedEmail ?? null,
          expected_domain: pins.expectedDomain ?? null,
          expected_sub: pins.expectedSub ?? null,
        },
      ),
    readGrant: async (key) => {
      const row = await select(key).selectAll().executeTakeFirst();
      if (row === undefined) return { kind: 'none', account: undefined };
      const account = toAccount(row);
      if (row.access_token === null) return { kind: 'none', account };
      const grant = openGrant(row, sealer);
      return grant === undefined ? { kind: 'unsealable', account } : { kind: 'grant', account, grant };
    },
    saveGrant: async (key, version, grant) => {
      const present = await select(key).where('version', '=', version).select('grant_version').executeTakeFirst();
      if (present === undefined) return undefined;
      const grantVersion = present.grant_version + 1;
      return update(key, { accountVersion: version }, grantChange(key, grant, grantVersion, sealer, clock.now()));
    },
    saveRefreshed: (key, at, tokens) =>
      update(key, at, refreshChange(key, tokens, at.grantVersion, sealer, clock.now())),
    setState: (key, version, state) =>
      update(
        key,
        { accountVersion: version },
        state.status === 'ACTIVE'
          ? { status: state.status, reason: null }
          : {
              ...noGrant,
              ...(state.reason === 'disconnected' ? noIdentity : {}),
              status: state.status,
              reason: state.reason,
            },
      ),
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

/** A state that is set again keeps the time since which it holds. */
const stateSince = (change: Partial<AccountsTable>, now: number) => ({
  state_since: sql<number>`case when status = ${change.status} and reason is ${change.reason ?? null} then state_since else ${now} end`,
});

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

const grantChange = (
  key: AccountKey,
  grant: Grant,
  grantVersion: number,
  sealer: Sealer,
  now: number,
): Partial<AccountsTable> => ({
  ...noGrant,
  ...refreshChange(key, grant, grantVersion, sealer, now),
  status: 'ACTIVE',
  reason: null,
  grant_version: grantVersion,
  requested_scopes: JSON.stringify(grant.requestedScopes),
  client_id: grant.clientId,
  token_endpoint: grant.tokenEndpoint,
  google_sub: grant.google.sub,
  google_email: grant.google.email,
  google_hosted_domain: grant.google.hostedDomain ?? null,
  granted_at: now,
  connected_at: now,
});

const refreshChange = (
  key: AccountKey,
  tokens: RefreshedTokens,
  grantVersion: number,
  sealer: Sealer,
  now: number,
): Partial<AccountsTable> => ({
  access_token: sealer.seal(tokens.accessToken, placeInAccounts(key, 'access_token', grantVersion)),
  access_token_expires_at: tokens.accessTokenExpiresAt,
  refreshed_at: now,
  ...(tokens.refreshToken === undefined
    ? {}
    : {
        refresh_token: sealer.seal(tokens.refreshToken, placeInAccounts(key, 'refresh_token', grantVersion)),
        ...refreshTokenIdentifiers(tokens.refreshToken, sealer),
      }),
  ...(tokens.refreshTokenExpiresAt === undefined ? {} : { refresh_token_expires_at: tokens.refreshTokenExpiresAt }),
  ...(tokens.grantedScopes === undefined ? {} : { granted_scopes: JSON.stringify(tokens.grantedScopes) }),
});

/** Tickets and downloads go with the account (foreign keys); an API key may be older than the account it is for. */
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
