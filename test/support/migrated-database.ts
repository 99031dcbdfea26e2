// A database file at the newest schema, without running the migrations for every test. That they run on files is the
// subject of test/storage/opening.test.ts and upgrading.test.ts.
import { writeFile } from 'node:fs/promises';
import BetterSqlite3 from 'better-sqlite3';
import { migrate } from '../../src/storage/migrate.ts';

const nothingToAdopt = { check: () => {}, adopt: () => {}, prepareSigning: () => () => {} };

let migrated: Buffer | undefined;

const migratedDatabase = (): Buffer => {
  const database = new BetterSqlite3(':memory:');
  migrate(database, nothingToAdopt);
  const bytes = database.serialize();
  database.close();
  return bytes;
};

/** Makes a database where there is none yet. */
export const makeDatabase = async (path: string): Promise<void> => {
  migrated ??= migratedDatabase();
  await writeFile(path, migrated, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
};
