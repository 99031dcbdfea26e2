// Every account is asked for once a day by itself: who left is known without a call, and Google ends no grant for being
// unused. One process of those on a database does it, a few accounts at a time.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Accounts } from '../../src/connect/accounts.ts';
import { createDailyChecks } from '../../src/grants/checks.ts';
import type { AccountKey } from '../../src/model/account-key.ts';
import { connectAtOnce } from '../support/connect-at-once.ts';
import { createWorld, sam, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let world: World;
const running = new Map<object, { readonly stop: AbortController; readonly ended: Promise<void> }>();
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  for (const checks of running.keys()) await stop(checks);
  await world.close();
});

const start = (checks: Accounts['dailyChecks'] = world.postern.accounts.dailyChecks) => {
  const stopping = new AbortController();
  running.set(checks, { stop: stopping, ended: checks.run(stopping.signal) });
};
const stop = async (checks: object = world.postern.accounts.dailyChecks) => {
  running.get(checks)?.stop.abort();
  await running.get(checks)?.ended;
  running.delete(checks);
};
/** Time passes; then every round that is due is done. */
const pass = async (milliseconds: number) => {
  await world.clock.advance(milliseconds);
  await expect.poll(() => world.clock.sleeping, { interval: 1, timeout: 10_000 }).toBe(running.size);
};
/** The same in steps that are shorter than a request may take: it is answered before the clock goes on. */
const rounds = async (count: number) => {
  for (let step = 0; step < count * 30; step++) await pass(10_000);
};
const tokenRequests = () => world.sandbox.requests.filter(({ path }) => path === '/token').length;
const statusOf = async (identifier: string) =>
  (await world.postern.accounts.find({ realm: 'default', identifier }))?.state.status;
const counts = () => world.postern.storage.operations.countsByStatus();
const connectMany = async (size: number) => {
  const names = Array.from({ length: size }, (_, n) => `person_${n}@company.example`);
  for (const email of names) {
    world.sandbox.addAccount({ email, hostedDomain: 'company.example' });
    await connectAtOnce(world, email);
  }
  world.sandbox.clearRequests();
  return names;
};

it('A person who changed the password is REVOKED within a day without any call; others are checked once', async () => {
  const [leaving = '', staying = ''] = await connectMany(2);
  start();
  world.sandbox.changePassword(leaving);
  await pass(23 * hour);
  expect([await statusOf(leaving), tokenRequests()]).toEqual(['ACTIVE', 0]);
  await pass(hour - minute);
  await rounds(3);
  expect([await statusOf(leaving), await statusOf(staying)]).toEqual(['REVOKED', 'ACTIVE']);
  expect(await world.postern.accounts.find({ realm: 'default', identifier: staying })).toHaveProperty('checkedAt');
  world.sandbox.clearRequests();
  await pass(20 * hour);
  expect(world.sandbox.requests.filter(({ account }) => account === staying)).toEqual([]);
});

it('A mailbox that was turned off is known within a day, though nobody calls', async () => {
  const [name = ''] = await connectMany(1);
  start();
  world.sandbox.disableGmail(name);
  await pass(day - minute);
  await rounds(2);
  expect((await world.postern.accounts.find({ realm: 'default', identifier: name }))?.capabilities.mail).toMatchObject({
    status: 'refused',
    reason: 'no_mailbox',
  });
});

it('An account that nobody used for seven months still works', async () => {
  await world.connect('user_42');
  for (let months = 0; months < 7; months++) {
    await world.clock.advance(30 * day);
    start();
    await rounds(1);
    await stop();
  }
  const who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
  expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toBeDefined();
});

it('An account that is neither used nor checked for seven months loses its access', async () => {
  await world.connect('user_42');
  await world.clock.advance(210 * day);
  const who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
  const answer = await world.call('gmail_fetch_mails', {}, who);
  expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'idle_six_months' });
});

it('One process of two does the daily checks; when it ends, the other one does', async () => {
  await world.close();
  const folder = await mkdtemp(join(tmpdir(), 'postern-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const where = { databasePath: join(folder, 'postern.db'), encryptionKey: Buffer.alloc(32, 3).toString('base64') };
  world = await createWorld(where);
  await connectMany(3);
  const other = await createWorld({ ...where, sandbox: world.sandbox, clock: world.clock });
  start();
  start(other.postern.accounts.dailyChecks);
  await pass(day - minute);
  await rounds(4);
  expect(tokenRequests()).toBe(3);
  await stop();
  await pass(day - 20 * minute);
  await rounds(8);
  expect(tokenRequests()).toBe(6);
  await stop(other.postern.accounts.dailyChecks);
  await other.close();
});

it('Google accepting again is noticed within minutes, and everybody is served without connecting', async () => {
  const names = await connectMany(6);
  await world.clock.advance(2 * hour);
  world.sandbox.fault({ path: '/token' }, { status: 400, body: { error: 'invalid_grant' } });
  for (const identifier of names) await world.postern.accounts.freshToken({ realm: 'default', identifier }, ['mail'])();
  start();
  await rounds(3);
  expect((await counts()).REVOKED).toBe(6);
  world.sandbox.clearFaults();
  await rounds(1);
  await expect.poll(async () => (await counts()).ACTIVE).toBe(6);
});

it('A laptop that starts checks its own account when a day has passed, and not before', async () => {
  const key = await world.connect('user_42', { email: sam });
  world.sandbox.clearRequests();
  await world.clock.advance(day - 1);
  await world.postern.accounts.dailyChecks.ifDue(key);
  expect(tokenRequests()).toBe(0);
  await world.clock.advance(1);
  await world.postern.accounts.dailyChecks.ifDue(key);
  await world.postern.accounts.dailyChecks.ifDue(key);
  expect(tokenRequests()).toBe(1);
});

/** As many accounts as wanted, all due at once, and checks that only note whom they are about. */
const manyDue = async (size: number, answer: () => 'checked' | 'google_unavailable') => {
  const { storage, clock, random } = world.postern;
  const oauth = { clientId: 'client.example', tokenEndpoint: 'https://token.example/token' };
  for (let n = 0; n < size; n++) {
    const key = { realm: 'default', identifier: `${n}` };
    const { version } = await storage.accounts.getOrCreate(key);
    const google = { sub: `${n}`, email: `${n}@example.com` };
    const tokens = {
      accessToken: 'a',
      accessTokenExpiresAt: 0,
      refreshToken: 'r',
      requestedScopes: [],
      grantedScopes: [],
    };
    await storage.accounts.saveGrant(key, version, { ...tokens, google, ...oauth });
  }
  const asked: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const check = async (key: AccountKey) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    asked.push(key.identifier);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    const account = await storage.accounts.getOrCreate(key);
    const kind = answer();
    await storage.checks.note(key, { dueAt: clock.now() + (kind === 'checked' ? day : hour) });
    return kind === 'checked' ? { kind, account } : { kind: 'not_checked' as const, account, problem: { kind } };
  };
  const client = { oauth, retryRefused: { sample: async () => {} } };
  const checks = createDailyChecks({
    ...{ storage, clock, random, check },
    clients: { all: async () => [client] } as unknown as Parameters<typeof createDailyChecks>[0]['clients'],
    log: () => {},
  });
  await world.clock.advance(day);
  start(checks);
  return { asked, mostAtOnce: () => mostAtOnce };
};

it('Accounts that are due at the same moment are spread over half a day, each checked once', async () => {
  const { asked, mostAtOnce } = await manyDue(160, () => 'checked');
  await rounds(1);
  await rounds(1);
  expect(asked.length).toBeLessThanOrEqual(4);
  await rounds(80);
  expect([asked.length, new Set(asked).size, mostAtOnce()]).toEqual([160, 160, 2]);
});

it('Three accounts are checked at a time; after three in a row without an answer, checks pause for half an hour', async () => {
  let answer: 'checked' | 'google_unavailable' = 'google_unavailable';
  const { asked, mostAtOnce } = await manyDue(700, () => answer);
  await pass(5 * minute);
  const before = asked.length;
  expect([before, mostAtOnce()]).toEqual([expect.toSatisfy((count) => count >= 3 && count <= 5), 3]);
  await rounds(5);
  expect(asked.length).toBe(before);
  answer = 'checked';
  await rounds(2);
  expect(asked.length).toBeGreaterThan(before);
}, 60_000);
