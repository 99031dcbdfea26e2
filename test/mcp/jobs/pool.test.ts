// The threads that read mail: what one account's job may do to others, and what becomes of jobs that go wrong.
import { afterEach, describe, expect, it } from 'vitest';
import { createPool, type Pool, type PoolOptions } from '../../../src/mcp/jobs/worker-pool.ts';
import { type HandClock, handClock } from '../../support/hand-clock.ts';

const entry = new URL('./odd-jobs.ts', import.meta.url);

let clock: HandClock;
let logged: object[];
const pools: Pool[] = [];
const aPool = (options: Partial<PoolOptions> = {}): Pool => {
  clock = handClock();
  logged = [];
  const pool = createPool({
    clock,
    log: (entry) => logged.push(entry),
    entry,
    deadlineMs: 1000,
    heapMb: 16,
    ...options,
  });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

const idle = () => ({ signal: new AbortController().signal });
const echo = (pool: Pool, account: string, input: object = { text: 'hello' }, waiter = idle()) =>
  pool.run(account, 'echo', input, [], waiter);
const done = (output: object) => ({ kind: 'done', output });

/** A job that never ends, once it has begun. */
const spinning = async (pool: Pool, account: string, waiter = idle()) => {
  const flag = new SharedArrayBuffer(4);
  const outcome = pool.run(account, 'spin', { flag }, [], waiter);
  const begun = Atomics.waitAsync(new Int32Array(flag), 0, 0);
  await begun.value;
  return { outcome };
};

describe('A job', () => {
  it('is done in a thread, from its input alone', async () => {
    expect(await echo(aPool(), 'a')).toEqual(done({ text: 'hello' }));
  });

  it('takes memory along that is moved', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(await aPool().run('a', 'echo', { bytes }, [bytes.buffer], idle())).toEqual(
      done({ bytes: new Uint8Array([1, 2, 3]) }),
    );
    expect(bytes).toHaveLength(0);
  });

  it('that takes too long is ended, and the next one is done', async () => {
    const pool = aPool({ threads: 1 });
    const { outcome } = await spinning(pool, 'a');
    await clock.advance(1000);
    expect(await outcome).toEqual({ kind: 'ended' });
    expect(logged).toEqual([{ event: 'mail_job_ended', job: 'spin', code: 'deadline' }]);
    expect(await echo(pool, 'a')).toEqual(done({ text: 'hello' }));
  });

  it('that takes too much memory is ended alone, and the next one is done', async () => {
    const pool = aPool({ threads: 2 });
    const { outcome } = await spinning(pool, 'other');
    expect(await pool.run('a', 'fill', {}, [], idle())).toEqual({ kind: 'ended' });
    expect(logged).toEqual([{ event: 'mail_job_ended', job: 'fill', code: 'ERR_WORKER_OUT_OF_MEMORY' }]);
    expect(await echo(pool, 'a')).toEqual(done({ text: 'hello' }));
    await clock.advance(1000);
    await outcome;
  });

  it('that ends its thread, or fails, is ended alone, and no word of its error is logged', async () => {
    const pool = aPool({ threads: 1 });
    expect(await pool.run('a', 'exit', {}, [], idle())).toEqual({ kind: 'ended' });
    expect(await pool.run('a', 'nonsense', {}, [], idle())).toEqual({ kind: 'ended' });
    expect(JSON.stringify(logged)).not.toContain('no such job');
    expect(await echo(pool, 'a')).toEqual(done({ text: 'hello' }));
  });

  it('for which no thread can be started is ended, not waited for', async () => {
    const pool = aPool({ entry: new URL('../../workers/no-such-file.ts', import.meta.url) });
    expect(await echo(pool, 'a')).toEqual({ kind: 'ended' });
    expect(await echo(pool, 'a')).toEqual({ kind: 'ended' });
  });

  it('that nobody waits for any more gives its thread back', async () => {
    const pool = aPool({ threads: 1 });
    const leaving = new AbortController();
    const { outcome } = await spinning(pool, 'a', { signal: leaving.signal });
    const next = echo(pool, 'b');
    leaving.abort();
    expect(await outcome).toEqual({ kind: 'cancelled' });
    expect(await next).toEqual(done({ text: 'hello' }));
  });
});

describe('An account', () => {
  it('has one job under way, whatever else is free, and others are served meanwhile', async () => {
    const pool = aPool({ threads: 2 });
    const { outcome } = await spinning(pool, 'a');
    const second = echo(pool, 'a');
    expect(await echo(pool, 'b')).toEqual(done({ text: 'hello' }));
    expect(await Promise.race([second, echo(pool, 'b', { text: 'third' })])).toEqual(done({ text: 'third' }));
    await clock.advance(1000);
    expect((await outcome).kind).toBe('ended');
    expect(await second).toEqual(done({ text: 'hello' }));
  });

  it('that has too many waiting is told so at once; others are not', async () => {
    const pool = aPool({ threads: 2, accountWaiting: 2 });
    const { outcome } = await spinning(pool, 'a');
    const waiting = [echo(pool, 'a'), echo(pool, 'a')];
    expect(await echo(pool, 'a')).toEqual({ kind: 'busy' });
    expect(await echo(pool, 'b')).toEqual(done({ text: 'hello' }));
    await clock.advance(1000);
    await outcome;
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['done', 'done']);
  });
});

describe('Closing', () => {
  it('ends what is under way and what waits, and nothing begins any more', async () => {
    const pool = aPool({ threads: 1 });
    const { outcome } = await spinning(pool, 'a');
    const waiting = echo(pool, 'b');
    await pool.close();
    expect(await outcome).toEqual({ kind: 'cancelled' });
    expect(await waiting).toEqual({ kind: 'cancelled' });
    expect(await echo(pool, 'c')).toEqual({ kind: 'cancelled' });
  });

  it('of a pool that was never used starts nothing', async () => {
    await aPool().close();
    expect(logged).toEqual([]);
  });
});
