// Rate limits that several processes on a database count together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CreateLimit, limitsInMemory, type Rate } from '../../src/lib/rate-limit.ts';
import { type BucketStore, sharedLimits } from '../../src/lib/shared-rate-limit.ts';
import { StorageError } from '../../src/storage/index.ts';
import { aWorld, minute, sealerWith, type World } from './support.ts';

const second = 1000;
const address = '203.0.113.7';
const tenAMinute: Rate = { times: 10, perMs: minute };

/** The store of one process: counts what it is asked, and fails while `away`. */
const observed = (store: BucketStore) => {
  const seen = { asked: [] as string[], names: new Set<string>(), away: false };
  const asking =
    <Rest extends unknown[], R>(what: string, ask: (name: string, ...rest: Rest) => Promise<R>) =>
    async (name: string, ...rest: Rest): Promise<R> => {
      seen.asked.push(what);
      seen.names.add(name);
      if (seen.away) throw new StorageError('busy', 'The database does not answer.');
      return ask(name, ...rest);
    };
  return Object.assign(seen, {
    store: { find: asking('find', store.find), take: asking('take', store.take), add: asking('add', store.add) },
  });
};

/** The limits of one process on the world's database. */
const aProcess = async ({ open, clock }: World) => {
  const seen = observed((await open()).rateLimits);
  const logged: string[] = [];
  const createLimit = sharedLimits({
    store: seen.store,
    clock,
    hash: (text) => sealerWith(1).hmac('limit', text),
    log: (level, { event }) => void logged.push(`${level} ${event}`),
  });
  return { createLimit, seen, logged };
};

const twoProcesses = async () => {
  const world = await aWorld();
  return { clock: world.clock, first: await aProcess(world), second: await aProcess(world) };
};

const oneAfterTheOther = async (times: number, ask: (n: number) => Promise<number>): Promise<number[]> => {
  const answers: number[] = [];
  for (let n = 0; n < times; n++) answers.push(await ask(n));
  return answers;
};

describe('Limits that processes count together', () => {
  it('answer as those in memory do, whatever is asked in whatever order', async () => {
    const world = await aWorld();
    const { createLimit } = await aProcess(world);
    const step = fc.record({
      pause: fc.constantFrom(0, 1, 999, second, 7 * second, minute),
      ask: fc.constantFrom('take', 'wait', 'count'),
      cost: fc.integer({ min: 1, max: 13 }),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.constantFrom<Rate>(tenAMinute, { times: 7, perMs: 7 * minute }, { times: 3000, perMs: minute }),
        async (steps, rate) => {
          run += 1;
          const both = [limitsInMemory(world.clock), createLimit].map((create) => create('test', rate));
          for (const { pause, ask, cost } of steps) {
            world.clock.turn(pause);
            const [one, other] = await Promise.all(both.map((limit) => limit[ask](`person ${run}`, cost)));
            expect(other).toBe(one);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('allow the last of a bucket whose parts are no whole number of microseconds', async () => {
    const { createLimit } = await aProcess(await aWorld());
    const limit = createLimit('test', { times: 7, perMs: minute });
    expect(await oneAfterTheOther(8, () => limit.take(address))).toEqual([0, 0, 0, 0, 0, 0, 0, 9]);
  });

  it('are used up for every process at the same time, and filled again for every one', async () => {
    const { first, second: other, clock } = await twoProcesses();
    const [one, two] = [first, other].map(({ createLimit }) => createLimit('pages', tenAMinute));
    if (one === undefined || two === undefined) throw new Error('two processes');
    expect(await oneAfterTheOther(12, (n) => (n % 2 ? one : two).take(address))).toEqual([...Array(10).fill(0), 6, 6]);
    expect(await Promise.all([one.wait(address), two.wait(address), two.wait('203.0.113.8')])).toEqual([6, 6, 0]);
    clock.turn(6 * second);
    expect(await two.take(address)).toBe(0);
    expect(await one.take(address)).toBe(6);
  });

  it('give no place twice to calls that come to several processes at once', async () => {
    const { first, second: other } = await twoProcesses();
    const limits = [first, other].map(({ createLimit }) => createLimit('calls', tenAMinute));
    const answers = await Promise.all(limits.flatMap((limit) => Array.from({ length: 30 }, () => limit.take('ada'))));
    expect(answers.filter((seconds) => seconds === 0)).toHaveLength(10);
    expect(new Set(answers)).toEqual(new Set([0, 6]));
  });

  it('count each limit by itself, and nothing that costs more than all of it', async () => {
    const { createLimit } = await aProcess(await aWorld());
    const [pages, calls] = [createLimit('pages', tenAMinute), createLimit('calls', tenAMinute)];
    expect(await pages.take(address, 10)).toBe(0);
    expect(await calls.take(address, 11)).toBeGreaterThan(0);
    expect(await calls.take(address, 10)).toBe(0);
  });

  it('refuse a name that used up its limit from memory, and ask again when there may be a place', async () => {
    const world = await aWorld();
    const { createLimit, seen } = await aProcess(world);
    const limit = createLimit('pages', tenAMinute);
    await limit.take(address, 10);
    await limit.take(address);
    const asked = seen.asked.length;
    for (let n = 0; n < 100; n++) expect([await limit.take(address), await limit.wait(address)]).toEqual([6, 6]);
    expect(seen.asked).toHaveLength(asked);
    world.clock.turn(6 * second);
    expect(await limit.take(address)).toBe(0);
    expect(seen.asked).toHaveLength(asked + 1);
  });

  it('hold nobody up with what was counted before the clock was put back', async () => {
    const { first, second: other, clock } = await twoProcesses();
    const limits = [first, other].map(({ createLimit }) => createLimit('pages', tenAMinute));
    for (const limit of limits) await limit.count(address, 10);
    clock.turn(-60 * minute);
    for (const limit of limits) expect(await limit.wait(address)).toBe(0);
    expect(await oneAfterTheOther(11, (n) => limits[n % 2]?.take(address) ?? Promise.resolve(-1))).toEqual([
      ...Array(10).fill(0),
      6,
    ]);
  });

  it('hold no address and no account in the database, and are swept when they are full again', async () => {
    const world = await aWorld();
    const { createLimit, seen } = await aProcess(world);
    const limit = createLimit('pages', tenAMinute);
    await limit.count(address);
    await limit.take('other');
    expect([...seen.names].filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
    const kept = () =>
      Promise.all([...seen.names].map((name) => world.storage.rateLimits.find(name))).then(
        (found) => found.filter((fullAt) => fullAt !== undefined).length,
      );
    await world.storage.operations.sweep(world.clock.now() + 6 * second - 1);
    expect(await kept()).toBe(2);
    await world.storage.operations.sweep(world.clock.now() + 6 * second);
    expect(await kept()).toBe(0);
  });
});

describe('Limits whose database does not answer', () => {
  const used = async (createLimit: CreateLimit) => {
    const limit = createLimit('calls', tenAMinute);
    return { limit, twelve: () => oneAfterTheOther(12, () => limit.take('ada')) };
  };

  it('are counted in memory, which is logged once, and together again a few seconds after it does', async () => {
    const world = await aWorld();
    const { createLimit, seen, logged } = await aProcess(world);
    const { limit, twelve } = await used(createLimit);
    seen.away = true;
    expect(await twelve()).toEqual([...Array(10).fill(0), 6, 6]);
    await limit.count('ben', 20);
    expect([await limit.wait('ben'), await limit.wait('kim')]).toEqual([66, 0]);
    expect([seen.asked, logged]).toEqual([['take'], ['warn limits_in_memory']]);
    world.clock.turn(5 * second);
    await limit.take('ada');
    seen.away = false;
    world.clock.turn(5 * second - 1);
    expect(await limit.wait('kim')).toBe(0);
    expect(seen.asked).toEqual(['take', 'take']);
    world.clock.turn(1);
    expect(await limit.take('kim', 10)).toBe(0);
    expect(await (await aProcess(world)).createLimit('calls', tenAMinute).take('kim')).toBe(6);
    expect(logged).toEqual(['warn limits_in_memory', 'info limits_shared_again']);
  });

  it('let one call ask whether the database is back, and hold up no other', async () => {
    const world = await aWorld();
    const { createLimit, seen } = await aProcess(world);
    const limit = createLimit('calls', tenAMinute);
    seen.away = true;
    await limit.take('ada');
    world.clock.turn(5 * second);
    await Promise.all(Array.from({ length: 20 }, (_, n) => limit.take(`person ${n}`)));
    expect(seen.asked).toEqual(['take', 'take']);
  });

  it('still refuse who had used up theirs before', async () => {
    const { createLimit, seen } = await aProcess(await aWorld());
    const { limit, twelve } = await used(createLimit);
    await twelve();
    seen.away = true;
    await limit.take('ben');
    expect(await limit.take('ada')).toBe(6);
  });
});
