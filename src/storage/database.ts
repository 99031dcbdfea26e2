// Opens the SQLite file: its place on disk, its permissions, its pragmas, its schema.

import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely } from 'kysely';
import { isNoFile, makeFolder, PathError, pathErrorOf } from '../lib/checked-paths.ts';
import { type Adoption, migrate } from './migrate.ts';
import type { Database, Schema } from './schema.ts';
import {
  type BusyRetry,
  blockingWaitMs,
  createCheckpoints,
  createSqliteDialect,
  retryWhileBusy,
} from './sqlite-dialect.ts';
import { notWritable } from './storage-error.ts';

export interface OpenDatabase {
  readonly queries: Database;
  /** To be called after something was erased for good: nothing of it stays in the write-ahead log. */
  erased(): void;
  close(): Promise<void>;
}

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

/**
 * Opens a database file (made if missing) or `:memory:` at the newest schema.
 * @throws StorageError with a sentence that says what to do.
 */
export const openDatabase = async (location: string, retry: BusyRetry, adoption: Adoption): Promise<OpenDatabase> => {
  const path = location === inMemory ? inMemory : resolve(location);
  if (path !== inMemory) prepareFile(path);
  const source = path === inMemory ? (migratedInMemory ?? path) : path;
  const database = await retryWhileBusy(() => new BetterSqlite3(source, { timeout: blockingWaitMs }), path, retry);
  try {
    await retryWhileBusy(
      () => {
        configure(database);
        migrate(database, adoption);
      },
      path,
      retry,
    );
  } catch (error) {
    database.close();
    throw error;
  }
  if (path === inMemory) migratedInMemory ??= database.serialize();
  const checkpoints = createCheckpoints(database);
  // What a process left behind that was killed.
  checkpoints.wrote();
  const queries = new Kysely<Schema>({ dialect: createSqliteDialect(database, retry, checkpoints.wrote) });
  return {
    queries,
    erased: checkpoints.erased,
    close: async () => {
      await queries.destroy();
      checkpoints.stop();
      database.close();
    },
  };
};
