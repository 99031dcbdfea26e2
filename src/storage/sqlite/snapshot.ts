// A SQLite file as it was at one moment: a read transaction of a connection of its own. Whoever writes goes on meanwhile; only
// the write-ahead log grows until its end, since what was written cannot be brought into the file under a reader.
import { realpathSync, statSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely } from 'kysely';
import type { Snapshot } from '../engine.ts';
import type { Schema } from '../schema.ts';
import { copyRefused, demandNewestSchema } from '../storage-error.ts';
import { schemaOf } from './database.ts';
import { type BusyRetry, blockingWaitMs, createSqliteDialect, retryWhileBusy } from './dialect.ts';

/** See engines.ts. @throws StorageError; what `work` throws */
export const withSqliteSnapshot = async <R>(
  path: string,
  retry: BusyRetry,
  work: (snapshot: Snapshot) => Promise<R>,
): Promise<R> => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw copyRefused(`There is no database file ${path}. Name the one that Postern uses: sqlite:PATH.`);
  const place = realpathSync(path);
  const open = () => new BetterSqlite3(place, { fileMustExist: true, timeout: blockingWaitMs });
  const database = await retryWhileBusy(open, place, retry);
  try {
    database.pragma('query_only = ON');
    database.pragma('trusted_schema = OFF');
    database.exec('begin');
    // The first read is the moment.
    demandNewestSchema(place, await retryWhileBusy(() => schemaOf(database), place, retry));
    return await work({ db: new Kysely<Schema>({ dialect: createSqliteDialect(database, retry) }), place });
  } finally {
    database.close();
  }
};
