import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openStorage, StorageError } from '../../../src/storage/index.ts';
import { startAtOnce } from '../start-at-once.ts';
import { ada, connect, handClock, sealerWith, tempFolder } from '../support.ts';
import { aFileWorld } from './support.ts';

const open = (path: string) =>
  openStorage({ location: { engine: 'sqlite', path }, sealer: sealerWith(1), clock: handClock(), random: randomBytes });

const failure = async (path: string): Promise<StorageError> => {
  const error: unknown = await open(path).then(
    () => 'opened',
    (reason) => reason,
  );
  if (error instanceof StorageError) return error;
  throw new Error(`expected a StorageError, not ${error}`);
};

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('opening the database', () => {
  it('makes the file and its folders for the owner alone', async () => {
    const folder = join(tempFolder(), 'made', 'here');
    const path = join(folder, 'postern.db');
    const storage = await open(path);
    await storage.accounts.getOrCreate(ada);
    expect([folder, join(folder, '..'), path, `${path}-wal`].map(modeOf)).toEqual(['700', '700', '600', '600']);
    await storage.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('closes a file that others could read', async () => {
    const path = join(tempFolder(), 'postern.db');
    await (await open(path)).close();
    chmodSync(path, 0o644);
    await (await open(path)).close();
    expect(modeOf(path)).toBe('600');
  });

  it('finds everything again the next time', async () => {
    const path = join(tempFolder(), 'postern.db');
    const first = await open(path);
    await connect(first, ada);
    const before = await first.accounts.readGrant(ada);
    await first.close();
    const second = await open(path);
    expect(await second.accounts.readGrant(ada)).toEqual(before);
    await second.close();
  });

  it('also works in memory, without any file', async () => {
    const storage = await open(':memory:');
    await connect(storage, ada);
    expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    await storage.close();
  });

  it('refuses a database of a newer Postern, and does not touch it', async () => {
    const { path, raw } = await aFileWorld();
    raw.pragma('user_version = 99');
    const error = await failure(path);
    expect(error.kind).toBe('newer_schema');
    expect(error.message).toMatch(/newer Postern \(schema 99; this one knows up to \d+\)\. Install that version again/);
    expect(raw.pragma('user_version', { simple: true })).toBe(99);
  });

  it.each([
    ['a text file', (path: string) => writeFileSync(path, 'Dear diary, this is not a database at all.\n'.repeat(100))],
    ["another program's database", (path: string) => new BetterSqlite3(path).exec('create table notes (text)').close()],
    [
      "another program's empty database",
      (path: string) => new BetterSqlite3(path).exec('pragma application_id = 7').close(),
    ],
  ])('refuses %s, and does not touch it', async (_, write) => {
    const path = join(tempFolder(), 'postern.db');
    write(path);
    const { size } = statSync(path);
    const error = await failure(path);
    expect(error.kind).toBe('not_a_database');
    expect(error.message).toContain(`${path} is not a Postern database`);
    expect(statSync(path).size).toBe(size);
  });

  it.each([
    ['whose folder is a file', (folder: string) => join(folder, 'file', 'postern.db')],
    ['that is a folder', (folder: string) => folder],
  ])('refuses a path %s', async (_, pathIn) => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), '');
    const error = await failure(pathIn(folder));
    expect(error.kind).toBe('not_writable');
    expect(error.message).toContain('POSTERN_DATABASE_URL');
  });

  it.skipIf(process.getuid?.() === 0)('refuses a folder that it may not write to', async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o500);
    expect((await failure(join(folder, 'postern.db'))).kind).toBe('not_writable');
  });

  it('works for many processes that start at once on a file that is not there yet', async () => {
    const path = join(tempFolder(), 'postern.db');
    const ended = await startAtOnce({ engine: 'sqlite', path }, 5);
    expect(ended).toEqual(ended.map(() => ({ exitCode: 0, complaints: '' })));
    const storage = await open(path);
    const accounts = await storage.operations.listAccounts();
    expect(accounts).toHaveLength(6);
    const shared = accounts.find((account) => account.key.identifier === 'shared');
    expect(shared && shared.version - shared.createdAt).toBe(5);
    await storage.close();
  });
});
