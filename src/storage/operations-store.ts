// Queries over more than one account: lists, counts, accounts with the same Google account, rotation and cleaning up. Never
// reads a sealed column, except to seal it again.

import { type SqlBool, sql } from 'kysely';
import type { RandomBytes } from '../lib/clock.ts';
import { type Account, type AccountState, accountStatus } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import {
  type AccountPage,
  type AccountPageRequest,
  countOfAccounts,
  pageOfAccounts,
  type RowFilter,
} from './account-page.ts';
import { noGrant, toAccount, toCapabilities } from './account-rows.ts';
import { keepExpiredRoundsMs } from './authorization-round-store.ts';
import { createCheckStore } from './check-store.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import { accountLock } from './engine.ts';
import { erasePendingGrants } from './pending-grant-store.ts';
import type { Rows } from './protected-rows.ts';
import type { ProtectedTable } from './protected-tables.ts';
import { sweepRateLimits } from './rate-limit-store.ts';
import type { RefusedRow } from './row-macs.ts';
import { type Resealed, type ResealPosition, reseal } from './sealed-columns.ts';
import type { Sealer } from './sealer.ts';
import { sweepCounts } from './token-endpoint-store.ts';
import { sweepDeliveries } from './webhooks/backlog.ts';

interface AccountListFilter {
  readonly realm?: string;
  readonly most?: number;
  readonly fits?: (account: Account) => boolean;
}

export interface OperationsStore {
  /** In the order of realm and identifier; with `most` the first so many that fit. Holds all of them in memory. */
  listAccounts(filter?: AccountListFilter): Promise<Account[]>;
  /** A page of the accounts of a realm that fit, in the order of their identifiers. */
  pageOfAccounts(realm: string, request: AccountPageRequest): Promise<AccountPage>;
  /** How many accounts of a realm fit. */
  countOfAccounts(realm: string, filter: RowFilter): Promise<number>;
  /** How many other accounts hold a grant of this Google account, pending ones too, through whatever OAuth client. */
  othersWithGrantOf(googleSub: string, except: AccountKey, now: number): Promise<number>;
  /** As accounts show it to the outside: `accountStatus`. */
  countsByStatus(): Promise<Record<AccountState['status'], number>>;
  /**
   * Seals and signs anew with the current key what another one sealed or signed; the former keys are needed too. Ends after
   * `batch` such rows: repeat it from where it says, until the end. It may be interrupted and begin anew at any time, beside
   * processes that read and write.
   */
  reseal(batch: number, from?: ResealPosition): Promise<Resealed>;
  /** Every row that does not count, because Postern did not write it as it is. */
  refusedRows(): Promise<RefusedRow[]>;
  /** Deletes those of these rows that still do not count, and what belongs to them. */
  discardRefused(refused: readonly RefusedRow[]): Promise<void>;
  /** ACTIVE accounts of Google accounts for which at least so many refresh tokens were given here. */
  manyRefreshTokens(atLeast: number): Promise<Account[]>;
  /**
   * Deletes sessions and the authorization server's records that ran out; erases pending grants that ran out, and the
   * grants of accounts that ended a day ago; deletes them, tickets and downloads that ran out more than a day ago,
   * authorization rounds more than an hour; buckets of rate limits that are full again; accounts whose retention time is over; and events that died a week ago, or
   * that are too many. `now` in milliseconds. Does nothing while another process does it.
   */
  sweep(now: number): Promise<void>;
}

/** Until then a page can still say "this link has run out" rather than "there is no such link". Milliseconds. */
const keepExpiredMs = 24 * 60 * 60_000;

/** How long the grant of an account that became REVOKED is kept, where it is (refresh-store.ts). Milliseconds. */
const keepEndedGrantsMs = 24 * 60 * 60_000;

/** Longer than a sweep of any size takes; after it another process sweeps, should the one have been killed. Milliseconds. */
const sweepLeaseMs = 10 * 60_000;

export const createOperationsStore = (
  rows: Rows,
  sealer: Sealer,
  { random, retentionMs }: { readonly random: RandomBytes; readonly retentionMs?: number | undefined },
): OperationsStore => ({
  listAccounts: async (filter = {}) => {
    const { realm, most = Number.POSITIVE_INFINITY, fits = () => true } = filter;
    const accounts: Account[] = [];
    for await (const row of rows.each('accounts', realm === undefined ? undefined : { realm, identifier: '' })) {
      if (accounts.length >= most || (realm !== undefined && row.realm !== realm)) break;
      const account = toAccount(row);
      if (fits(account)) accounts.push(account);
    }
    return accounts;
  },
  pageOfAccounts: (realm, request) => pageOfAccounts(rows, realm, request),
  countOfAccounts: (realm, filter) => countOfAccounts(rows, realm, filter),
  othersWithGrantOf: async (googleSub, except, now) => {
    const isOther = ({ realm, identifier }: AccountKey) => realm !== except.realm || identifier !== except.identifier;
    // As the index says it: SQLite takes it only then.
    const ofGrants = sql<SqlBool>`google_sub = ${googleSub} and status = 'ACTIVE' and access_token is not null`;
    const holding = (await rows.list('accounts', ofGrants)).filter((account) => account.google_sub === googleSub);
    const waiting = await rows.list('pending_grants', { google_sub: googleSub });
    const others = [
      ...holding.filter((account) => account.access_token !== null),
      ...waiting.filter((pending) => pending.expires_at > now),
    ];
    return others.filter(isOther).length;
  },
  countsByStatus: async () => {
    const of = [
      'status',
      'requested_scopes',
      'granted_scopes',
      'refused_capabilities',
      'allowed_capabilities',
    ] as const;
    const found = await rows.db
      .selectFrom('accounts')
      .select(({ fn }) => [...of, fn.countAll<number>().as('accounts')])
      .groupBy(of)
      .execute();
    const counts = { PENDING: 0, ACTIVE: 0, REVOKED: 0 };
    for (const { accounts, ...row } of found) {
      // Of a grant that has not ended, it is what can be read with it that counts.
      const state = { status: 'ACTIVE' } as const;
      counts[row.status === 'ACTIVE' ? accountStatus({ state, ...toCapabilities(row) }).status : row.status] +=
        accounts;
    }
    return counts;
  },
  manyRefreshTokens: async (atLeast) => {
    const many = sql<SqlBool>`status = 'ACTIVE' and refresh_tokens_issued >= ${atLeast}`;
    return (await rows.list('accounts', many, ['realm', 'identifier'])).map(toAccount);
  },
  reseal: (batch, from) => reseal(rows, sealer, batch, from),
  refusedRows: () => rows.allRefused(),
  discardRefused: async (refused) => {
    for (const row of refused) await rows.removeRefused(row);
    rows.hooks.erased();
  },
  sweep: async (now) => {
    const leases = createCheckStore(rows.db);
    const holder = Buffer.from(random(12)).toString('base64url');
    if (!(await leases.takeLease('sweep', holder, now, now + sweepLeaseMs))) return;
    try {
      await sweep(rows, now, retentionMs);
    } finally {
      await leases.releaseLease('sweep', holder);
    }
  },
});

const sweep = async (rows: Rows, now: number, retentionMs: number | undefined): Promise<void> => {
  const before = now - keepExpiredMs;
  const ranOut = (table: ProtectedTable, beforeThen: number): Promise<void> =>
    deleteInBatches(rows, table, sql<SqlBool>`expires_at < ${beforeThen}`);
  await ranOut('tickets', before);
  await ranOut('downloads', before);
  await ranOut('authorization_rounds', now - keepExpiredRoundsMs);
  await ranOut('idempotency_keys', now + 1);
  await ranOut('sessions', now + 1);
  await ranOut('browser_sessions', now + 1);
  await ranOut('authorization_records', now + 1);
  await sweepCounts(rows, now);
  await sweepRateLimits(rows, now);
  await sweepDeliveries(rows, now);
  await eraseEndedGrants(rows, now);
  await erasePendingGrants(rows, now);
  await ranOut('pending_grants', before);
  if (retentionMs !== undefined) await deleteForgotten(rows, now - retentionMs, now);
  rows.hooks.erased();
};

/**
 * Accounts that have been without a grant since before `since` go, with every row that names them (foreign keys), unless
 * somebody is connecting just now. Under each one's lock: an account that gets a grant meanwhile stays.
 */
const deleteForgotten = async (rows: Rows, since: number, now: number): Promise<void> => {
  const forgotten = sql<SqlBool>`status <> 'ACTIVE' and state_since < ${since} and not exists (
    select 1 from tickets
    where tickets.realm = accounts.realm and tickets.identifier = accounts.identifier and expires_at > ${now})`;
  const found = await sql<AccountKey>`select realm, identifier from accounts where ${forgotten}`.execute(rows.db);
  for (const { realm, identifier } of found.rows)
    await rows.transaction(accountLock({ realm, identifier }), (transaction) =>
      transaction.remove('accounts', sql<SqlBool>`realm = ${realm} and identifier = ${identifier} and ${forgotten}`),
    );
};

const eraseEndedGrants = (rows: Rows, now: number): Promise<void> => {
  const until = now - keepEndedGrantsMs;
  const due = sql<SqlBool>`status = 'REVOKED' and access_token is not null and state_since <= ${until}`;
  return rows.changeAll('accounts', due, (row) =>
    row.status === 'REVOKED' && row.state_since <= until ? noGrant : undefined,
  );
};
