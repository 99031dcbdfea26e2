// What crosses people: lists, counts, siblings, rotation and cleaning up. Never reads a sealed column, except to reseal it.

import type { Account, AccountState } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { accountColumns, toAccount } from './account-rows.ts';
import type { Database } from './database.ts';
import { erasePendingGrants } from './pending-grant-store.ts';
import { type Resealed, reseal } from './reseal.ts';
import type { Sealer } from './sealer.ts';

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
  /** Erases pending grants that ran out; deletes them, tickets and downloads that ran out more than a day ago. `now` in milliseconds. */
  sweep(now: number): Promise<void>;
}

/** Until then a page can still say "this link has run out" rather than "there is no such link". Milliseconds. */
const keepExpiredMs = 24 * 60 * 60_000;

export const createOperationsStore = (db: Database): OperationsStore => ({
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
    const holding = await others('accounts').where('access_token', 'is not', null).executeTakeFirstOrThrow();
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
  reseal: (sealer, batch) => reseal(db, sealer, batch),
  sweep: async (now) => {
    const before = now - keepExpiredMs;
    await db.deleteFrom('tickets').where('expires_at', '<', before).execute();
    await db.deleteFrom('downloads').where('expires_at', '<', before).execute();
    await erasePendingGrants(db, now);
    await db.deleteFrom('pending_grants').where('expires_at', '<', before).execute();
  },
});
