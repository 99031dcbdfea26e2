// Brings a database file to the newest schema, or says why not. Synchronous: nothing can come between its statements.
import type BetterSqlite3 from 'better-sqlite3';
import { type FormerlySigned, firstWithMacs, formerlySigned, migrations } from './migrations.ts';
import { newerSchema, notADatabase } from './storage-error.ts';

/** "Pstn", in the file's header: tells our databases from those of other programs. */
const applicationId = 0x5073746e;

const readNumber = (database: BetterSqlite3.Database, pragma: 'user_version' | 'application_id'): number =>
  Number(database.pragma(pragma, { simple: true }));

/** The schema the file has; 0 for an empty one. */
export const schemaOf = (database: BetterSqlite3.Database): number => {
  const schema = readNumber(database, 'user_version');
  const owner = readNumber(database, 'application_id');
  const tables = database.prepare<[], number>('select count(*) from sqlite_schema').pluck().get() ?? 0;
  if (owner !== applicationId && (owner !== 0 || schema !== 0 || tables > 0)) throw notADatabase(database.name);
  if (schema > migrations.length) throw newerSchema(database.name, schema, migrations.length);
  return schema;
};

/** What a migration cannot do in SQL; each throws a StorageError where it must not be done. */
export interface Adoption {
  /** Looks at a database from before rows had MACs. */
  check(database: BetterSqlite3.Database): void;
  /** Signs every row of it. */
  adopt(database: BetterSqlite3.Database): void;
  /** Looks for the genuine rows of tables whose MACs will cover something else. @returns signs them anew */
  prepareSigning(database: BetterSqlite3.Database, former: readonly FormerlySigned[]): () => void;
}

/**
 * Runs the missing migrations in one transaction that holds the write lock from its start, so that of many processes
 * starting at once one migrates and the others find it done. A file that is up to date is only read.
 * @throws StorageError `newer_schema`, `not_a_database`, or what the adoption throws; SQLITE_BUSY, worth another try.
 */
export const migrate = (database: BetterSqlite3.Database, adoption: Adoption): void => {
  if (schemaOf(database) === migrations.length) return;
  const bringUpToDate = database.transaction(() => {
    const former = schemaOf(database);
    const adopts = former > 0 && former < firstWithMacs;
    if (adopts) adoption.check(database);
    const changed = former < firstWithMacs ? [] : formerlySigned.filter(({ upTo }) => former <= upTo);
    const signAnew = adoption.prepareSigning(database, changed);
    for (const migration of migrations.slice(former)) database.exec(migration);
    signAnew();
    if (adopts) adoption.adopt(database);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
  });
  bringUpToDate.immediate();
};
