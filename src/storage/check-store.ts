// When Google is asked what works of an account, by itself, and which process does it.
import { sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import type { Database } from './schema.ts';
import type { ClientRef } from './token-endpoint-store.ts';

export interface CheckStore {
  /** ACTIVE accounts of this client that are to be asked for, those that wait for longest first. */
  due(of: ClientRef, now: number, most: number): Promise<AccountKey[]>;
  isDue(key: AccountKey, now: number): Promise<boolean>;
  /** How many ACTIVE accounts this client has; counts no further than `most`. */
  count(of: ClientRef, most: number): Promise<number>;
  /** Notes that Google answered, when it did, and when it is to be asked again. Changes no version. */
  note(key: AccountKey, at: { readonly checkedAt?: number; readonly dueAt: number }): Promise<void>;
  /**
   * Takes or keeps the right to do what has this name until `until`; nobody else has it meanwhile. One that lasts much
   * longer than any could was taken before the clock was put back: it is free.
   */
  takeLease(name: string, holder: string, now: number, until: number): Promise<boolean>;
  releaseLease(name: string, holder: string): Promise<void>;
}

export const createCheckStore = (db: Database): CheckStore => {
  const active = ({ clientId, tokenEndpoint }: ClientRef) =>
    db
      .selectFrom('accounts')
      // A literal: SQLite takes a partial index only where the text of the query says that it fits.
      .where('status', '=', sql.lit('ACTIVE'))
      .where('client_id', '=', clientId)
      .where('token_endpoint', '=', tokenEndpoint);

  return {
    due: (of, now, most) =>
      active(of)
        .select(['realm', 'identifier'])
        .where('check_due_at', '<=', now)
        .orderBy('check_due_at')
        .limit(most)
        .execute(),
    isDue: async (key, now) => {
      const row = await db
        .selectFrom('accounts')
        .select('check_due_at')
        .where('realm', '=', key.realm)
        .where('identifier', '=', key.identifier)
        .where('status', '=', 'ACTIVE')
        .executeTakeFirst();
      return row !== undefined && (row.check_due_at ?? 0) <= now;
    },
    count: async (of, most) =>
      (
        await db
          .selectFrom(active(of).select('realm').limit(most).as('counted'))
          .select(({ fn }) => fn.countAll<number>().as('accounts'))
          .executeTakeFirstOrThrow()
      ).accounts,
    note: async (key, { checkedAt, dueAt }) => {
      await db
        .updateTable('accounts')
        .set({ check_due_at: dueAt, ...(checkedAt === undefined ? {} : { checked_at: checkedAt }) })
        .where('realm', '=', key.realm)
        .where('identifier', '=', key.identifier)
        .execute();
    },
    takeLease: async (name, holder, now, until) => {
      const lasts = until - now;
      const taken = await db
        .insertInto('leases')
        .values({ name, holder, until })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, until })
            .where(({ or, eb }) =>
              or([
                eb('leases.holder', '=', holder),
                eb('leases.until', '<=', now),
                eb('leases.until', '>', until + lasts),
              ]),
            ),
        )
        .returning('holder')
        .executeTakeFirst();
      return taken !== undefined;
    },
    releaseLease: async (name, holder) => {
      await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
    },
  };
};
