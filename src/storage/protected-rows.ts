// Rows that grant or limit access: what is read is checked against its MAC, and every write of a signed column is decided on
// a row that was checked, signed, and made only if the row is still that one. A statement that changed a row by itself
// would sign whatever somebody else had written into the file.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import { StorageError } from '../model/storage-error.ts';
import { accountLock, type Dialect, type Engine, type LockName } from './engine.ts';
import {
  keyColumns,
  type ProtectedTable,
  primaryKey,
  protectedTableNames,
  protectedTables,
} from './protected-tables.ts';
import { keyOf, type RefusedRow, type RowMacs, type RowValues, stored } from './row-macs.ts';
import type { Database, Schema } from './schema.ts';
import type { RefusalCause } from './storage-error.ts';

/** A row to be inserted, with its nulls. */
const wholeRow = (table: ProtectedTable, row: RowValues): RowValues => ({
  ...Object.fromEntries(Object.keys(protectedTables[table]).map((column) => [column, null])),
  ...row,
});

type Row<T extends ProtectedTable> = Schema[T];
type Values<T extends ProtectedTable> = Omit<Schema[T], 'mac'>;
type Nullable<R> = { [C in keyof R]: null extends R[C] ? C : never }[keyof R];

/** A row to be inserted: what may be null may be left out. */
type NewRow<T extends ProtectedTable> = Omit<Values<T>, Nullable<Values<T>>> &
  Partial<Pick<Values<T>, Nullable<Values<T>>>>;

/** Column values that all have to fit, or any condition. */
type Condition<T extends ProtectedTable> = Partial<Values<T>> | RawBuilder<SqlBool>;

/** What stores call after what they wrote was committed. */
export interface RowHooks {
  /** After tokens were erased: nothing of them is to stay in the write-ahead log. */
  erased(): void;
  /** After an account was changed or removed (account-rows.ts). */
  accountChanged(key: AccountKey): void;
}

/** A whole row before and after a write; undefined where there is none. */
export interface RowChange {
  readonly before: RowValues | undefined;
  readonly after: RowValues | undefined;
}

/**
 * What a write of one row means to others (webhooks/outbox.ts).
 * @returns writes its events in the transaction of that write; undefined where it means nothing
 */
export type EventsOfWrite = (table: ProtectedTable, change: RowChange) => ((rows: Rows) => Promise<void>) | undefined;

export interface InsertCondition {
  readonly where: RawBuilder<SqlBool>;
  readonly lock: LockName;
}

export interface Rows {
  readonly db: Database;
  readonly dialect: Dialect;
  readonly hooks: RowHooks;
  /**
   * Runs `work` in one transaction, in the present one if there is one, and perhaps again from its beginning: it has no
   * effect but on its rows.
   * @param lock what nobody else may decide on meanwhile; undefined where each write by itself is decided on its row
   */
  transaction<R>(lock: LockName | undefined, work: (rows: Rows) => Promise<R>): Promise<R>;
  /** Takes one more lock in a transaction. */
  lock(name: LockName): Promise<void>;
  /** See Engine. */
  nextDelivery(): Promise<number>;
  /** The first genuine row that fits. */
  find<T extends ProtectedTable>(table: T, where: Condition<T>): Promise<Row<T> | undefined>;
  /** Every genuine row that fits, in the order of these columns. */
  list<T extends ProtectedTable>(
    table: T,
    where: Condition<T>,
    orderBy?: readonly (keyof Values<T> & string)[],
  ): Promise<Row<T>[]>;
  /**
   * Every row of a table, genuine or not, in the order of its key, so many at a time: a table may be larger than what
   * memory holds and one statement reads in time.
   * @param columns what is read of each row beside its key; absent: the whole row
   * @param after the key behind which it begins
   */
  pages<T extends ProtectedTable>(
    table: T,
    columns?: RawBuilder<unknown>,
    after?: RowValues,
  ): AsyncGenerator<readonly RowValues[], void, undefined>;
  /** Every genuine row in the order of its key, behind this key; a few at a time are in memory. */
  each<T extends ProtectedTable>(table: T, after?: RowValues): AsyncGenerator<Row<T>, void, undefined>;
  /** Why the first row that fits is refused; undefined where it is genuine, or there is none. */
  refusal<T extends ProtectedTable>(table: T, where: Condition<T>): Promise<RefusalCause | undefined>;
  /** Every row that is refused. */
  allRefused(): Promise<RefusedRow[]>;
  /** Deletes a row that is refused, if it still is. */
  removeRefused(row: RefusedRow): Promise<void>;
  /**
   * Adds a row if the condition holds, under the lock of what it asks about. False: it does not hold, or there is a row with
   * this key already.
   */
  insert<T extends ProtectedTable>(table: T, row: NewRow<T>, condition?: InsertCondition): Promise<boolean>;
  /**
   * Changes the one genuine row that fits as `decide` says, which may be asked again on a newer row. Of columns without
   * MAC, `decide` can be sure only in a transaction.
   * @returns the row as it is now; undefined: there is none, or `decide` did not want to change it.
   */
  change<T extends ProtectedTable>(
    table: T,
    where: Condition<T>,
    decide: (row: Row<T>) => Partial<Values<T>> | undefined,
  ): Promise<Row<T> | undefined>;
  /** The same for a row that was read a moment ago: it is read again only where somebody else wrote to it since. */
  changeRead<T extends ProtectedTable>(
    table: T,
    read: Row<T>,
    decide: (row: Row<T>) => Partial<Values<T>> | undefined,
  ): Promise<Row<T> | undefined>;
  /** Deletes every row that fits, genuine or not. @returns how many */
  remove<T extends ProtectedTable>(table: T, where: Condition<T>): Promise<number>;
  /** Changes every genuine row that fits. */
  changeAll<T extends ProtectedTable>(
    table: T,
    where: Condition<T>,
    decide: (row: Row<T>) => Partial<Values<T>> | undefined,
  ): Promise<void>;
}

/** Rows that are read at once where all of a table are. */
const pageSize = 500;

/** Each of them means that somebody else's write succeeded in between. */
const mostTries = 100;

const equal = (column: string, value: unknown): RawBuilder<SqlBool> =>
  value === null || value === undefined
    ? sql<SqlBool>`${sql.ref(column)} is null`
    : sql<SqlBool>`${sql.ref(column)} = ${value}`;

const all = (conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> =>
  conditions.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;

const conditionOf = <T extends ProtectedTable>(where: Condition<T>): RawBuilder<SqlBool> =>
  'toOperationNode' in where
    ? (where as RawBuilder<SqlBool>)
    : all(Object.entries(where).map(([column, value]) => equal(column, value)));

/**
 * Whether a row is one that was asked for. SQLite alone cannot say so: whoever can write to the file can give a column
 * another collation, or put a view in the place of the table, and a genuine row of somebody else fits.
 */
const fits = <T extends ProtectedTable>(where: Condition<T>, row: RowValues): boolean =>
  'toOperationNode' in where ||
  Object.entries(where).every(([column, value]) => (row[column] ?? null) === (stored(value) ?? null));

/** Names exactly this row. */
const keyCondition = (table: ProtectedTable, row: RowValues): RawBuilder<SqlBool> =>
  all(keyColumns(table).map((column) => equal(column, row[column])));

/** That the account exists which a new row belongs to. */
export const accountExists = (key: AccountKey): InsertCondition => ({
  where: sql<SqlBool>`exists (select 1 from accounts where realm = ${key.realm} and identifier = ${key.identifier})`,
  lock: accountLock(key),
});

/** Whether there is an account, genuine or not; under its lock it stays so. */
export const hasAccount = async ({ db }: Rows, { realm, identifier }: AccountKey): Promise<boolean> => {
  const named = db.selectFrom('accounts').select('realm').where('realm', '=', realm);
  return (await named.where('identifier', '=', identifier).executeTakeFirst()) !== undefined;
};

/** A value to be inserted by a select, where nothing else tells a number's type. */
const selected = (value: unknown): RawBuilder<unknown> =>
  typeof value === 'number' ? sql`cast(${value} as bigint)` : sql`${stored(value)}`;

/** @param db the engine's, or a transaction of it */
export const createRows = (
  engine: Engine,
  macs: RowMacs,
  hooks: RowHooks,
  eventsOf: EventsOfWrite,
  db: Database = engine.db,
): Rows => {
  const inTransaction = (begun: Database): Rows => createRows(engine, macs, hooks, eventsOf, begun);

  const transaction: Rows['transaction'] = async (name, work) => {
    if (!db.isTransaction) return engine.transaction(name, (begun) => work(inTransaction(begun)));
    if (name !== undefined) await engine.lock(db, name);
    return work(inTransaction(db));
  };

  /** Makes a write of one row, and writes the events that it means in the same transaction. False: it was not made. */
  const withEvents = async (
    table: ProtectedTable,
    change: RowChange,
    make: (db: Database) => Promise<boolean>,
  ): Promise<boolean> => {
    const writeEvents = eventsOf(table, change);
    if (writeEvents === undefined) return make(db);
    return transaction(undefined, async (rows) => {
      const made = await make(rows.db);
      if (made) await writeEvents(rows);
      return made;
    });
  };

  const select = async <T extends ProtectedTable>(
    table: T,
    where: RawBuilder<SqlBool>,
    orderBy: readonly string[] = [],
  ): Promise<Row<T>[]> => {
    const order = orderBy.length === 0 ? sql`` : sql`order by ${sql.join(orderBy.map((column) => sql.ref(column)))}`;
    return (await sql<Row<T>>`select * from ${sql.table(table)} where ${where} ${order}`.execute(db)).rows;
  };

  const pages: Rows['pages'] = async function* (table, columns, after) {
    const key = primaryKey(table);
    const names = sql.join(key.map((column) => sql.ref(column)));
    const what = columns === undefined ? sql`*` : sql`${names}, ${columns}`;
    let last = after;
    do {
      const values = key.map((column) => last?.[column]);
      const where = last === undefined ? sql`true` : sql`(${names}) > (${sql.join(values)})`;
      const page = await sql<RowValues>`
        select ${what} from ${sql.table(table)} where ${where} order by ${names} limit ${pageSize}`.execute(db);
      if (page.rows.length > 0) yield page.rows;
      last = page.rows.length < pageSize ? undefined : page.rows.at(-1);
    } while (last !== undefined);
  };

  const each = async function* <T extends ProtectedTable>(table: T, after?: RowValues) {
    for await (const page of pages(table, undefined, after))
      for (const row of page) if (macs.isGenuine(table, row)) yield row as unknown as Row<T>;
  };

  const list: Rows['list'] = async (table, where, orderBy) =>
    (await select(table, conditionOf(where), orderBy)).filter(
      (row) => fits(where, { ...row }) && macs.isGenuine(table, { ...row }),
    );

  const find: Rows['find'] = async (table, where) => (await list(table, where))[0];

  /** False: the row is no longer the one that was read. */
  const write = async (table: ProtectedTable, row: RowValues, change: RowValues): Promise<boolean> => {
    const values = { ...change, mac: macs.sign(table, { ...row, ...change }) };
    const assignments = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${stored(value)}`);
    return withEvents(table, { before: row, after: { ...row, ...change } }, async (in_) => {
      const { numAffectedRows = 0n } = await sql`
        update ${sql.table(table)} set ${sql.join(assignments)}
        where ${keyCondition(table, row)} and mac = ${row.mac}`.execute(in_);
      return numAffectedRows > 0n;
    });
  };

  const changeFrom = async <T extends ProtectedTable>(
    table: T,
    where: Condition<T>,
    decide: (row: Row<T>) => Partial<Values<T>> | undefined,
    read: Row<T> | undefined,
  ): Promise<Row<T> | undefined> => {
    let row = read;
    for (let tries = 0; tries < mostTries; tries++) {
      const wanted = row && decide(row);
      if (row === undefined || wanted === undefined) return undefined;
      if (await write(table, { ...row }, { ...wanted })) return { ...row, ...wanted };
      row = await find(table, where);
    }
    throw new StorageError('busy', 'A row of the database is written by too many at once. Try again in a few seconds.');
  };

  const changeRead: Rows['changeRead'] = (table, read, decide) => changeFrom(table, theRow(table, read), decide, read);

  return {
    db,
    dialect: engine.dialect,
    hooks,
    transaction,
    lock: (name) => engine.lock(db, name),
    nextDelivery: () => engine.nextDelivery(db),
    find,
    list,
    pages,
    each,
    refusal: async (table, where) => {
      const [row] = await select(table, conditionOf(where));
      return row && macs.refusal(table, { ...row });
    },
    allRefused: async () => {
      const refused: RefusedRow[] = [];
      for (const table of protectedTableNames)
        for await (const page of pages(table))
          for (const row of page) {
            const cause = macs.refusal(table, row);
            if (cause !== undefined) refused.push({ table, key: keyOf(table, row), cause });
          }
      return refused;
    },
    removeRefused: async ({ table, key }) => {
      const where = keyCondition(table, key);
      for (const row of await select(table, where))
        if (macs.refusal(table, { ...row }) !== undefined)
          await sql`delete from ${sql.table(table)} where ${where} and mac is not distinct from ${row.mac}`.execute(db);
    },
    insert: async (table, row, condition) => {
      if (condition !== undefined && !db.isTransaction)
        return transaction(condition.lock, (rows) => rows.insert(table, row, condition));
      const { where } = condition ?? { where: sql<SqlBool>`true` };
      const values = { ...row, mac: macs.sign(table, { ...row }) };
      // A null has no type that an insert by a select could go by; a column that is left out is null.
      const present = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
      const columns = sql.join(present.map(([column]) => sql.ref(column)));
      return withEvents(table, { before: undefined, after: wholeRow(table, values) }, async (in_) => {
        const { numAffectedRows = 0n } = await sql`
          insert into ${sql.table(table)} (${columns})
          select ${sql.join(present.map(([, value]) => selected(value)))} where ${where}
          on conflict (${sql.join(keyColumns(table).map((column) => sql.ref(column)))}) do nothing`.execute(in_);
        return numAffectedRows > 0n;
      });
    },
    remove: (table, where) =>
      transaction(undefined, async (rows) => {
        const going = await rows.list(table, where);
        const { numAffectedRows = 0n } = await sql`
          delete from ${sql.table(table)} where ${conditionOf(where)}`.execute(rows.db);
        for (const row of going) await eventsOf(table, { before: { ...row }, after: undefined })?.(rows);
        return Number(numAffectedRows);
      }),
    change: async (table, where, decide) => changeFrom(table, where, decide, await find(table, where)),
    changeRead,
    changeAll: async (table, where, decide) => {
      for (const row of await list(table, where)) await changeRead(table, row, decide);
    },
  };
};

/** Exactly this row is asked for. */
const theRow = <T extends ProtectedTable>(table: T, row: Row<T>): Condition<T> =>
  keyOf(table, { ...row }) as Condition<T>;
