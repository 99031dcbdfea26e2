// What was erased is in none of the files any more, and what was written is in the database file, not only in its log.
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AccountKey } from '../../../src/model/account-key.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { ada, aGrant, connect, minute, start, tempFolder } from '../support.ts';
import { aFileWorld, type FileWorld } from './support.ts';

const filesOf = (path: string): string =>
  ['', '-wal', '-shm', '-journal']
    .map((suffix) => `${path}${suffix}`)
    .filter(existsSync)
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');

/** Every 24 characters of the envelopes that some file still has. */
const leftOf = (envelopes: readonly string[], path: string): string[] => {
  const files = filesOf(path);
  const pieces = envelopes.flatMap((envelope) =>
    Array.from({ length: Math.floor((envelope.length - 16) / 24) }, (_, n) => envelope.slice(16 + 24 * n, 40 + 24 * n)),
  );
  expect(pieces.length).toBeGreaterThanOrEqual(envelopes.length);
  return pieces.filter((piece) => files.includes(piece));
};

const envelopesOf = ({ raw }: FileWorld, where: string): string[] =>
  raw
    .prepare<[], Record<string, string>>(`select refresh_token, access_token from accounts where ${where}`)
    .all()
    .flatMap((row) => Object.values(row));

const person = (n: number): AccountKey => ({ realm: 'default', identifier: `person ${n}` });
const long = (n: number) => aGrant({ refreshToken: `${n} `.repeat(200), accessToken: `${n} `.repeat(400) });

const aPending = async ({ storage, raw }: FileWorld): Promise<string> => {
  await storage.accounts.getOrCreate(ada);
  await storage.pendingGrants.add({
    ...{ hash: 'pending', key: ada, ticketHash: 'ticket', apiKeyId: 'k', createdAt: start },
    ...{ expiresAt: start + 10 * minute, grant: aGrant(), emailVerified: true },
  });
  return String(raw.prepare('select sealed_grant from pending_grants').pluck().get());
};

describe('What is sealed of a person', () => {
  it.each([
    ['is deleted', (storage: Storage) => storage.accounts.remove(ada)],
    [
      'is disconnected',
      async (storage: Storage) => {
        const { version } = await storage.accounts.getOrCreate(ada);
        return storage.accounts.setState(ada, version, { status: 'PENDING', reason: 'disconnected' });
      },
    ],
    [
      'lost access for a reason that is known',
      async (storage: Storage) => {
        const { version, grantVersion } = await storage.accounts.getOrCreate(ada);
        const at = { accountVersion: version, grantVersion, holder: 'me' };
        await storage.refreshes.takeLease(ada, at, minute);
        return storage.refreshes.endGrant(ada, at, { reason: 'admin_policy', retain: false });
      },
    ],
    ['connects again', (storage: Storage) => connect(storage, ada, aGrant({ refreshToken: 'newer' }))],
  ])('is in no file any more once that person %s', async (_, erase) => {
    const world = await aFileWorld();
    await connect(world.storage, ada);
    const sealed = envelopesOf(world, 'true');
    expect(leftOf(sealed, world.path)).not.toEqual([]);
    expect(await erase(world.storage)).toBeTruthy();
    expect(leftOf(sealed, world.path)).toEqual([]);
  });

  it.each([
    ['refused', ({ storage }: FileWorld) => storage.pendingGrants.refuse('pending')],
    [
      'confirmed',
      async ({ storage }: FileWorld) => {
        const { version } = await storage.accounts.getOrCreate(ada);
        return storage.pendingGrants.confirm('pending', version, aGrant(), start);
      },
    ],
  ])('waiting for a confirmation is in no file any more once it is %s', async (_, end) => {
    const world = await aFileWorld();
    const sealed = await aPending(world);
    await end(world);
    expect(leftOf([sealed], world.path)).toEqual([]);
  });

  it('is gone soon after the product’s time is over, and with the sweep', async () => {
    const world = await aFileWorld();
    const sealed = await aPending(world);
    await world.storage.operations.sweep(start + 10 * minute);
    expect(leftOf([sealed], world.path)).toEqual([]);
  });

  it('goes from every page that it was on, among many who stay', async () => {
    const world = await aFileWorld();
    const { storage, path } = world;
    for (let n = 0; n < 36; n++) await connect(storage, person(n), long(n));
    const gone = envelopesOf(world, 'cast(substr(identifier, 8) as integer) % 3 <> 0');
    const former = envelopesOf(world, 'cast(substr(identifier, 8) as integer) % 3 = 0');
    for (let n = 0; n < 36; n++) {
      if (n % 3 === 0) await connect(storage, person(n), long(1000 + n));
      else await storage.accounts.remove(person(n));
    }
    expect(leftOf([...gone, ...former], path)).toEqual([]);
    expect(await storage.operations.listAccounts()).toHaveLength(12);
  });

  it('goes as soon as nobody reads any more who began before, and nobody waits for that', async () => {
    const world = await aFileWorld();
    const { storage, path } = world;
    await connect(storage, ada);
    const sealed = envelopesOf(world, 'true');
    const reader = new BetterSqlite3(path);
    onTestFinished(() => void reader.close());
    reader.exec('begin');
    reader.prepare('select * from accounts').all();
    expect(await storage.accounts.remove(ada)).toBe(true);
    expect(leftOf(sealed, path)).not.toEqual([]);
    reader.exec('commit');
    await expect.poll(() => leftOf(sealed, path), { timeout: 10_000, interval: 20 }).toEqual([]);
  });

  it('goes as soon as a long write of another process is over', async () => {
    const world = await aFileWorld();
    const { storage, path, raw } = world;
    const sealed = await aPending(world);
    await storage.pendingGrants.voidAll(ada);
    raw.exec('begin immediate');
    raw.exec('commit');
    await expect.poll(() => leftOf([sealed], path), { timeout: 10_000, interval: 20 }).toEqual([]);
  });
});

describe('The database file alone', () => {
  /** What somebody has who copies the file that the settings name, and nothing beside it. */
  const accountsInCopy = (path: string): number => {
    const copy = join(tempFolder(), 'copy.db');
    copyFileSync(path, copy);
    const database = new BetterSqlite3(copy, { readonly: true });
    try {
      return Number(database.prepare('select count(*) from accounts').pluck().get());
    } catch {
      return 0;
    } finally {
      database.close();
    }
  };

  it('has everything soon after the last write, while processes have it open', async () => {
    const { storage, open, path } = await aFileWorld();
    await open();
    for (let n = 0; n < 5; n++) await storage.accounts.getOrCreate(person(n));
    await expect.poll(() => accountsInCopy(path), { timeout: 10_000, interval: 20 }).toBe(5);
    expect(statSync(`${path}-wal`).size).toBe(0);
  });

  it('does not fall behind while somebody writes all the time', async () => {
    const { storage, path } = await aFileWorld();
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        await storage.accounts.getOrCreate(person(n));
        await nextTurn();
      }
    })();
    await expect.poll(() => accountsInCopy(path), { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
    writing = false;
    await writer;
  });

  it('has everything once a process has closed it, also where another one goes on', async () => {
    const { storage, open, path } = await aFileWorld();
    const other = await open();
    await other.accounts.getOrCreate(ada);
    await other.close();
    expect(accountsInCopy(path)).toBe(1);
    await storage.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});
