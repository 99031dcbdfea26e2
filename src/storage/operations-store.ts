// What crosses people: lists, counts, siblings, rotation and cleaning up. Never reads a sealed column, except to reseal it.

import type { Account, AccountState } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { accountColumns, noGrant, toAccount } from './account-rows.ts';
import type { Database } from './database.ts';
import { erasePendingGrants } from './pending-grant-store.ts';
import { sweepCounts } from './refresh-token-count.ts';
import { type Resealed, reseal } from './reseal.ts';
import type { Sealer } from './sealer.ts';
import { keepExpiredSignInsMs } from './sign-in-store.ts';

export interface OperationsStore {
  /** In the order of realm and identifier. */
  listAccounts(filter?: { readonly realm?: string }): Promise<Account[]>;
  /** How many other accounts hold a grant of this Google account, pending ones too, through whatever OAuth client. */
  othersWithGrantOf(googleSub: string, except: AccountKey, now: number): Promise<number>;
  countsByStatus(): Promise<Record<AccountState['status'], number>>;
  /**
   * Seals up to `batch` rows anew with the current key of `sealer`, which also needs the former keys. Repeat it until
   * nothing remains; it may stop and go on at any time, beside processes that read and write.
   */
  reseal(sealer: Sealer, batch: number): Promise<Resealed>;
  /** ACTIVE accounts of this client whose refresh token was last used at or before `until`: one page, in an order. */
  longUnused(
    of: { readonly clientId: string; readonly tokenEndpoint: string; readonly until: number },
    page: { readonly size: number; readonly after?: AccountKey },
  ): Promise<AccountKey[]>;
  /** ACTIVE accounts of Google accounts for which at least so many refresh tokens were given here. */
  manyRefreshTokens(atLeast: number): Promise<Account[]>;
  /**
   * Deletes sessions and the authorization server's records that ran out; erases pending grants that ran out, and the
   * grants of accounts that ended a day ago; deletes
   * them, tickets and downloads that ran out more than a day ago, sign-ins more than an hour; and accounts whose retention time is over.
   * `now` in milliseconds.
   */
  sweep(now: number): Promise<void>;
}

/** Until then a page can still say "this link has run out" rather than "there is no such link". Milliseconds. */
const keepExpiredMs = 24 * 60 * 60_000;

/** How long the grant of an account that became REVOKED is kept, where it is (refresh-store.ts). Milliseconds. */
const keepEndedGrantsMs = 24 * 60 * 60_000;

export const createOperationsStore = (db: Database, retentionMs?: number): OperationsStore => ({
  listAccounts: async (filter = {}) => {
    const { realm } = filter;
    const rows = await db
      .selectFrom('accounts')
      .select(accountColumns)
      .$if(realm !== undefined, (query) => query.where('realm', '=', realm ?? ''))
      .orderBy('realm')
      .orderBy('identifier')
      .execute();
    return rows.map(toAccount);
  },
  othersWithGrantOf: async (googleSub, except, now) => {
    const others = (table: 'accounts' | 'pending_grants') =>
      db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('others'))
        .where('google_sub', '=', googleSub)
        .where(({ or, eb }) => or([eb('realm', '!=', except.realm), eb('identifier', '!=', except.identifier)]));
    const holding = await others('accounts')
      .where('status', '=', 'ACTIVE')
      .where('access_token', 'is not', null)
      .executeTakeFirstOrThrow();
    const waiting = await others('pending_grants').where('expires_at', '>', now).executeTakeFirstOrThrow();
    return holding.others + waiting.others;
  },
  countsByStatus: async () => {
    const rows = await db
      .selectFrom('accounts')
      .select(({ fn }) => ['status', fn.countAll<number>().as('accounts')])
      .groupBy('status')
      .execute();
    const counts = { PENDING: 0, ACTIVE: 0, REVOKED: 0 };
    for (const { status, accounts } of rows) counts[status] = accounts;
    return counts;
  },
  longUnused: (of, page) => longUnused(db, of, page),
  manyRefreshTokens: async (atLeast) => {
    const rows = await db
      .selectFrom('accounts')
      .select(accountColumns)
      .where('status', '=', 'ACTIVE')
      .where('refresh_tokens_issued', '>=', atLeast)
      .orderBy('realm')
      .orderBy('identifier')
      .execute();
    return rows.map(toAccount);
  },
  reseal: (sealer, batch) => reseal(db, sealer, batch),
  sweep: async (now) => {
    const before = now - keepExpiredMs;
    await db.deleteFrom('tickets').where('expires_at', '<', before).execute();
    await db.deleteFrom('downloads').where('expires_at', '<', before).execute();
    await db
      .deleteFrom('sign_ins')
      .where('expires_at', '<', now - keepExpiredSignInsMs)
      .execute();
    await db.deleteFrom('sessions').where('expires_at', '<=', now).execute();
    await db.deleteFrom('browser_sessions').where('expires_at', '<=', now).execute();
    await db.deleteFrom('authorization_records').where('expires_at', '<=', now).execute();
    await sweepCounts(db, now);
    await eraseEndedGrants(db, now);
    await erasePendingGrants(db, now);
    await db.deleteFrom('pending_grants').where('expires_at', '<', before).execute();
    if (retentionMs !== undefined) await deleteForgotten(db, now - retentionMs, now);
  },
});

/**
 * Accounts that have been without a grant since before `since` go, with every row that names them (foreign keys), unless
 * somebody is connecting just now. One statement: an account that gets a grant meanwhile stays.
 */
const deleteForgotten = async (db: Database, since: number, now: number): Promise<void> => {
  await db
    .deleteFrom('accounts')
    .where('status', '!=', 'ACTIVE')
    .where('state_since', '<', since)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('tickets')
            .select('hash')
            .whereRef('tickets.realm', '=', 'accounts.realm')
            .whereRef('tickets.identifier', '=', 'accounts.identifier')
            .where('tickets.expires_at', '>', now),
        ),
      ),
    )
    .execute();
};

const eraseEndedGrants = async (db: Database, now: number): Promise<void> => {
  const until = now - keepEndedGrantsMs;
  // Looking first spares the write lock, which every process shares.
  const due = await db
    .selectFrom('accounts')
    .select('realm')
    .where('status', '=', 'REVOKED')
    .where('access_token', 'is not', null)
    .where('state_since', '<=', until)
    .executeTakeFirst();
  if (due === undefined) return;
  await db
    .updateTable('accounts')
    .set(noGrant)
    .where('status', '=', 'REVOKED')
    .where('access_token', 'is not', null)
    .where('state_since', '<=', until)
    .execute();
};

const longUnused = (
  db: Database,
  { clientId, tokenEndpoint, until }: Parameters<OperationsStore['longUnused']>[0],
  { size, after }: Parameters<OperationsStore['longUnused']>[1],
): Promise<AccountKey[]> =>
  db
    .selectFrom('accounts')
    .select(['realm', 'identifier'])
    .where('status', '=', 'ACTIVE')
    .where('refreshed_at', '<=', until)
    .where('refresh_token', 'is not', null)
    .where('client_id', '=', clientId)
    .where('token_endpoint', '=', tokenEndpoint)
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('realm', 'identifier'), '>', tuple(after?.realm ?? '', after?.identifier ?? '')),
      ),
    )
    .orderBy('realm')
    .orderBy('identifier')
    .limit(size)
    .execute();
