// Rotation of the sealing key: rows that are not yet signed and sealed with the current key are sealed and signed anew, row
// by row, each write only if the row is still what was read. Knows nothing of where keys come from.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Rows } from './protected-rows.ts';
import { type ProtectedTable, protectedTableNames } from './protected-tables.ts';
import { sealedAnew, sealedColumns } from './sealed-columns.ts';
import { envelopePrefix, macPrefix, type Sealer } from './sealer.ts';

export interface Resealed {
  readonly resealed: number;
  /** Rows still to be done; 0 when only unreadable ones are left. */
  readonly remaining: number;
  /** Rows that none of the keys opens, among those this run came by; they stay as they are. */
  readonly unreadable: number;
}

const beginsOtherwise = (column: string, prefix: string): RawBuilder<SqlBool> =>
  sql<SqlBool>`substr(${sql.ref(column)}, 1, ${prefix.length}) <> ${prefix}`;

/** Rows with anything that the current key did not make; a column that holds nothing does not count. */
const underOtherKey = (table: ProtectedTable, keyId: string): RawBuilder<SqlBool> => {
  const sealed = sealedColumns(table).map((column) => beginsOtherwise(column, envelopePrefix(keyId)));
  return sql<SqlBool>`(mac is null or ${sql.join([beginsOtherwise('mac', macPrefix(keyId)), ...sealed], sql` or `)})`;
};

/** The keys of the rows to be done. */
const pendingIn = async (rows: Rows, table: ProtectedTable, keyId: string): Promise<number[]> => {
  const query = sql<{ rowid: number }>`select rowid from ${sql.table(table)} where ${underOtherKey(table, keyId)}`;
  return (await query.execute(rows.db)).rows.map(({ rowid }) => rowid);
};

/** False where the row is refused or does not open. One that is gone meanwhile counts as done. */
const resealRow = async (rows: Rows, table: ProtectedTable, rowid: number, sealer: Sealer): Promise<boolean> => {
  const where = sql<SqlBool>`rowid = ${rowid}`;
  let opens = true;
  const changed = await rows.change(table, where, (row) => {
    const sealed = sealedAnew(table, { ...row }, sealer);
    opens = sealed !== undefined;
    return sealed;
  });
  if (changed !== undefined) return true;
  return opens && (await rows.refusal(table, where)) === undefined;
};

/** See OperationsStore.reseal. */
export const reseal = async (rows: Rows, sealer: Sealer, batch: number): Promise<Resealed> => {
  let pending = 0;
  let [resealed, unreadable] = [0, 0];
  for (const table of protectedTableNames) {
    const found = await pendingIn(rows, table, sealer.currentKeyId);
    pending += found.length;
    for (const rowid of found) {
      if (resealed >= batch) break;
      if (await resealRow(rows, table, rowid, sealer)) resealed++;
      else unreadable++;
    }
  }
  return { resealed, unreadable, remaining: pending - resealed - unreadable };
};
