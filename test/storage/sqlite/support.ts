// A storage in an SQLite file of its own, and the file as another process has it.
import BetterSqlite3 from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { Sealer } from '../../../src/storage/index.ts';
import { aWorld, type World } from '../support.ts';

export interface FileWorld extends Omit<World, 'raw'> {
  readonly path: string;
  /** The file itself, for looking, tampering, and standing in the way. */
  readonly raw: BetterSqlite3.Database;
}

export const aFileWorld = async (sealer?: Sealer): Promise<FileWorld> => {
  const { location, ...world } = await aWorld(sealer);
  if (location.engine !== 'sqlite') throw new Error('This test is about a file.');
  const raw = new BetterSqlite3(location.path, { timeout: 0, fileMustExist: true });
  onTestFinished(() => void raw.close());
  return { ...world, location, path: location.path, raw };
};

/** The rows of a table as they are, to be put back later as whoever can write to the file could; columns that are gone are left out. */
export const snapshot = (raw: BetterSqlite3.Database, table: string): { putBack(): void } => {
  const rows = raw.prepare<[], Record<string, unknown>>(`select * from ${table}`).all();
  return {
    putBack: () => {
      const present = raw.prepare<[string], string>('select name from pragma_table_info(?)').pluck().all(table);
      for (const row of rows) {
        const columns = Object.keys(row).filter((column) => present.includes(column));
        const values = columns.map((column) => `@${column}`).join(', ');
        const same = columns.map((column) => `${column} = excluded.${column}`).join(', ');
        raw
          .prepare(`insert into ${table} (${columns.join(', ')}) values (${values}) on conflict do update set ${same}`)
          .run(row);
      }
    },
  };
};
