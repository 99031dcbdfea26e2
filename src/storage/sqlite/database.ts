// Opens the SQLite file: its place on disk, its permissions, its pragmas, its schema.

import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, type SqlBool, sql } from 'kysely';
import { isNoFile, makeFolder, PathError, pathErrorOf } from '../../lib/checked-paths.ts';
import type { Dialect, Engine } from '../engine.ts';
import { type Adoption, migrate, type SchemaVersion } from '../migrate.ts';
import { migrations } from '../migrations.ts';
import type { Database, Schema } from '../schema.ts';
import { newerSchema, notADatabase, notWritable } from '../storage-error.ts';
import { type BusyRetry, blockingWaitMs, createCheckpoints, createSqliteDialect, retryWhileBusy } from './dialect.ts';

const inMemory = ':memory:';

/** The first database in memory, migrated and still empty. Copying it takes a tenth of migrating another. */
let migratedInMemory: Buffer | undefined;

const isThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/**
 * Sees to a file that only its owner can read, in a folder that, if it has to be made, only its owner can enter.
 * An existing file is never opened here: closing it again would drop the locks this process holds on it.
 */
const prepareFile = (path: string): void => {
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isThere(error)) throw notWritable(path, pathErrorOf(error).message);
  }
  try {
    if (isNoFile(path)) throw new PathError('it is no file');
    const { mode, uid } = statSync(path);
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(path, 0o600);
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw notWritable(path, pathErrorOf(error).message);
  }
};

const configure = (database: BetterSqlite3.Database): void => {
  database.pragma('journal_mode = WAL');
  // A grant that the person was told is connected must survive a power cut.
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  // Erased tokens are overwritten, not only unlinked.
  database.pragma('secure_delete = ON');
  // What stands in the schema may have been written by somebody else: it calls nothing with side effects.
  database.pragma('trusted_schema = OFF');
};

/** "Pstn", in the file's header: tells our databases from those of other programs. */
const applicationId = 0x5073746e;

const readNumber = (database: BetterSqlite3.Database, pragma: 'user_version' | 'application_id'): number =>
  Number(database.pragma(pragma, { simple: true }));

/**
 * The schema the file has; 0 for an empty one.
 * @throws StorageError `newer_schema`, or `not_a_database` where it is another program's
 */
export const schemaOf = (database: BetterSqlite3.Database): number => {
  const schema = readNumber(database, 'user_version');
  const owner = readNumber(database, 'application_id');
  const tables = database.prepare<[], number>('select count(*) from sqlite_schema').pluck().get() ?? 0;
  if (owner !== applicationId && (owner !== 0 || schema !== 0 || tables > 0)) throw notADatabase(database.name);
  if (schema > migrations.length) throw newerSchema(database.name, schema, migrations.length);
  return schema;
};

const dialect: Dialect = {
  contains: (column, part) => sql<SqlBool>`instr(lower(${column}), lower(${part})) > 0`,
  isOneOf: (column, values) => sql<SqlBool>`${column} in (select value from json_each(${JSON.stringify(values)}))`,
  // Each row is parsed once, as a list: the limit keeps SQLite from parsing it again for each of its columns.
  givenRows: (_, columns, rows) => {
    const lists = JSON.stringify(rows.map((row) => columns.map((column) => row[column])));
    const values = columns.map((_column, place) => sql`json_extract(given, ${sql.lit(`$[${place}]`)})`);
    return sql`
      select ${sql.join(values)} from (select jsonb(value) as given from json_each(${lists}) limit -1 offset 0)`;
  },
  rowAddress: sql`rowid`,
  isAddressIn: (selected) => sql<SqlBool>`rowid in (${selected})`,
};

/** The transaction holds the write lock from its beginning; its statements go to the one connection that it has. */
const createSchemaVersion = (database: BetterSqlite3.Database, retry: BusyRetry): SchemaVersion => ({
  place: database.name,
  read: () => retryWhileBusy(() => schemaOf(database), database.name, retry),
  write: async (_, version) => {
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${version}`);
  },
  begin: async () => {},
  hasForeignObjects: async () =>
    database.prepare("select 1 from sqlite_schema where type in ('trigger', 'view')").get() !== undefined,
  apply: async (_, migration) => {
    database.exec(migration);
  },
  tableExists: async (_, table) =>
    database.prepare('select 1 from sqlite_schema where type = ? and name = ?').get('table', table) !== undefined,
  rowAddress: dialect.rowAddress,
});

/**
 * Opens a database file (made if missing) or `:memory:` at the newest schema.
 * @throws StorageError with a sentence that says what to do
 */
export const openSqlite = async (location: string, adoption: Adoption, retry: BusyRetry): Promise<Engine> => {
  const path = location === inMemory ? inMemory : resolve(location);
  if (path !== inMemory) prepareFile(path);
  const source = path === inMemory ? (migratedInMemory ?? path) : path;
  const database = await retryWhileBusy(() => new BetterSqlite3(source, { timeout: blockingWaitMs }), path, retry);
  const checkpoints = createCheckpoints(database);
  const db: Database = new Kysely<Schema>({ dialect: createSqliteDialect(database, retry, checkpoints.wrote) });
  const transaction: Engine['transaction'] = (_, work) => db.transaction().execute(work);
  try {
    await retryWhileBusy(() => configure(database), path, retry);
    await migrate(db, createSchemaVersion(database, retry), adoption, (work) => transaction(undefined, work));
  } catch (error) {
    checkpoints.stop();
    database.close();
    throw error;
  }
  if (path === inMemory) migratedInMemory ??= database.serialize();
  // What a process left behind that was killed.
  checkpoints.wrote();
  return {
    db,
    place: path,
    dialect,
    transaction,
    lock: async () => {},
    nextDelivery: async (begun) => {
      const { rows } = await sql<{ last: number | null }>`
        select max(sequence) as last from webhook_deliveries`.execute(begun);
      return (rows[0]?.last ?? 0) + 1;
    },
    // A look into an index: anybody may ask, as often as they like.
    ready: async () => {
      await sql`select 1 from api_keys where id = ''`.execute(db);
      return true;
    },
    filled: async () => {},
    erased: checkpoints.erased,
    close: async () => {
      await db.destroy();
      checkpoints.stop();
      database.close();
    },
  };
};
