// A database file at the newest schema, without running the migrations for every test. That they run on files is the
// subject of test/storage/sqlite/opening.test.ts and upgrading.test.ts.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openSqlite } from '../../src/storage/sqlite/database.ts';

export const nothingToAdopt = {
  check: async () => {},
  adopt: async () => {},
  prepareSigning: async () => async () => {},
};

let migrated: Promise<Buffer> | undefined;

const migratedDatabase = async (): Promise<Buffer> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-migrated-'));
  try {
    const path = join(folder, 'postern.db');
    const engine = await openSqlite(path, nothingToAdopt, { pause, random: randomBytes });
    await engine.close();
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Makes a database where there is none yet. */
export const makeDatabase = async (path: string): Promise<void> => {
  migrated ??= migratedDatabase();
  await writeFile(path, await migrated, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
};
