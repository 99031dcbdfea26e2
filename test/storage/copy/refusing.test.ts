import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { migrations } from '../../../src/storage/migrations.ts';
import { databaseAt, giveBack } from '../../support/database.ts';
import { createWorld } from '../../support/world.ts';
import { ada, ben, connect, tempFolder } from '../support.ts';
import { aDatabase, contentOf, copy, differencesIn, engines, fill, rawOf, refusalOf, serveOn } from './support.ts';

const aPath = () => join(tempFolder(), 'postern.db');

describe.each(engines)('a target in %s', (engine) => {
  it('that holds another Postern is refused, and nothing of it is changed', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase(engine)];
    await fill(await serveOn(source));
    await connect(await serveOn(target), ben);
    const before = await contentOf(await rawOf(target));
    expect(await refusalOf(copy(source, target))).toMatch(
      /holds a Postern already.*Nothing was changed.*Name an empty target/,
    );
    expect(await contentOf(await rawOf(target))).toEqual(before);
    await serveOn(target);
  });

  it('that is the copy of another source is refused, and stays one of that', async () => {
    const [source, other, target] = [await aDatabase('sqlite'), await aDatabase('postgres'), await aDatabase(engine)];
    for (const from of [source, other]) await connect(await serveOn(from), from === source ? ada : ben);
    await copy(source, target);
    expect(await refusalOf(copy(other, target))).toMatch(/holds a copy of another database/);
    expect(differencesIn(await copy(source, target))).toBe(0);
  });

  it('on which a Postern served since is not written over: what was made there stays', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase(engine)];
    await connect(await serveOn(source), ada);
    await copy(source, target);
    const storage = await serveOn(target);
    await storage.endCopying();
    expect(differencesIn(await copy(source, target))).toBe(0);
    await connect(storage, ben);
    expect(await refusalOf(copy(source, target))).toMatch(/has served since it was copied/);
    expect(await storage.accounts.readGrant(ben)).toHaveProperty('kind', 'grant');
  });

  it('that a copy began to fill since a Postern opened it stays a copy, and is not served', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase(engine)];
    await connect(await serveOn(source), ada);
    await copy(source, target);
    const storage = await serveOn(target);
    const raw = await rawOf(target);
    await raw.run('update copied_from set finished = 0');
    await expect(storage.endCopying()).rejects.toMatchObject({ kind: 'unfinished_copy' });
    expect(await raw.value('select finished from copied_from')).toBe(0);
  });

  it('on which a Postern runs is refused until that has stopped', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase(engine)];
    await connect(await serveOn(source), ada);
    const raw = await rawOf(target);
    await raw.run(
      `insert into processes (id, key_ids, sealing_key_id, rereads_keys, seen_at) values ('one', '[]', 'x', 0, 9000000000000)`,
    );
    expect(await refusalOf(copy(source, target))).toMatch(/A Postern runs on .* Stop it/);
    await raw.run('delete from processes');
    expect(differencesIn(await copy(source, target))).toBe(0);
  });

  it('is not emptied where the source is empty all at once', async () => {
    const [source, target] = [await aDatabase(engine), await aDatabase('sqlite')];
    const storage = await serveOn(source);
    await connect(storage, ada);
    await copy(source, target);
    await storage.accounts.remove(ada);
    await (await rawOf(source)).run('delete from webhook_deliveries');
    expect(await refusalOf(copy(source, target))).toMatch(/is empty, though .* nothing was changed/);
    expect((await contentOf(await rawOf(target))).accounts).toHaveLength(1);
  });
});

it('A Postern that starts on a copy makes it its own', async () => {
  const path = aPath();
  const raw = await rawOf(await databaseAt(path));
  await raw.run("insert into copied_from (only_row, source, finished) values (1, 'a place', 1)");
  const world = await createWorld({ databasePath: path });
  try {
    expect(await raw.all('select * from copied_from')).toEqual([]);
  } finally {
    await world.close();
    giveBack(path);
  }
});

describe('a source', () => {
  it('that is not there is not made', async () => {
    const path = aPath();
    const target = await aDatabase('postgres');
    expect(await refusalOf(copy({ engine: 'sqlite', path }, target))).toBe(
      `There is no database file ${path}. Name the one that Postern uses: sqlite:PATH.`,
    );
    if (target.engine !== 'postgres') throw new Error('another engine');
    expect(await refusalOf(copy({ ...target, schema: 'nobody_made_it' }, target))).toMatch('is not a Postern database');
  });

  it('that is another program’s is refused', async () => {
    const path = aPath();
    writeFileSync(path, 'no database at all, but a text that is longer than a header of a hundred bytes '.repeat(20));
    const target = await aDatabase('postgres');
    expect(await refusalOf(copy({ engine: 'sqlite', path }, target))).toMatch('is not a Postern database');
  });

  it('of an older schema is refused with its fix, of a newer one with the version to install', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
    const setSchema = (version: number) => {
      const raw = new BetterSqlite3(source.engine === 'sqlite' ? source.path : '');
      raw.pragma(`user_version = ${version}`);
      raw.close();
    };
    setSchema(migrations.length - 1);
    expect(await refusalOf(copy(source, target))).toMatch(
      /is from an older Postern .* Start this version of Postern on it once/,
    );
    setSchema(migrations.length + 1);
    expect(await refusalOf(copy(source, target))).toMatch(/was written by a newer Postern/);
    const postgres = await rawOf(target);
    setSchema(migrations.length);
    for (const [step, message] of [
      [-1, 'an older Postern'],
      [2, 'a newer Postern'],
    ] as const) {
      await postgres.run(`update postern_schema set version = version + ${step}`);
      expect(await refusalOf(copy(target, source))).toMatch(message);
    }
    await postgres.run('update postern_schema set version = version - 1');
  });

  it('that is the target is refused, under whichever name', async () => {
    const source = await aDatabase('postgres');
    expect(await refusalOf(copy(source, source))).toMatch('are the same database');
  });

  it('that is itself only a part is refused', async () => {
    const [source, target] = [await aDatabase('postgres'), await aDatabase('sqlite')];
    await (await rawOf(source)).run("insert into copied_from (only_row, source, finished) values (1, 'a place', 0)");
    expect(await refusalOf(copy(source, target))).toMatch('holds only a part of a place');
  });

  it('with a row whose account was deleted by hand is refused with the row, until that is deleted too', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
    await fill(await serveOn(source));
    const raw = await rawOf(source);
    await raw.run("pragma foreign_keys = off; delete from accounts where realm = 'default'");
    expect(await refusalOf(copy(source, target))).toMatch(
      /A row of sessions in the source breaks a rule.*\{"id":"session ada"\}/,
    );
    await raw.run(
      [
        'sessions',
        'tickets',
        'pending_grants',
        'downloads',
        'authorization_records',
        'browser_sessions',
        'idempotency_keys',
      ]
        .map((table) => `delete from ${table} where realm = 'default'`)
        .join(';'),
    );
    expect(differencesIn(await copy(source, target))).toBe(0);
  });

  it.each([
    { what: 'a number beyond ours', change: 'update accounts set version = 9007199254740993', why: 'holds a number' },
    { what: 'a key with a NUL', change: "update accounts set identifier = 'a' || char(0)", why: 'no well-formed text' },
    {
      what: 'a key that is no UTF-8',
      change: "update accounts set identifier = cast(x'61ff' as text)",
      why: 'so something else than Postern wrote it',
    },
  ])('with $what is refused with the row', async ({ change, why }) => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
    const storage = await serveOn(source);
    await connect(storage, ada);
    await (await rawOf(source)).run(change);
    await storage.accounts.getOrCreate({ realm: 'default', identifier: 'zoe' });
    await storage.accounts.getOrCreate({ realm: 'default', identifier: 'zora' });
    expect(await refusalOf(copy(source, target, { batchRows: 1 }))).toMatch(why);
  });
});
