import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../../../src/storage/index.ts';
import type { Schema } from '../../../src/storage/schema.ts';
import { openSqlite } from '../../../src/storage/sqlite/database.ts';
import { createSqliteDialect, retryWhileBusy } from '../../../src/storage/sqlite/dialect.ts';
import { nothingToAdopt } from '../../support/migrated-database.ts';
import { ada, aTicket, ben, connect, start } from '../support.ts';
import { aFileWorld } from './support.ts';

describe('while another process holds the write lock', () => {
  it('a write waits without blocking, and succeeds after the release', async () => {
    const { storage, raw } = await aFileWorld();
    await storage.accounts.getOrCreate(ada);
    raw.exec('begin immediate');
    let settled = false;
    const write = storage.accounts.setPins(ada, start, { expectedSub: '42' }).finally(() => {
      settled = true;
    });
    // The event loop turns, timers and all, while the write is waiting.
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(settled).toBe(false);
    raw.exec('commit');
    expect(await write).toMatchObject({ pins: { expectedSub: '42' }, version: start + 1 });
  });

  it('reading goes on, also in the process whose write is waiting', async () => {
    const { storage, raw } = await aFileWorld();
    await connect(storage, ada);
    raw.exec('begin immediate');
    const waiting = storage.accounts.remove(ada);
    expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    raw.exec('commit');
    expect(await waiting).toBe(true);
  });

  it('opening a further storage works all the same', async () => {
    const { open, raw } = await aFileWorld();
    raw.exec('begin immediate');
    const storage = await open();
    expect(await storage.operations.listAccounts()).toEqual([]);
    raw.exec('commit');
  });

  it('a first start waits for it too', async () => {
    const { path, raw } = await aFileWorld();
    raw.pragma('foreign_keys = OFF');
    for (const table of raw.prepare<[], string>("select name from sqlite_schema where type = 'table'").pluck().all())
      raw.exec(`drop table ${table}`);
    raw.pragma('user_version = 0');
    raw.exec('begin immediate');
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
      if (pauses === 3) raw.exec('commit');
    };
    const { db: queries, close } = await openSqlite(path, nothingToAdopt, { pause, random: randomBytes });
    expect(await queries.selectFrom('accounts').selectAll().execute()).toEqual([]);
    expect(pauses).toBe(3);
    await close();
  });

  it('only one of many waiting writes tries, because every try blocks the process', async () => {
    const { path, raw } = await aFileWorld();
    const people = Array.from({ length: 20 }, (_, n) => `person ${n}`);
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
      if (pauses === 400) raw.exec('commit');
      await nextTurn();
    };
    const database = new BetterSqlite3(path, { timeout: 0 });
    let tries = 0;
    const prepare = database.prepare.bind(database);
    database.prepare = ((text: string) => {
      const statement = prepare(text);
      const all = statement.all.bind(statement);
      statement.all = (...parameters: unknown[]) => {
        tries += 1;
        return all(...parameters);
      };
      return statement;
    }) as typeof database.prepare;
    const queries = new Kysely<Schema>({ dialect: createSqliteDialect(database, { pause, random: randomBytes }) });
    const row = { realm: 'default', version: 1, grant_version: 0, state_since: start, created_at: start };
    raw.exec('begin immediate');
    const writes = people.map((identifier) =>
      queries
        .insertInto('accounts')
        .values({ ...row, identifier, status: 'PENDING', reason: 'never_connected' })
        .returning('identifier')
        .executeTakeFirst(),
    );
    expect((await Promise.all(writes)).map((written) => written?.identifier)).toEqual(people);
    expect(pauses).toBeGreaterThanOrEqual(400);
    expect(tries).toBeLessThan(100);
    await queries.destroy();
    database.close();
  });

  it('ends with "busy" when the lock never opens', async () => {
    const { path, raw } = await aFileWorld();
    const pauses: number[] = [];
    const pause = async (milliseconds: number) => {
      pauses.push(milliseconds);
    };
    const { db: queries, close } = await openSqlite(path, nothingToAdopt, { pause, random: randomBytes });
    raw.exec('begin immediate');
    const write = queries.deleteFrom('accounts').execute();
    await expect(write).rejects.toThrow(StorageError);
    await expect(write).rejects.toMatchObject({ kind: 'busy' });
    raw.exec('commit');
    const waited = pauses.reduce((sum, pause) => sum + pause);
    expect(waited).toBeGreaterThanOrEqual(5_000);
    expect(waited).toBeLessThan(5_100);
    expect(await queries.selectFrom('accounts').selectAll().execute()).toEqual([]);
    await close();
  });
});

describe('waiting for a lock', () => {
  it('is left to SQLite, which blocks the whole process, for a moment only', async () => {
    const { path } = await aFileWorld();
    const retry = { pause: async () => {}, random: randomBytes };
    const { db: queries, close } = await openSqlite(path, nothingToAdopt, retry);
    const pragma = async (name: string) => (await sql.raw(`pragma ${name}`).execute(queries)).rows;
    expect(await pragma('busy_timeout')).toEqual([{ timeout: 10 }]);
    expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }]);
    await close();
  });

  it('has pauses that grow and differ, none longer than 50 ms', async () => {
    const pauses: number[] = [];
    let locked = 40;
    const attempt = () => {
      if (locked-- > 0) throw new BetterSqlite3.SqliteError('database is locked', 'SQLITE_BUSY_SNAPSHOT');
      return 'done';
    };
    const pause = async (milliseconds: number) => {
      pauses.push(milliseconds);
    };
    expect(await retryWhileBusy(attempt, 'postern.db', { pause, random: randomBytes })).toBe('done');
    expect(pauses).toHaveLength(40);
    expect(pauses[0]).toBeLessThanOrEqual(2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(50);
    expect(Math.min(...pauses.slice(10))).toBeGreaterThanOrEqual(25);
    expect(new Set(pauses.slice(10)).size).toBeGreaterThan(5);
  });

  it.each([
    ['SQLITE_FULL', 'disk_full'],
    ['SQLITE_CORRUPT_INDEX', 'not_a_database'],
    ['SQLITE_READONLY_DBMOVED', 'not_writable'],
  ])('does not happen for %s, which is %s', async (code, kind) => {
    const attempt = () => {
      throw new BetterSqlite3.SqliteError('whatever SQLite says', code);
    };
    const pause = async () => {
      throw new Error('waited');
    };
    const answer = retryWhileBusy(attempt, 'postern.db', { pause, random: randomBytes });
    await expect(answer).rejects.toMatchObject({ name: 'StorageError', kind });
  });
});

describe('a transaction', () => {
  it('is not entered by other queries of the same process, and leaves nothing behind when it fails', async () => {
    const { path } = await aFileWorld();
    const retry = { pause: async () => {}, random: randomBytes };
    const { db: queries, close } = await openSqlite(path, nothingToAdopt, retry);
    const row = (identifier: string) => ({
      ...{ realm: 'default', identifier, version: 1, grant_version: 0, state_since: start, created_at: start },
      ...({ status: 'PENDING', reason: 'never_connected' } as const),
    });
    const failing = queries.transaction().execute(async (transaction) => {
      await transaction.insertInto('accounts').values(row('inside')).execute();
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      throw new Error('given up');
    });
    const outside = queries.insertInto('accounts').values(row('outside')).execute();
    await expect(failing).rejects.toThrow('given up');
    await outside;
    expect(await queries.selectFrom('accounts').select('identifier').execute()).toEqual([{ identifier: 'outside' }]);
    await close();
  });

  it('of many at once comes one after the other', async () => {
    const { storage, open } = await aFileWorld();
    const other = await open();
    for (const key of [ada, ben]) {
      await connect(storage, key);
      await storage.tickets.open(aTicket(`ticket of ${key.identifier}`, { key }), 20);
    }
    const removals = [storage, other, storage, other].flatMap(({ accounts }) => [
      accounts.remove(ada),
      accounts.remove(ben),
    ]);
    expect((await Promise.all(removals)).filter((removed) => removed)).toHaveLength(2);
  });
});
