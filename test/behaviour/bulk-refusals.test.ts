// Many people leave at once, or Google refuses everybody: neither may be taken for the other, nobody is disconnected by a
// bulk refusal, and whoever is refused gets a link.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewAccount } from '@postern/gmail-sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAtOnce, storeConnection } from '../support/connect-at-once.ts';
import { openRaw } from '../support/database.ts';
import { inTime } from '../support/in-time.ts';
import { createWorld, type World } from '../support/world.ts';

let folder: string;
let world: World;
let serviceKey: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
  world = await createWorld(where());
  serviceKey = await world.serviceKey({ unverifiedLinks: true });
});
afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

const where = () => ({
  databasePath: join(folder, 'postern.db'),
  encryptionKey: Buffer.alloc(32, 3).toString('base64'),
});
const minute = 60_000;
const hour = 60 * minute;

/** Google accounts of one Workspace. */
const company = (size: number, domain = 'company.example'): NewAccount[] =>
  Array.from({ length: size }, (_, n) => ({ email: `person_${n}@${domain}`, hostedDomain: domain }));
/** Google accounts that have nothing to do with each other. */
const strangers = (size: number): NewAccount[] =>
  Array.from({ length: size }, (_, n) => ({ email: `stranger_${n}@mail.example` }));

/** How many of them go through a connection; more would differ in nothing, and take seconds. */
const maxConnections = 10;

/** Connects everybody, named by their address, and lets their access tokens run out. */
const connectAll = async (people: readonly NewAccount[]): Promise<string[]> => {
  for (const person of people) world.sandbox.addAccount(person);
  const names = people.map(({ email }) => email);
  for (const [n, name] of names.entries()) await (n < maxConnections ? connectAtOnce : storeConnection)(world, name);
  await world.clock.advance(2 * hour);
  world.sandbox.clearRequests();
  return names;
};
const keyOf = (identifier: string) => ({ realm: 'default', identifier });
const call = (as: string) => world.call('gmail_fetch_mails', { max_results: 1 }, { key: serviceKey, as });
const statusOf = async (name: string) => (await world.postern.accounts.find(keyOf(name)))?.state.status;
const statusesOf = (names: readonly string[]) => Promise.all(names.map(statusOf));
const all = (names: readonly string[], status: string) => names.map(() => status);
const events = (name: string) => world.logged.filter((line) => JSON.parse(line).event === name);
const tokenRequests = () => world.sandbox.requests.filter(({ path }) => path === '/token').length;
const refuseEverybody = () =>
  world.sandbox.fault({ path: '/token' }, { status: 400, body: { error: 'invalid_grant' } });
const expectReady = async () => expect((await world.http('/readyz')).status).toBe(200);
const linkIn = (answer: Awaited<ReturnType<typeof call>>): string => {
  const { url } = answer.structured.authorizationRequired as { url: string };
  expect(answer.text).toContain(url);
  return url;
};
const expectServed = async (name: string) => expect((await call(name)).structured.messages).toBeDefined();
/** The refresh tokens that lie in the database, sealed. */
const retainedTokens = async (): Promise<unknown> => {
  const raw = await openRaw(world.config.database);
  const [row] = await raw.all('select count(refresh_token) as count from accounts');
  await raw.close();
  return row?.count;
};
/** Another process on the same database and the same Google. */
const anotherProcess = (env: Record<string, string> = {}) =>
  createWorld({ ...where(), sandbox: world.sandbox, clock: world.clock, env });

describe('A company that changes its passwords on one morning', () => {
  it.each([
    [5, 0],
    [5, 3],
    [50, 0],
    [500, 3],
  ])(
    'of %i people beside %i strangers makes each of them REVOKED, and each gets a link',
    async (size, others) => {
      const names = await connectAll(company(size));
      const rest = await connectAll(strangers(others));
      for (const name of names) world.sandbox.changePassword(name);
      const port = (name: string) => world.postern.accounts.freshToken(keyOf(name), ['mail'])();
      for (const [n, name] of names.entries()) {
        if (n >= 10) expect(await port(name)).toMatchObject({ problem: { kind: 'authorization_required' } });
        else
          expect((await call(name)).structured.authorizationRequired).toMatchObject({
            reason: 'revoked_or_password_changed',
            account: { status: 'REVOKED' },
          });
      }
      // Their own, and at most one of others for each.
      expect(tokenRequests()).toBeLessThanOrEqual(2 * size + others);
      const [first = '', ...waiting] = names;
      await world.approve(linkIn(await call(first)), { email: first });
      expect(await statusesOf(names)).toEqual(['ACTIVE', ...all(waiting, 'REVOKED')]);
      expect(await statusesOf(rest)).toEqual(all(rest, 'ACTIVE'));
      for (const name of [first, ...rest]) await expectServed(name);
      linkIn(await call(names.at(-1) ?? ''));
      expect(events('grants_refused_in_bulk')).toEqual([]);
      expect(events('access_reinstated')).toEqual([]);
      await expectReady();
    },
    180_000,
  );
});

describe('People without a common domain who all leave at once', () => {
  it('stay ACTIVE with a link beside the operator’s fix, and become REVOKED once one of them connects again', async () => {
    const names = await connectAll(strangers(8));
    for (const name of names) world.sandbox.changePassword(name);
    for (const name of names) {
      const answer = await call(name);
      linkIn(answer);
      expect(answer.isError).toBe(true);
      expect(answer.text).toContain('Who can fix it: the operator.');
      expect(answer.text).toContain('nobody was disconnected');
      expect(answer.structured).toMatchObject({
        problem: { kind: 'many_grants_refused' },
        authorizationRequired: { reason: 'many_grants_refused', account: { identifier: name, status: 'ACTIVE' } },
      });
    }
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    const shown = await world.http(`/api/v1/accounts/${names[0]}`, { key: serviceKey });
    expect(await shown.json()).toMatchObject({ message: expect.stringContaining('Google refuses the access since') });
    await expectReady();
    expect(events('grants_refused_in_bulk')).toHaveLength(1);

    const [first = '', ...waiting] = names;
    await world.approve(linkIn(await call(first)), { email: first });
    await expect.poll(() => statusesOf(waiting)).toEqual(all(waiting, 'REVOKED'));
    expect(await statusOf(first)).toBe('ACTIVE');
    expect((await call('stranger_7@mail.example')).structured.authorizationRequired).toMatchObject({
      reason: 'revoked_or_password_changed',
    });
    await world.clock.advance(2 * hour);
    await expectServed(first);
    expect(events('access_reinstated')).toEqual([]);
    expect(events('grants_accepted_again')).toHaveLength(1);
  });

  it('become REVOKED after an hour, where nobody connects again', async () => {
    const names = await connectAll(strangers(8));
    for (const name of names) world.sandbox.changePassword(name);
    for (const name of names) await call(name);
    await world.clock.advance(hour - 1);
    for (const name of names) expect((await call(name)).structured.problem).toBeDefined();
    await world.clock.advance(1);
    for (const name of names) expect((await call(name)).structured.problem).toBeUndefined();
    expect(await statusesOf(names)).toEqual(all(names, 'REVOKED'));
  });

  it('become REVOKED at once where fewer than five of them are refused', async () => {
    const names = await connectAll(strangers(4));
    for (const name of names) world.sandbox.changePassword(name);
    for (const name of names) expect((await call(name)).structured.problem).toBeUndefined();
    expect(await statusesOf(names)).toEqual(all(names, 'REVOKED'));
  });
});

describe('Google refusing everybody for ten minutes', () => {
  it('loses nobody: everybody gets a link, keeps their status, and is served again without connecting', async () => {
    const names = await connectAll([...strangers(4), ...company(2), ...company(2, 'other.example')]);
    refuseEverybody();
    for (let minutes = 0; minutes < 10; minutes++) {
      await world.clock.advance(minute);
      for (const name of names) linkIn(await call(name));
    }
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    await expectReady();
    // One of their own for each call, and ten of others every half minute at most.
    expect(tokenRequests()).toBeLessThanOrEqual(10 * names.length + 20 * 10);
    world.sandbox.clearFaults();
    for (const name of names) await expectServed(name);
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    expect(events('grants_refused_in_bulk')).toHaveLength(1);
    expect(events('access_ended')).toEqual([]);
  });

  it('loses nobody and disconnects nobody where all but one are of one company', async () => {
    const names = await connectAll([...company(8), ...strangers(1)]);
    refuseEverybody();
    for (const name of names) linkIn(await call(name));
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    world.sandbox.clearFaults();
    for (const name of names) await expectServed(name);
  });

  it('disconnects nobody when everybody calls at the same moment', async () => {
    const names = await connectAll(strangers(8));
    refuseEverybody();
    for (const answer of await Promise.all(names.map(call))) linkIn(answer);
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    expect(events('grants_refused_in_bulk')).toHaveLength(1);
  });

  it('disconnects nobody where the database was slower than Google', async () => {
    const names = await connectAll(strangers(8));
    refuseEverybody();
    world.sandbox.setLatency(1000);
    const tokens = names.map((name) => world.postern.accounts.freshToken(keyOf(name), ['mail'])());
    await expect.poll(tokenRequests).toBe(8);
    const foreign = await openRaw(world.config.database);
    const held = await foreign.holdWrites();
    const answered = world.clock.advance(1000);
    await held.inTheWay();
    await held.release();
    await answered;
    await foreign.close();
    world.sandbox.setLatency(0);
    for (const token of await Promise.all(tokens))
      expect(token).toEqual({ ok: false, problem: { kind: 'many_grants_refused' } });
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
  });

  it('lets those read on whose access token still serves', async () => {
    const [first = '', ...rest] = await connectAll(strangers(8));
    await call(first);
    await world.clock.advance(57 * minute);
    refuseEverybody();
    await Promise.all(rest.map(call));
    await expectServed(first);
  });

  it('ends no access even after an hour where a new authorization fails too', async () => {
    const [first = '', ...rest] = await connectAll(strangers(8));
    refuseEverybody();
    await world.clock.advance(1);
    await Promise.all([first, ...rest].map(call));
    expect((await world.approve(linkIn(await call(first)), { email: first })).heading).not.toBe('Gmail is connected');
    await world.clock.advance(3 * hour);
    for (const name of rest) linkIn(await call(name));
    expect(await statusesOf(rest)).toEqual(all(rest, 'ACTIVE'));
    world.sandbox.clearFaults();
    for (const name of [first, ...rest]) await expectServed(name);
  });

  it('and one company only, makes its people REVOKED; all are served again without connecting, called or not', async () => {
    const names = await connectAll(company(8));
    const [first = ''] = names;
    refuseEverybody();
    for (let minutes = 0; minutes < 10; minutes++) {
      for (const name of names) linkIn(await call(name));
      await world.clock.advance(minute);
    }
    expect(await statusesOf(names)).toEqual(all(names, 'REVOKED'));
    world.sandbox.clearFaults();
    await expectServed(first);
    await expect.poll(() => statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    for (const name of names) await expectServed(name);
  });
});

describe('A mistake of the operator’s', () => {
  it('with a swapped secret disconnects nobody, says both ways out, and is over when it is right again', async () => {
    const names = await connectAll(company(8));
    world.sandbox.rotateClientSecret();
    for (const name of names) {
      const answer = await call(name);
      linkIn(answer);
      expect(answer.text).toContain('GOOGLE_CLIENT_SECRET');
    }
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    await expectReady();
    expect(events('oauth_client_refused')).toHaveLength(1);
    await world.close();
    world = await anotherProcess();
    for (const name of names) await expectServed(name);
  });

  it.each([
    ['token endpoint', () => ({ GOOGLE_TOKEN_ENDPOINT: 'https://elsewhere.example/token' })],
    [
      'client',
      () => {
        const { clientId, clientSecret } = world.sandbox.addClient();
        return { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret };
      },
    ],
  ])(
    'with another %s sends no grant there, says both ways out, and is over when it is right again',
    async (_, wrong) => {
      const names = await connectAll(company(3));
      const changed = await anotherProcess(wrong());
      for (const as of names) {
        const answer = await changed.call('gmail_fetch_mails', {}, { key: serviceKey, as });
        linkIn(answer);
        expect(answer.text).toContain('Put the former GOOGLE_* settings back');
      }
      expect(tokenRequests()).toBe(0);
      expect((await changed.http('/readyz')).status).toBe(200);
      await changed.close();
      expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
      for (const name of names) await expectServed(name);
    },
  );

  it('with another client is mended for a person by the link', async () => {
    const [first = ''] = await connectAll(company(1));
    const { clientId, clientSecret } = world.sandbox.addClient();
    await world.close();
    world = await anotherProcess({ GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret });
    await world.approve(linkIn(await call(first)), { email: first });
    await expectServed(first);
  });
});

describe('People who leave one after the other', () => {
  it('become REVOKED, however many and whoever is left', async () => {
    const names = await connectAll([...strangers(6), ...company(3)]);
    for (const name of names) {
      world.sandbox.revokeAccess(name);
      expect((await call(name)).structured.authorizationRequired).toMatchObject({ account: { status: 'REVOKED' } });
      await world.clock.advance(hour);
    }
    expect(events('grants_refused_in_bulk')).toEqual([]);
  });

  it('become REVOKED at once where nobody else calls: Google is asked for grants of others, and accepts them', async () => {
    const names = await connectAll(strangers(9));
    const leaving = names.slice(2, 8);
    for (const name of leaving) world.sandbox.revokeAccess(name);
    for (const answer of await Promise.all(leaving.map(call))) expect(answer.structured.problem).toBeUndefined();
    expect(await statusesOf(names)).toEqual(['ACTIVE', 'ACTIVE', ...all(leaving, 'REVOKED'), 'ACTIVE']);
    await expectReady();
  });

  it('become REVOKED where one mailbox was connected under many names', async () => {
    const [alex = ''] = await connectAll(strangers(2));
    const names = Array.from({ length: 6 }, (_, n) => `alias_${n}`);
    for (const name of names) await world.connect(name, { email: alex });
    await world.clock.advance(2 * hour);
    world.sandbox.changePassword(alex);
    await Promise.all(names.map(call));
    expect(await statusesOf(names)).toEqual(all(names, 'REVOKED'));
  });

  it('become REVOKED when Google says why, as a Workspace’s session policy does for all at once', async () => {
    const names = await connectAll([...company(4), ...company(4, 'other.example')]);
    for (const name of names) world.sandbox.sessionPolicy(name);
    await Promise.all(names.map(call));
    expect(await statusesOf(names)).toEqual(all(names, 'REVOKED'));
    expect(await retainedTokens()).toBe(0);
  });
});

describe('Two processes on one database', () => {
  it('judge by what both saw, and a success of one of them ends the bulk refusal for both', async () => {
    const names = await connectAll(strangers(8));
    const other = await anotherProcess();
    const callOther = (as: string) => other.call('gmail_fetch_mails', {}, { key: serviceKey, as });
    refuseEverybody();
    // Where one asks Google for a grant that the other is asked for, the other waits.
    for (const [n, name] of names.entries())
      linkIn(await inTime((n % 2 ? call : callOther)(name), [world.clock], minute));
    expect(await statusesOf(names)).toEqual(all(names, 'ACTIVE'));
    world.sandbox.clearFaults();
    const [first = '', second = '', third = ''] = names;
    for (const name of [second, third]) world.sandbox.changePassword(name);
    expect((await inTime(callOther(first), [world.clock], minute)).structured.messages).toBeDefined();
    const { structured } = await inTime(call(second), [world.clock], minute);
    expect(structured.authorizationRequired).toMatchObject({ account: { status: 'REVOKED' } });
    await expect.poll(() => statusOf(third)).toBe('REVOKED');
    await other.close();
  });

  it('make a whole company REVOKED, whichever process its people call', async () => {
    const names = await connectAll(company(8));
    const other = await anotherProcess();
    for (const name of names) world.sandbox.changePassword(name);
    await Promise.all(
      names.map((as, n) => (n % 2 ? world : other).call('gmail_fetch_mails', {}, { key: serviceKey, as })),
    );
    expect(await statusesOf(names)).toEqual(all(names, 'REVOKED'));
    await other.close();
  });
});

describe('The retained grant of a REVOKED account', () => {
  let name: string;
  beforeEach(async () => {
    [name = ''] = await connectAll(company(1));
    world.sandbox.changePassword(name);
    await call(name);
  });

  it('stays sealed for a day, opens for no call, and is erased by the next sweep', async () => {
    expect(await retainedTokens()).toBe(1);
    expect((await world.postern.storage.accounts.readGrant(keyOf(name))).kind).toBe('none');
    await world.postern.storage.operations.sweep(world.clock.now() + 24 * hour - 1);
    expect(await retainedTokens()).toBe(1);
    await world.postern.storage.operations.sweep(world.clock.now() + 24 * hour);
    expect(await retainedTokens()).toBe(0);
    linkIn(await call(name));
  });

  it('is tried again by calls, three times and then once a minute', async () => {
    world.sandbox.clearRequests();
    for (let n = 0; n < 20; n++) await call(name);
    expect(tokenRequests()).toBe(3);
    await world.clock.advance(minute);
    for (let n = 0; n < 20; n++) await call(name);
    expect(tokenRequests()).toBe(4);
  });

  it('is tried once for calls that come at once, which count as one', async () => {
    world.sandbox.clearRequests();
    for (let n = 0; n < 3; n++) await Promise.all(Array.from({ length: 5 }, () => call(name)));
    expect(tokenRequests()).toBe(3);
  });

  it('serves nobody whose account was pinned to another mailbox meanwhile', async () => {
    await world.postern.accounts.change(keyOf(name), { expectedEmail: 'other@company.example' });
    world.sandbox.clearRequests();
    linkIn(await call(name));
    expect([tokenRequests(), await retainedTokens()]).toEqual([0, 0]);
  });

  it.each([
    ['disconnects', () => world.postern.accounts.disconnect(keyOf(name))],
    ['is deleted', () => world.postern.accounts.remove(keyOf(name))],
  ])('is erased when the person %s, and revoked at Google', async (_, happen) => {
    world.sandbox.clearRequests();
    await happen();
    expect(await retainedTokens()).toBe(0);
    expect(world.sandbox.requests.map(({ path }) => path)).toEqual(['/revoke']);
  });
});
