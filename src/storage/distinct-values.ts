// The few different values that a column has in many rows, each found by one look into its index: neither database skips by
// itself to the next value of an index, and reading a million entries to find one takes a second.
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

/**
 * In their order, without null. As many looks as there are values.
 * @param column a text, or an expression, that an index begins with
 */
export const distinctValues = async (db: Database, table: string, column: RawBuilder<unknown>): Promise<string[]> => {
  const next = (after: RawBuilder<unknown>) =>
    sql`(select min(${column}) from ${sql.table(table)} where ${column} > ${after})`;
  const { rows } = await sql<{ value: string }>`
    with recursive found(value) as (
      select ${next(sql`''`)}
      union all
      select ${next(sql`found.value`)} from found where found.value is not null)
    select value from found where value is not null`.execute(db);
  return rows.map(({ value }) => value);
};
