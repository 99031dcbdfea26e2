// A backup is the whole database at one moment, and a restore puts it back or changes nothing.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { AccountKey } from '../../../src/model/account-key.ts';
import { openStorage } from '../../../src/storage/index.ts';
import { backUp, restore } from '../../../src/storage/sqlite/backup.ts';
import { ada, ben, connect, handClock, sealerWith, tempFolder } from '../support.ts';
import { aFileWorld } from './support.ts';

const random = randomBytes;
const person = (n: number): AccountKey => ({ realm: 'default', identifier: `person ${n}` });
const target = () => join(tempFolder(), 'backup.db');
const open = (path: string) =>
  openStorage({ location: { engine: 'sqlite', path }, sealer: sealerWith(1), clock: handClock(), random });
const options = (replace = false, key = 1) => ({ replace, sealer: sealerWith(key), clock: handClock(), random });

/** A backup with one person in it. */
const aBackup = async (): Promise<string> => {
  const { storage, path } = await aFileWorld();
  await connect(storage, ada);
  await storage.sealingKeys.announce('a process', false);
  const file = target();
  backUp(path, file, { replace: false, random });
  return file;
};

describe('A backup', () => {
  it('is one whole file for its owner alone, with what is only in the log so far', async () => {
    const { storage, path } = await aFileWorld();
    await connect(storage, ada);
    const file = target();
    backUp(path, file, { replace: false, random });
    expect(readdirSync(dirname(file))).toEqual(['backup.db']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'latin1')).not.toContain('refresh-token-of-this-grant');
    const restored = await open(file);
    expect(await restored.accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    await restored.close();
  });

  it('has everything that was written before it, while others go on writing', async () => {
    const { storage, path } = await aFileWorld();
    let [written, writing] = [0, true];
    const writer = (async () => {
      for (; writing; written++) {
        await connect(storage, person(written));
        await nextTurn();
      }
    })();
    await expect.poll(() => written, { interval: 5 }).toBeGreaterThan(3);
    const before = written;
    const file = target();
    backUp(path, file, { replace: false, random });
    writing = false;
    await writer;
    const restored = await open(file);
    expect((await restored.operations.listAccounts()).length).toBeGreaterThanOrEqual(before);
    expect(await restored.operations.refusedRows()).toEqual([]);
    await restored.close();
  });

  it('replaces no file unless it is told to', async () => {
    const { path } = await aFileWorld();
    const file = target();
    writeFileSync(file, 'a letter');
    expect(() => backUp(path, file, { replace: false, random })).toThrow(/exists already.*--force/);
    expect(readFileSync(file, 'utf8')).toBe('a letter');
    backUp(path, file, { replace: true, random });
    expect(statSync(file).size).toBeGreaterThan(1000);
    expect(() => backUp(path, path, { replace: true, random })).toThrow(/exists already/);
  });

  it.each([
    ['a database that is not there', (folder: string) => join(folder, 'none.db'), 'target.db'],
    ['a folder that is not there', undefined, 'no/such/folder/target.db'],
  ])('of %s says so, and leaves nothing behind', async (_, source, name) => {
    const { path } = await aFileWorld();
    const folder = tempFolder();
    const from = source?.(folder) ?? path;
    expect(() => backUp(from, join(folder, name), { replace: false, random })).toThrow(/\.db/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('A restore', () => {
  it('brings everybody back who was connected', async () => {
    const file = await aBackup();
    const path = join(tempFolder(), 'new', 'postern.db');
    await restore(file, path, options());
    expect(readdirSync(dirname(path))).toEqual(['postern.db']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const storage = await open(path);
    expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    expect(await storage.sealingKeys.running(0)).toEqual([]);
    await storage.close();
  });

  it('replaces a database only when it is told to and nobody has it open', async () => {
    const file = await aBackup();
    const { storage, path, raw } = await aFileWorld();
    await connect(storage, ben);
    await expect(restore(file, path, options())).rejects.toMatchObject({ kind: 'already_there' });
    await expect(restore(file, path, options(true))).rejects.toMatchObject({ kind: 'in_use' });
    expect(await storage.accounts.readGrant(ben)).toHaveProperty('kind', 'grant');
    await storage.close();
    raw.close();
    await restore(file, path, options(true));
    const restored = await open(path);
    expect((await restored.operations.listAccounts()).map(({ key }) => key)).toEqual([ada]);
    await restored.close();
  });

  it('replaces one that is destroyed, with whatever log lies beside it', async () => {
    const file = await aBackup();
    const path = join(tempFolder(), 'postern.db');
    for (const name of [path, `${path}-wal`, `${path}-shm`]) writeFileSync(name, randomBytes(8192));
    await restore(file, path, options(true));
    const restored = await open(path);
    expect(await restored.accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    await restored.close();
  });

  const damages: [string, (file: string) => unknown, string][] = [
    ['is a text', (file) => writeFileSync(file, 'Dear diary\n'.repeat(1000)), 'not_a_database'],
    ['is empty', (file) => writeFileSync(file, ''), 'not_a_database'],
    ['is not there', (file) => rmSync(file), 'not_a_database'],
    ['is a folder', (file) => [rmSync(file), mkdirSync(file)], 'not_a_database'],
    ['is a pipe', (file) => [rmSync(file), execFileSync('mkfifo', [file])], 'not_a_database'],
    ['is a device', (file) => [rmSync(file), symlinkSync('/dev/zero', file)], 'not_a_database'],
    [
      'is cut short',
      (file) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size - 8192)),
      'not_a_database',
    ],
    [
      'has a damaged page',
      (file) => writeFileSync(file, readFileSync(file).fill(0x55, 4096 * 2, 4096 * 4)),
      'not_a_database',
    ],
    [
      'is another program’s',
      (file) => void new BetterSqlite3(file).exec('pragma application_id = 7').close(),
      'not_a_database',
    ],
    [
      'is of a newer Postern',
      (file) => void new BetterSqlite3(file).exec('pragma user_version = 99').close(),
      'newer_schema',
    ],
  ];
  it.each(damages)('of a file that %s changes nothing and says why', async (_, damage, kind) => {
    const file = await aBackup();
    damage(file);
    const path = join(tempFolder(), 'postern.db');
    // What is wrong is the backup, and no setting.
    const words = kind === 'newer_schema' ? 'newer Postern' : 'is no backup of Postern';
    const message = expect.stringMatching(new RegExp(`^(?:The database )?${file} .*${words}`));
    await expect(restore(file, path, options())).rejects.toMatchObject({ kind, message });
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('under another key changes nothing and says which key is missing', async () => {
    const file = await aBackup();
    const path = join(tempFolder(), 'postern.db');
    await expect(restore(file, path, options(false, 9))).rejects.toMatchObject({ kind: 'wrong_key' });
    expect(existsSync(path)).toBe(false);
    await expect(restore(join(tempFolder(), 'none.db'), path, options())).rejects.toThrow('none.db');
  });
});
