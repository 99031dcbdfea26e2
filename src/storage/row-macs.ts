// The MAC of a row that grants or limits access. Without the sealing key nobody can make one, so what was written into the
// database by somebody else counts for nothing; it is bound to table, key and every column that means something.
import { createBoundedMap } from '../lib/bounded-map.ts';
import { keyColumns, type ProtectedTable, signedColumns } from './protected-tables.ts';
import type { Sealer } from './sealer.ts';
import type { RefusalCause } from './storage-error.ts';

/** A row that is treated as if it were not there. */
export interface RefusedRow {
  readonly table: ProtectedTable;
  /** The values of its key columns, e.g. realm and identifier. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly cause: RefusalCause;
}

export type RowValues = Readonly<Record<string, unknown>>;

export interface RowMacs {
  /** The MAC of a row as it is about to be written. */
  sign(table: ProtectedTable, row: RowValues): string;
  /**
   * What is wrong with a row as it was read, with its `mac` and every signed column; undefined: it is genuine.
   * @param columns the signed columns, where the row is of a former schema
   */
  refusal(table: ProtectedTable, row: RowValues, columns?: readonly string[]): RefusalCause | undefined;
  /** The same, and whoever listens hears of each refused row once. */
  isGenuine(table: ProtectedTable, row: RowValues): boolean;
}

/** A value as it is when it is read again: databases keep well-formed text only, and PostgreSQL none with a NUL. */
export const stored = (value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value;

/**
 * One text for one row: JSON tells types and ends of values apart, columns stand there by name. Nulls are left out, so
 * that a column that is added later changes no MAC until it holds something.
 */
const canonicalText = (table: ProtectedTable, row: RowValues, columns = signedColumns(table)): string => {
  const values = columns.flatMap((column) => {
    const value = row[column] ?? undefined;
    return value === undefined ? [] : [[column, stored(value)]];
  });
  return JSON.stringify([table, values]);
};

/** How many refused rows are remembered as reported. */
const mostReported = 10_000;

/** @param refused hears of a refused row once in the life of this process, as long as the cause is the same. */
export const createRowMacs = (sealer: Sealer, refused: (row: RefusedRow) => void = () => {}): RowMacs => {
  const reported = createBoundedMap<string, true>({ maxSize: mostReported });

  const refusal: RowMacs['refusal'] = (table, row, columns) => {
    const { mac } = row;
    if (typeof mac !== 'string') return 'no_mac';
    const verdict = sealer.checkMac(mac, canonicalText(table, row, columns));
    return verdict === 'good' ? undefined : verdict === 'unknown_key' ? verdict : 'altered';
  };

  const report = (row: RefusedRow): void => {
    const name = JSON.stringify([row.table, row.key, row.cause]);
    if (reported.get(name)) return;
    reported.set(name, true);
    refused(row);
  };

  return {
    sign: (table, row) => sealer.mac(canonicalText(table, row)),
    refusal,
    isGenuine: (table, row) => {
      const cause = refusal(table, row);
      if (cause === undefined) return true;
      report({ table, key: keyOf(table, row), cause });
      return false;
    },
  };
};

/** The values that name a row. */
export const keyOf = (table: ProtectedTable, row: RowValues): Record<string, unknown> =>
  Object.fromEntries(keyColumns(table).map((column) => [column, row[column]]));
