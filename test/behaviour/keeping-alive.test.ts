// Google ends what is not used for six months. Postern uses it before, though the person never calls.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorld, sam, type World } from '../support/world.ts';

let world: World;
let stopping: AbortController;
let daily: Promise<void>;
beforeEach(async () => {
  world = await createWorld();
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await daily;
  await world.close();
});

const day = 24 * 3_600_000;
const startDaily = () => {
  daily = world.postern.accounts.keepAlive.daily(stopping.signal);
};
/** Some days pass; then everything that was due is done. */
const pass = async (days: number) => {
  await world.clock.advance(days * day);
  await expect.poll(() => world.clock.sleeping).toBe(1);
};
const tokenRequests = () => world.sandbox.requests.filter(({ path }) => path === '/token').length;
const fetchOne = async (as: string) =>
  world.call('gmail_fetch_mails', { max_results: 1 }, { key: await world.serviceKey({ unverifiedLinks: true }), as });

it('An account that nobody used for seven months still works, at the cost of one request', async () => {
  await world.connect('user_42');
  world.sandbox.clearRequests();
  startDaily();
  for (let days = 0; days < 210; days += 10) await pass(10);
  expect(tokenRequests()).toBe(1);
  expect((await fetchOne('user_42')).structured.messages).toHaveLength(1);
});

it('Without the daily round it would not', async () => {
  daily = Promise.resolve();
  await world.connect('user_42');
  await world.clock.advance(210 * day);
  expect((await fetchOne('user_42')).structured.authorizationRequired).toMatchObject({ reason: 'idle_six_months' });
});

it('A round with many accounts asks for a few at a time, and reaches every page of them', async () => {
  for (let n = 0; n < 12; n++) await world.connect(`user_${n}`, { email: sam });
  const { longUnused } = world.postern.storage.operations;
  const of = {
    clientId: world.sandbox.clientId,
    tokenEndpoint: `${world.sandbox.origin}/token`,
    until: world.clock.now(),
  };
  const first = await longUnused(of, { size: 8 });
  const after = first.at(-1);
  const second = await longUnused(of, { size: 8, ...(after && { after }) });
  expect([first.length, second.length]).toEqual([8, 4]);
  expect(new Set([...first, ...second].map(({ identifier }) => identifier)).size).toBe(12);

  startDaily();
  await pass(149);
  world.sandbox.clearRequests();
  world.sandbox.fault({ path: '/token' }, { kind: 'hang' });
  await world.clock.advance(3 * day);
  await expect.poll(tokenRequests).toBe(3);
  world.sandbox.clearFaults();
  await expect.poll(() => world.clock.sleeping).toBe(1);
});

it('Where Google fails, the round stops and the next day’s goes on', async () => {
  for (let n = 0; n < 6; n++) await world.connect(`user_${n}`, { email: sam });
  startDaily();
  await pass(149);
  world.sandbox.clearRequests();
  world.sandbox.fault({ path: '/token' }, { status: 503 });
  // Rounds are at least nine tenths of a day apart, so half a day holds one at most.
  while (tokenRequests() === 0) await pass(0.5);
  expect(tokenRequests()).toBe(3);
  world.sandbox.clearFaults();
  world.sandbox.clearRequests();
  await pass(2);
  expect(tokenRequests()).toBe(6);
});

it('A laptop that starts uses its own grant when five months are over, and not before', async () => {
  daily = Promise.resolve();
  const key = await world.connect('user_42');
  world.sandbox.clearRequests();
  await world.clock.advance(149 * day);
  await world.postern.accounts.keepAlive.exercise(key);
  expect(tokenRequests()).toBe(0);
  await world.clock.advance(day);
  await world.postern.accounts.keepAlive.exercise(key);
  expect(tokenRequests()).toBe(1);
});
