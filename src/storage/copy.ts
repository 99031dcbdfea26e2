// A whole Postern from one database into another, of whichever engines. The source is read as it was at one moment, so a Postern
// may go on there, and what is copied fits together. Both are read side by side, and only what differs is written: so a copy that was
// ended goes on, and one that is made again later brings over what changed since. Rows go over as they are, sealed and with the MACs
// they have: no key is needed.
//
// A row in the target that the source lacks is deleted there. So that this is never a row of another Postern, the target says
// whose copy it is (`copied_from`) from before the first row on until a Postern serves on it, and nothing else is written to
// unless it is empty.
import { sql } from 'kysely';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { type DatabaseLocation, databaseName } from '../model/database-location.ts';
import type { StorageError } from '../model/storage-error.ts';
import { markFinished, markUnfinished } from './copied-from.ts';
import { type CopiedTable, copiedTables } from './copied-tables.ts';
import type { Engine, Snapshot } from './engine.ts';
import { openEngine, placeOf, withSnapshot } from './engines.ts';
import type { Adoption } from './migrate.ts';
import type { RowValues } from './row-macs.ts';
import { copies, pairIsEqual, type RowPair, rowPairs } from './row-pairs.ts';
import type { Database } from './schema.ts';
import { copyRefused } from './storage-error.ts';

export interface TableComparison {
  readonly table: string;
  /** Rows that are in both databases, and in every column the same. */
  readonly equal: number;
  /** Rows that are not. */
  readonly different: number;
}

export interface CopyOptions {
  readonly from: DatabaseLocation;
  readonly to: DatabaseLocation;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Ends the copy between two batches, by throwing its reason. */
  readonly signal?: AbortSignal;
  /** Hears after every batch how many rows of a table were gone through, and how many of them were written or deleted. */
  readonly progress?: (step: CopyStep) => void;
  /** How many rows are read and written at a time. */
  readonly batchRows?: number;
}

export interface CopyStep {
  readonly doing: 'copying' | 'comparing';
  readonly table: string;
  readonly rows: number;
  readonly written: number;
}

const defaultBatchRows = 500;

/** The number of rows that a pair stands for. */
const countOf = ({ source, target }: RowPair): number => Number((source ?? target)?.[copies] ?? 1);

const withoutKey = (place: string): StorageError =>
  copyRefused(
    `The database ${place} holds rows of an older Postern, which are signed anew with the sealing key. Start this version of Postern on it once, or name an empty database, then try again.`,
  );

/** Brings an empty target, or one that needs no signing, up to date. */
const adoptionWithoutKey = (place: string): Adoption => ({
  check: async () => {
    throw withoutKey(place);
  },
  adopt: async () => {},
  prepareSigning: async (_, former) => {
    if (former.length > 0) throw withoutKey(place);
    return async () => {};
  },
});

/** Every row of a pair's source, as often as it is there. */
const repeated = ({ source }: RowPair): RowValues[] =>
  source === undefined ? [] : Array.from({ length: Number(source[copies] ?? 1) }, () => source);

const writeBatch = async (
  db: Database,
  { dialect }: Engine,
  { table, key, columns, counted }: CopiedTable,
  batch: readonly RowPair[],
): Promise<void> => {
  const list = (names: readonly string[]) => sql.join(names.map((name) => sql.ref(name)));
  const gone = batch.flatMap(({ source, target }) => (target && (counted || source === undefined) ? [target] : []));
  if (gone.length > 0)
    await sql`
      delete from ${sql.table(table)}
      where (${list(key)}) in (${dialect.givenRows(table, key, gone)})`.execute(db);
  const rows = batch.flatMap(repeated);
  if (rows.length === 0) return;
  const updated = columns.filter((column) => !key.includes(column));
  const assignments = updated.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`);
  const conflict = counted ? sql`` : sql`on conflict (${list(key)}) do update set ${sql.join(assignments)}`;
  await sql`
    insert into ${sql.table(table)} (${list(columns)})
    ${dialect.givenRows(table, columns, rows)} where true ${conflict}`.execute(db);
};

/** A rule of a table was broken: SQLite's code, and the class of PostgreSQL's. */
const breaksRule = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(SQLITE_CONSTRAINT|23)/.test(String(error.code));

/** Writes a batch; one that holds a row that no table of ours takes is written up to that row, which is named. */
const write = async (target: Engine, table: CopiedTable, batch: readonly RowPair[]): Promise<void> => {
  try {
    await target.transaction(undefined, (db) => writeBatch(db, target, table, batch));
  } catch (error) {
    if (!breaksRule(error)) throw error;
    const [only, ...others] = batch;
    if (only !== undefined && others.length === 0) {
      const row = only.source ?? only.target ?? {};
      const name = JSON.stringify(Object.fromEntries(table.key.map((column) => [column, row[column]])));
      throw copyRefused(
        `A row of ${table.table} in the source breaks a rule of the table: most likely what it belongs to was deleted by hand. Delete it in the source too, then try again: ${name}`,
      );
    }
    for (const pair of batch) await write(target, table, [pair]);
  }
};

const createCopy = (source: Snapshot, target: Snapshot, options: CopyOptions) => {
  const { signal, progress, batchRows = defaultBatchRows } = options;

  const compareTable = async (table: CopiedTable): Promise<TableComparison> => {
    let [equal, different, rows] = [0, 0, 0];
    const report = () => progress?.({ doing: 'comparing', table: table.table, rows, written: 0 });
    for await (const pair of rowPairs(source, target, table, batchRows)) {
      const count = countOf(pair);
      if (pairIsEqual(table, pair)) equal += count;
      else different += count;
      rows += count;
      if ((equal + different) % batchRows === 0) {
        signal?.throwIfAborted();
        report();
      }
    }
    report();
    return { table: table.table, equal, different };
  };

  const copyTable = async (table: CopiedTable, engine: Engine): Promise<void> => {
    let [rows, seen, written] = [0, 0, 0];
    let batch: RowPair[] = [];
    const flush = async () => {
      signal?.throwIfAborted();
      if (batch.length > 0) await write(engine, table, batch);
      written += batch.reduce((sum, pair) => sum + countOf(pair), 0);
      batch = [];
      progress?.({ doing: 'copying', table: table.table, rows, written });
    };
    for await (const pair of rowPairs(source, target, table, batchRows)) {
      rows += countOf(pair);
      seen += 1;
      if (!pairIsEqual(table, pair)) batch.push(pair);
      if (batch.length === batchRows || seen % (10 * batchRows) === 0) await flush();
    }
    await flush();
  };

  return {
    compare: async (): Promise<TableComparison[]> => {
      const compared: TableComparison[] = [];
      for (const table of copiedTables) compared.push(await compareTable(table));
      return compared;
    },
    copy: async (engine: Engine): Promise<void> => {
      for (const table of copiedTables) await copyTable(table, engine);
      await engine.filled();
    },
  };
};

const isEqual = (compared: readonly TableComparison[]): boolean => compared.every(({ different }) => different === 0);

const demandOther = ({ from, to }: CopyOptions): void => {
  if (placeOf(from) === placeOf(to))
    throw copyRefused(`The source and the target are the same database, ${placeOf(to)}. Name another target.`);
};

const copyInto = async (source: Snapshot, target: Engine, options: CopyOptions): Promise<TableComparison[]> => {
  const now = (await target.readClock?.()) ?? options.clock.now();
  const marking = await markUnfinished(source, target, now);
  const copy = createCopy(source, target, options);
  if (marking.kind === 'other') {
    // Nothing is written, so nothing is lost where it is equal already.
    const compared = await copy.compare();
    if (!isEqual(compared)) throw copyRefused(marking.why);
    return compared;
  }
  await copy.copy(target);
  const compared = await copy.compare();
  if (isEqual(compared)) await markFinished(target);
  return compared;
};

/**
 * Makes a database the copy of another one, and compares them afterwards, row by row. It may be ended at any moment and made again.
 * @returns what was compared, as the source was when this began
 * @throws StorageError `copy_refused` where the target holds something else, a Postern runs on it, or a row cannot be copied; or
 * what opening a database throws
 */
export const copyStorage = async (options: CopyOptions): Promise<TableComparison[]> => {
  demandOther(options);
  return withSnapshot(options.from, options, async (source) => {
    const { to, random } = options;
    const target = await openEngine(to, adoptionWithoutKey(databaseName(to)), { random, unhurried: true });
    try {
      return await copyInto(source, target, options);
    } finally {
      await target.close();
    }
  });
};

/** Compares two databases row by row, and changes neither. @throws StorageError */
export const compareStorage = async (options: CopyOptions): Promise<TableComparison[]> => {
  demandOther(options);
  return withSnapshot(options.from, options, (source) =>
    withSnapshot(options.to, options, (target) => createCopy(source, target, options).compare()),
  );
};
