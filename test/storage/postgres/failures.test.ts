// What a Postern on PostgreSQL does while the database is away, full, slow, or a standby: everything is answered in bounded
// time, and goes on by itself afterwards. The server and the network's failures are real.
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PostgresLocation } from '../../../src/model/database-location.ts';
import type { Engine } from '../../../src/storage/engine.ts';
import { type Storage, storageIn } from '../../../src/storage/index.ts';
import { defaultTimes, type PostgresTimes } from '../../../src/storage/postgres/connections.ts';
import { openPostgres } from '../../../src/storage/postgres/database.ts';
import { createRowMacs } from '../../../src/storage/row-macs.ts';
import type { Database } from '../../../src/storage/schema.ts';
import { databaseAt, openRaw } from '../../support/database.ts';
import { type DatabaseWay, wayTo } from '../../support/database-way.ts';
import { nothingToAdopt } from '../../support/migrated-database.ts';
import { ada, aGrant, ben, connect, handClock, sealerWith } from '../support.ts';

const quick: PostgresTimes = { ...defaultTimes, patience: 300, statement: 250, lock: 200, answer: 400 };
const patient: PostgresTimes = { ...defaultTimes, patience: 20_000 };
const busy = { name: 'StorageError', kind: 'busy' };

interface World {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly way: DatabaseWay;
  readonly location: PostgresLocation;
}

/** A user of the server of this test's own, so that what is done to its sessions is done to no other test. */
const withUserOfItsOwn = async (location: PostgresLocation): Promise<PostgresLocation> => {
  const user = `user_${randomBytes(6).toString('hex')}`;
  const raw = await openRaw(location);
  await raw.run(`
    create role ${user} login password 'password'; grant all on schema ${location.schema} to ${user};
    grant all on all tables in schema ${location.schema} to ${user};
    grant all on all sequences in schema ${location.schema} to ${user}`);
  onTestFinished(async () => {
    await raw.run(`drop owned by ${user}; drop role ${user}`);
    await raw.close();
  });
  return { ...location, user, password: 'password' };
};

const aWorld = async (times = quick, poolSize = 3): Promise<World> => {
  const location = await databaseAt(`failures ${randomBytes(6).toString('hex')}`);
  if (location.engine !== 'postgres') throw new Error('This is a test of PostgreSQL.');
  const way = await wayTo(await withUserOfItsOwn(location));
  const engine = await openPostgres({ ...way.location, poolSize }, nothingToAdopt, { random: randomBytes, times });
  const sealer = sealerWith(1);
  const options = { sealer, random: randomBytes, clock: handClock() };
  const storage = await storageIn(engine, createRowMacs(sealer), options);
  onTestFinished(() => storage.close());
  await connect(storage, ada);
  return { storage, engine, way, location };
};

/** What everybody who comes in gets to do. */
const reading = ({ storage }: World) => storage.accounts.readGrant(ada);
const writing = ({ storage }: World) =>
  storage.accounts.getOrCreate({ ...ben, identifier: randomBytes(4).toString('hex') });
const inTransaction = async ({ storage }: World) => {
  const { version } = await storage.accounts.getOrCreate(ada);
  return storage.accounts.saveGrant(ada, version, aGrant());
};

describe('While the database', () => {
  it.each([
    ['refuses connections', (way: DatabaseWay) => way.close()],
    ['does not answer any more', (way: DatabaseWay) => way.fallSilent()],
  ])('%s, everything is answered as busy, and works again afterwards', async (_, begin) => {
    const world = await aWorld();
    await begin(world.way);
    for (const work of [reading, writing, inTransaction]) await expect(work(world)).rejects.toMatchObject(busy);
    await expect(world.storage.ready()).rejects.toMatchObject(busy);
    world.way.cut();
    await world.way.open();
    expect(await reading(world)).toMatchObject({ kind: 'grant' });
    expect(await writing(world)).toMatchObject({ state: { status: 'PENDING' } });
    expect(await inTransaction(world)).toMatchObject({ state: { status: 'ACTIVE' } });
    expect(await world.storage.ready()).toBe(true);
  });

  it('is away for less than anybody waits, nobody notices', async () => {
    const world = await aWorld(patient);
    await world.way.close();
    const working = [reading(world), writing(world), inTransaction(world)];
    await world.way.open();
    const [read, written, connected] = await Promise.all(working);
    expect(read).toMatchObject({ kind: 'grant' });
    expect(written).toMatchObject({ state: { status: 'PENDING' } });
    expect(connected).toMatchObject({ state: { status: 'ACTIVE' } });
  });

  it('is a standby, reading goes on, writing is busy, and the process is not ready', async () => {
    const world = await aWorld();
    const raw = await openRaw(world.location);
    onTestFinished(() => raw.close());
    const { user } = world.way.location;
    const setStandby = async (is: boolean) => {
      // What a standby answers (25006).
      await raw.run(`alter role ${user} set default_transaction_read_only = ${is ? 'on' : 'off'}`);
      world.way.cut();
    };
    try {
      await setStandby(true);
      expect(await reading(world)).toMatchObject({ kind: 'grant' });
      await expect(writing(world)).rejects.toMatchObject(busy);
      expect(await world.storage.ready()).toBe(false);
    } finally {
      await setStandby(false);
    }
    expect(await writing(world)).toMatchObject({ state: { status: 'PENDING' } });
    expect(await world.storage.ready()).toBe(true);
  });

  it('restarts and ends every connection, nobody has to know of it, or it is busy', async () => {
    const world = await aWorld(patient);
    const raw = await openRaw(world.location);
    onTestFinished(() => raw.close());
    for (let restarts = 0; restarts < 5; restarts++) {
      const working = [reading(world), writing(world), reading(world)];
      await raw.run(`
        select pg_terminate_backend(pid) from pg_stat_activity where usename = '${world.way.location.user}'`);
      expect(await reading(world)).toMatchObject({ kind: 'grant' });
      for (const ended of await Promise.allSettled(working))
        if (ended.status === 'rejected') expect(ended.reason).toMatchObject(busy);
    }
  });
});

describe('A statement', () => {
  it('that waits for a lock of somebody else is busy after a while, and leaves its connection usable', async () => {
    const world = await aWorld();
    const raw = await openRaw(world.location);
    onTestFinished(() => raw.close());
    await raw.run(`begin; select 1 from accounts where identifier = '${ada.identifier}' for update`);
    await expect(inTransaction(world)).rejects.toMatchObject(busy);
    await raw.run('rollback');
    expect(await inTransaction(world)).toMatchObject({ state: { status: 'ACTIVE' } });
  });

  it('finds a connection in time where all of them are taken, or is busy', async () => {
    const world = await aWorld(quick, 2);
    const raw = await openRaw(world.location);
    onTestFinished(() => raw.close());
    await raw.run(`begin; lock table accounts in access exclusive mode`);
    const many = await Promise.allSettled(Array.from({ length: 20 }, () => reading(world)));
    expect(many.map((one) => one.status === 'rejected' && one.reason)).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining(busy)),
    );
    await raw.run('rollback');
    expect(await Promise.all(Array.from({ length: 20 }, () => reading(world)))).toHaveLength(20);
  });
});

describe('A transaction', () => {
  it('whose connection is lost before its end is done again, once', async () => {
    const world = await aWorld(patient);
    const before = await world.storage.accounts.find(ada);
    let cuts = 0;
    const saving = world.storage.accounts.setPins(ada, before?.version ?? 0, { expectedSub: '42' });
    const cutting = setInterval(() => {
      cuts += 1;
      if (cuts > 3) clearInterval(cutting);
      else world.way.cut();
    }, 1);
    // Where it was lost at its end nobody knows whether it was made: then it says so, and was made once or not at all.
    const saved = await saving.catch((error: unknown) => error);
    clearInterval(cutting);
    const after = await world.storage.accounts.find(ada);
    if (saved instanceof Error) expect(saved).toMatchObject(busy);
    else expect(after).toMatchObject({ pins: { expectedSub: '42' } });
    expect([before?.version, (before?.version ?? 0) + 1]).toContain(after?.version);
  });

  it('that meets another in a deadlock is done again', async () => {
    const world = await aWorld(patient);
    await connect(world.storage, ben, aGrant({ google: { sub: '7', email: 'ben@example.com' } }));
    const raw = await openRaw(world.location);
    onTestFinished(() => raw.close());
    const use = (db: Database, identifier: string, at: number) =>
      db.updateTable('accounts').set({ last_used_at: at }).where('identifier', '=', identifier).execute();
    const { promise: first, resolve: hasFirst } = Promise.withResolvers<void>();
    let tries = 0;
    // The other one is not the one that gives up.
    await raw.run("set deadlock_timeout = '1min'; begin");
    await raw.run('update accounts set last_used_at = 1 where identifier = ?', ben.identifier);
    const working = world.engine.transaction(undefined, async (db) => {
      tries += 1;
      await use(db, ada.identifier, 3);
      hasFirst();
      await use(db, ben.identifier, 3);
    });
    await first;
    await raw.run('update accounts set last_used_at = 2 where identifier = ?', ada.identifier);
    await raw.run('commit');
    await working;
    expect(tries).toBeGreaterThan(1);
    expect(await raw.all('select last_used_at from accounts')).toEqual([{ last_used_at: 3 }, { last_used_at: 3 }]);
  });
});
