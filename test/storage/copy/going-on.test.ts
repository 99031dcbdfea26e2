import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { DatabaseLocation } from '../../../src/model/database-location.ts';
import { copiedTables } from '../../../src/storage/copied-tables.ts';
import { compareStorage } from '../../../src/storage/copy.ts';
import { ada, aGrant, ben, connect, handClock, start } from '../support.ts';
import {
  aDatabase,
  contentOf,
  copy,
  differencesIn,
  fill,
  hostileNames,
  rawOf,
  refusalOf,
  serveOn,
  ways,
} from './support.ts';

/** Copies in a process of its own that is killed after so many batches. @returns the signal that ended it; null: it came to its end */
const copyAndDie = async (from: DatabaseLocation, to: DatabaseLocation, batches: number): Promise<unknown> => {
  const script = fileURLToPath(new URL('copy-and-die.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(from), JSON.stringify(to), String(batches)]);
  const [, signal] = await once(child, 'close');
  return signal;
};

const compare = (from: DatabaseLocation, to: DatabaseLocation) =>
  compareStorage({ from, to, clock: handClock(), random: randomBytes, batchRows: 3 });

describe.each(ways.filter(({ from, to }) => from !== to))('a copy from $from to $to', ({ from, to }) => {
  it('that is killed, wherever it is, goes on when it is made again, and nothing is there twice', async () => {
    const [source, target] = [await aDatabase(from), await aDatabase(to)];
    await fill(await serveOn(source));
    // In the first table, in a later one, and when everything is copied and compared.
    for (const batches of [2, 15, 40]) {
      expect(await copyAndDie(source, target, batches)).toBe('SIGKILL');
      // Half a Postern is none.
      expect(await refusalOf(serveOn(target))).toMatch(/holds only a part of .* Run it again/);
    }
    const compared = await copy(source, target);
    expect(differencesIn(compared)).toBe(0);
    expect(await contentOf(await rawOf(target))).toEqual(await contentOf(await rawOf(source)));
    await serveOn(target);
  });

  it('holds the source as it was when it began, while others go on writing there, and the next one brings over the rest', async () => {
    const [source, target] = [await aDatabase(from), await aDatabase(to)];
    const storage = await serveOn(source);
    await fill(storage);
    const before = await contentOf(await rawOf(source));
    const changes: (() => Promise<unknown>)[] = [
      () => connect(storage, ben, aGrant({ refreshToken: 'made meanwhile' })),
      () => storage.accounts.remove({ realm: 'hostile', identifier: hostileNames[0] }),
      () => storage.apiKeys.revoke('user ada', start),
      () => storage.refreshTokenCount.issued('sub', 'client', start),
    ];
    let writes: Promise<unknown> = Promise.resolve();
    const writeOne = () => {
      const change = changes.shift();
      if (change !== undefined) writes = writes.then(change);
    };
    expect(differencesIn(await copy(source, target, { progress: writeOne }))).toBe(0);
    await writes;
    expect(changes).toEqual([]);
    expect(await contentOf(await rawOf(target))).toEqual(before);

    const written: Record<string, number> = {};
    const noteWritten = (step: { doing: string; table: string; written: number }) => {
      if (step.doing === 'copying') written[step.table] = step.written;
    };
    expect(differencesIn(await copy(source, target, { progress: noteWritten }))).toBe(0);
    expect(await contentOf(await rawOf(target))).toEqual(await contentOf(await rawOf(source)));
    // Only what differs is written: an account that is new and one that is gone, a key, a count.
    expect(written).toMatchObject({ accounts: 2, api_keys: 1, refresh_tokens_issued: 3, authorization_records: 0 });
    expect(await (await serveOn(target)).accounts.readGrant(ben)).toMatchObject({
      grant: { refreshToken: 'made meanwhile' },
    });
  });

  it('is ended between two batches where that is asked for, and goes on the next time', async () => {
    const [source, target] = [await aDatabase(from), await aDatabase(to)];
    await fill(await serveOn(source));
    const controller = new AbortController();
    const progress = ({ table }: { table: string }) => {
      if (table === 'tickets') controller.abort(new Error('somebody pressed a key'));
    };
    expect(await refusalOf(copy(source, target, { signal: controller.signal, progress }))).toBe(
      'somebody pressed a key',
    );
    expect((await contentOf(await rawOf(target))).authorization_records).toEqual([]);
    expect(differencesIn(await copy(source, target))).toBe(0);
  });

  it('shows every difference when it is compared: rows that are missing, too many, altered, of another type', async () => {
    const [source, target] = [await aDatabase(from), await aDatabase(to)];
    await fill(await serveOn(source));
    await copy(source, target);
    expect(differencesIn(await compare(source, target))).toBe(0);
    const raw = await rawOf(target);
    await raw.run("update accounts set last_used_at = 0 where realm = 'default'");
    await raw.run("delete from tickets where hash = 'ticket ada'");
    await raw.run("insert into connection_defaults (realm, connection) values ('another', 'one')");
    await raw.run("update sessions set expires_at = expires_at + 1 where id = 'session ben'");
    await raw.run(
      'insert into refresh_tokens_issued select * from refresh_tokens_issued where issued_at = (select min(issued_at) from refresh_tokens_issued)',
    );
    const compared = await compare(source, target);
    const different = compared.filter((table) => table.different > 0).map((table) => [table.table, table.different]);
    expect(different).toEqual([
      ['accounts', 1],
      ['connection_defaults', 1],
      ['sessions', 1],
      ['tickets', 1],
      ['refresh_tokens_issued', 2],
    ]);
    expect(compared.map(({ table }) => table)).toEqual(copiedTables.map(({ table }) => table));
  });
});

it('What somebody else changes in the copy while it is made is found by the comparison after it, and the copy stays unfinished', async () => {
  const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
  await connect(await serveOn(source), ada);
  const raw = await rawOf(target);
  await raw.run(`create function alter_it() returns trigger language plpgsql as $$
    begin new.google_email := 'mallory@example.com'; return new; end $$;
    create trigger alter_it before insert or update on accounts for each row execute function alter_it()`);
  try {
    const compared = await copy(source, target);
    expect(compared.find(({ table }) => table === 'accounts')).toEqual({ table: 'accounts', equal: 0, different: 1 });
    expect(await refusalOf(serveOn(target))).toMatch('holds only a part of');
  } finally {
    await raw.run('drop function alter_it cascade');
  }
  expect(differencesIn(await copy(source, target))).toBe(0);
  expect(await (await serveOn(target)).operations.refusedRows()).toEqual([]);
});
