// Deletes what may be much: a database that nobody swept for weeks has millions of rows to go, and no statement may take so
// long that PostgreSQL ends it, or that everybody else waits for SQLite's lock.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Rows } from './protected-rows.ts';
import type { Schema } from './schema.ts';

/** Rows that one statement deletes. */
const batchRows = 5_000;

/** @param where which rows go */
export const deleteInBatches = async (
  { db, dialect }: Pick<Rows, 'db' | 'dialect'>,
  table: keyof Schema,
  where: RawBuilder<SqlBool>,
): Promise<void> => {
  const name = sql.table(table);
  const some = sql`select ${dialect.rowAddress} from ${name} where ${where} limit ${batchRows}`;
  for (;;) {
    const { numAffectedRows = 0n } = await sql`delete from ${name} where ${dialect.isAddressIn(some)}`.execute(db);
    if (numAffectedRows < BigInt(batchRows)) return;
  }
};
