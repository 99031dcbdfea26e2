// Several Posterns on one database renew a token once, wait for one another no longer than needed, and nothing that is
// locked keeps a call waiting that only reads.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '@postern/gmail-sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRaw, type RawDatabase } from '../support/database.ts';
import { type HandClock, handClock } from '../support/hand-clock.ts';
import { createWorld, newSandbox, type World } from '../support/world.ts';

let folder: string;
let clock: HandClock;
let sandbox: Sandbox;
let one: World;
let two: World;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
  clock = handClock();
  sandbox = newSandbox(clock);
  one = await open();
  two = await open();
  await one.connect('user_42');
  sandbox.clearRequests();
});
afterEach(async () => {
  sandbox.clearFaults();
  await one.close();
  await two.close();
  await rm(folder, { recursive: true });
});

const second = 1000;
const minute = 60 * second;
const key = { realm: 'default', identifier: 'user_42' };
const databasePath = () => join(folder, 'postern.db');
const open = () =>
  createWorld({ clock, sandbox, databasePath: databasePath(), encryptionKey: Buffer.alloc(32, 9).toString('base64') });
const tokenOf = (world: World, rejected?: string) => world.postern.accounts.freshToken(key, ['mail'])(rejected);
const tokenRequests = () => sandbox.requests.filter(({ path }) => path === '/token').length;
/** Turns the clock in small steps until the promise is settled; answers how much time that took. */
const turnUntil = async (
  promise: Promise<unknown>,
  step = 100,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<number> => {
  const before = clock.now();
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  while (!settled) {
    await meanwhile();
    await clock.advance(step);
  }
  return clock.now() - before;
};
const raw = async <T>(use: (database: RawDatabase) => Promise<T>): Promise<T> => {
  const database = await openRaw(one.config.database);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
};
/** As a process that was killed in the middle of its refresh leaves the row. */
const leaseOfTheDead = (milliseconds: number) =>
  raw((database) =>
    database.run('update accounts set lease_until = ?, lease_holder = ?', clock.now() + milliseconds, 'dead'),
  );
const lease = async () => (await raw((database) => database.all('select lease_until, lease_holder from accounts')))[0];
const noLease = { lease_until: null, lease_holder: null };

describe('While another process renews the token', () => {
  it('a call waits for it and gets the same token', async () => {
    await clock.advance(120 * minute);
    sandbox.fault({ path: '/token', times: 1 }, { kind: 'delay', milliseconds: 3 * second });
    const winner = tokenOf(one);
    await expect.poll(tokenRequests).toBe(1);
    const waiting = tokenOf(two);
    await turnUntil(Promise.all([winner, waiting]));
    expect(await waiting).toEqual(await winner);
    expect((await winner).ok).toBe(true);
    expect(tokenRequests()).toBe(1);
    expect(await lease()).toEqual(noLease);
  });

  it('a call whose token still serves does not wait at all', async () => {
    await clock.advance(57 * minute);
    sandbox.fault({ path: '/token', times: 1 }, { kind: 'hang' });
    const winner = tokenOf(one);
    await expect.poll(tokenRequests).toBe(1);
    expect((await tokenOf(two)).ok).toBe(true);
    sandbox.clearFaults();
    expect((await winner).ok).toBe(true);
  });

  it('a failure of that one lets the other try at once', async () => {
    await clock.advance(120 * minute);
    sandbox.fault({ path: '/token', times: 1 }, { status: 503 });
    expect((await tokenOf(one)).ok).toBe(false);
    expect(await lease()).toEqual(noLease);
    expect((await tokenOf(two)).ok).toBe(true);
    expect(tokenRequests()).toBe(2);
  });

  it('a token that an API rejected is renewed once for both', async () => {
    const stale = await tokenOf(one);
    const rejected = stale.ok ? stale.value.token : '';
    const both = Promise.all([tokenOf(one, rejected), tokenOf(two, rejected)]);
    await turnUntil(both);
    const tokens = (await both).map((answer) => answer.ok && answer.value.token);
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[0]).not.toBe(rejected);
    expect(tokenRequests()).toBe(1);
  });

  it('a token with a lifetime of two minutes is still renewed once for all who wait', async () => {
    await clock.advance(120 * minute);
    const short = Response.json({ access_token: 'short-lived', expires_in: 120, token_type: 'Bearer' });
    sandbox.fault({ path: '/token', times: 1 }, { status: 200, body: await short.json() });
    const both = Promise.all([tokenOf(one), tokenOf(two)]);
    await turnUntil(both);
    for (const answer of await both) expect(answer).toMatchObject({ ok: true, value: { token: 'short-lived' } });
    expect(tokenRequests()).toBe(1);
  });
});

describe('A process that died while it renewed the token', () => {
  it('keeps the others waiting until its lease runs out, and no longer', async () => {
    await clock.advance(120 * minute);
    await leaseOfTheDead(12 * second);
    const token = tokenOf(two);
    const waited = await turnUntil(token);
    expect((await token).ok).toBe(true);
    expect(waited).toBeGreaterThanOrEqual(12 * second);
    expect(waited).toBeLessThan(13 * second);
    expect(await lease()).toEqual(noLease);
  });

  it('keeps nobody waiting whose clock was put back since', async () => {
    await clock.advance(120 * minute);
    await leaseOfTheDead(3 * 60 * minute);
    expect((await tokenOf(two)).ok).toBe(true);
  });

  it('keeps nobody waiting for ever where its place is taken again and again', async () => {
    await clock.advance(120 * minute);
    await leaseOfTheDead(10 * second);
    const token = tokenOf(two);
    const waited = await turnUntil(token, second, () => leaseOfTheDead(10 * second));
    expect(await token).toEqual({ ok: false, problem: { kind: 'google_unavailable' } });
    expect(waited).toBeLessThanOrEqual(30 * second);
    expect(tokenRequests()).toBe(0);
  });

  it('is forgotten with the grant it was about', async () => {
    await leaseOfTheDead(12 * second);
    await two.postern.accounts.disconnect(key);
    expect(await lease()).toEqual(noLease);
    await one.connect('user_42');
    await leaseOfTheDead(12 * second);
    await two.connect('user_42');
    expect(await lease()).toEqual(noLease);
  });
});

describe('A late answer', () => {
  it('of a process whose lease another one took changes nothing, and its own call is answered all the same', async () => {
    await clock.advance(120 * minute);
    sandbox.fault({ path: '/token', times: 1 }, { kind: 'delay', milliseconds: 9 * second });
    const late = tokenOf(one);
    await expect.poll(tokenRequests).toBe(1);
    await raw((database) => database.run('update accounts set lease_until = 1'));
    const winner = await tokenOf(two);
    await turnUntil(late, second);
    expect((await late).ok).toBe(true);
    const kept = await two.postern.storage.accounts.readGrant(key);
    expect(winner).toMatchObject({ ok: true, value: { token: kept.kind === 'grant' && kept.grant.accessToken } });
  });

  it('that says invalid_grant does not end what another process has just renewed', async () => {
    await clock.advance(120 * minute);
    let release: ((answer: Response) => void) | undefined;
    const hanging = await createWorld({
      ...{ clock, sandbox, databasePath: databasePath(), encryptionKey: Buffer.alloc(32, 9).toString('base64') },
      fetch: () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    });
    const late = tokenOf(hanging);
    await expect.poll(() => release).toBeDefined();
    await raw((database) => database.run('update accounts set lease_until = 1'));
    const winner = await tokenOf(two);
    release?.(Response.json({ error: 'invalid_grant' }, { status: 400 }));
    expect(await late).toEqual(winner);
    expect((await two.postern.accounts.find(key))?.state.status).toBe('ACTIVE');
    await hanging.close();
  });
});

describe('While a foreign program holds the database', () => {
  it('a call is answered too whose token is just being renewed early', async () => {
    await clock.advance(56 * minute);
    const foreign = await openRaw(one.config.database);
    const held = await foreign.holdWrites();
    expect((await tokenOf(one)).ok).toBe(true);
    await held.release();
    await foreign.close();
    await expect.poll(tokenRequests).toBe(1);
    await expect.poll(lease).toEqual(noLease);
  });

  it('calls whose token is fresh are answered, and their last use is noted afterwards', async () => {
    const service = { key: await one.serviceKey(), as: 'user_42' };
    await clock.advance(2 * minute);
    const foreign = await openRaw(one.config.database);
    const held = await foreign.holdWrites();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => one.call('gmail_fetch_mails', { max_results: 1 }, service)),
    );
    // Every answer came although nobody could write.
    for (const answer of answers) expect(answer.structured.messages).toHaveLength(1);
    expect((await one.postern.accounts.find(key))?.lastUsedAt).toBeUndefined();
    await held.release();
    await expect.poll(async () => (await one.postern.accounts.find(key))?.lastUsedAt).toBe(clock.now());
    await foreign.close();
  });
});
