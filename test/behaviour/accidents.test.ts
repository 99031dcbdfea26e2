// Accidents of the operator's look like many people leaving at once. Nobody is disconnected by one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, type World } from '../support/world.ts';

let folder: string;
let world: World;
let serviceKey: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
  world = await createWorld(where());
  serviceKey = await world.serviceKey({ unverifiedLinks: true });
  for (const identifier of people) {
    world.sandbox.addAccount({ email: emailOf(identifier) });
    await world.connect(identifier, { email: emailOf(identifier) });
  }
  await world.clock.advance(2 * hour);
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
const people = Array.from({ length: 8 }, (_, n) => `user_${n}`);
const [first = '', ...rest] = people;
const emailOf = (identifier: string) => `${identifier}@example.com`;
const call = (as: string) => world.call('gmail_fetch_mails', { max_results: 1 }, { key: serviceKey, as });
const readyStatus = async () => (await world.http('/readyz')).status;
const statuses = async () => (await world.postern.accounts.list()).map(({ state }) => state.status);
const everybodyActive = people.map(() => 'ACTIVE');
const errors = () => world.logged.filter((line) => JSON.parse(line).level === 50);
const breakTokenEndpoint = () =>
  world.sandbox.fault({ path: '/token' }, { status: 400, body: { error: 'invalid_grant' } });
/** The refresh tokens that lie in the database, sealed. */
const keptTokens = (): number => {
  const raw = new BetterSqlite3(join(folder, 'postern.db'), { readonly: true });
  const count = raw.prepare<[], number>('select count(refresh_token) from accounts').pluck().get();
  raw.close();
  return count ?? 0;
};

describe('A swapped client secret', () => {
  it('disconnects nobody, and everybody goes on once it is right again', async () => {
    world.sandbox.rotateClientSecret();
    for (const identifier of people) expect((await call(identifier)).text).toContain('GOOGLE_CLIENT_SECRET');
    expect(await statuses()).toEqual(everybodyActive);
    await world.close();
    world = await createWorld({ ...where(), sandbox: world.sandbox, clock: world.clock });
    for (const identifier of people) expect((await call(identifier)).structured.messages).toBeDefined();
  });
});

describe('A token endpoint that answers invalid_grant to everybody', () => {
  it('is not believed from the fifth person on, and those before are connected again', async () => {
    breakTokenEndpoint();
    for (const identifier of people.slice(0, 4))
      expect((await call(identifier)).structured.authorizationRequired).toBeDefined();
    expect(await readyStatus()).toBe(200);
    for (const identifier of people.slice(4)) {
      const answer = await call(identifier);
      expect(answer.isError).toBe(true);
      expect(answer.text).toContain('Who can fix it: the operator.');
      expect(answer.text).toContain('nobody was disconnected');
    }
    expect(await statuses()).toEqual(everybodyActive);
    expect(await readyStatus()).toBe(503);
    expect(errors().map((line) => JSON.parse(line).event)).toEqual(['grants_refused_in_bulk']);

    world.sandbox.clearFaults();
    for (const identifier of people) expect((await call(identifier)).structured.messages).toBeDefined();
    expect(await readyStatus()).toBe(200);
  });

  it('ends nobody’s access when everybody calls at the same moment', async () => {
    breakTokenEndpoint();
    await Promise.all(people.map(call));
    expect(await statuses()).toEqual(everybodyActive);
    expect(errors()).toHaveLength(1);
  });

  it('ends nobody’s access where the database was slower than the fifth answer', async () => {
    for (const identifier of people) world.sandbox.revokeAccess(emailOf(identifier));
    world.sandbox.clearRequests();
    world.sandbox.fault({ path: '/token', times: people.length }, { kind: 'delay', milliseconds: 1000 });
    const tokens = people.map((identifier) =>
      world.postern.accounts.freshToken({ realm: 'default', identifier }, ['mail'])(),
    );
    await expect.poll(() => world.sandbox.requests.length).toBe(people.length);
    const foreign = new BetterSqlite3(join(folder, 'postern.db'));
    foreign.exec('begin immediate');
    await world.clock.advance(1000);
    await expect.poll(() => errors().length).toBe(1);
    foreign.exec('commit');
    foreign.close();
    for (const token of await Promise.all(tokens))
      expect(token).toEqual({ ok: false, problem: { kind: 'many_grants_refused' } });
    expect(await statuses()).toEqual(everybodyActive);
  });

  it('lets those read on whose access token still serves', async () => {
    breakTokenEndpoint();
    await Promise.all(rest.map(call));
    world.sandbox.clearFaults();
    await call(first);
    await world.clock.advance(57 * minute);
    breakTokenEndpoint();
    await Promise.all(rest.map(call));
    expect((await call(first)).structured.messages).toBeDefined();
  });

  it('is believed again by itself, as readiness shows, though nobody calls', async () => {
    breakTokenEndpoint();
    await Promise.all(people.map(call));
    world.sandbox.clearRequests();
    for (let n = 0; n < 10; n++) expect(await readyStatus()).toBe(503);
    await world.clock.advance(30_000);
    for (let n = 0; n < 10; n++) expect(await readyStatus()).toBe(503);
    await expect.poll(() => world.sandbox.requests.length).toBe(3);
    world.sandbox.clearFaults();
    await world.clock.advance(30_000);
    await expect.poll(readyStatus).toBe(200);
  });

  it('is believed again as soon as somebody connects', async () => {
    breakTokenEndpoint();
    await Promise.all(people.map(call));
    world.sandbox.clearFaults();
    await world.connect(first, { email: emailOf(first) });
    expect(await readyStatus()).toBe(200);
    world.sandbox.changePassword(emailOf('user_7'));
    expect((await call('user_7')).structured.authorizationRequired).toBeDefined();
  });
});

describe('People who really leave', () => {
  it('are believed when they leave one after the other, however many', async () => {
    for (const identifier of people) {
      world.sandbox.revokeAccess(emailOf(identifier));
      expect((await call(identifier)).structured.authorizationRequired).toBeDefined();
      await world.clock.advance(minute);
    }
    expect(await statuses()).toEqual(people.map(() => 'REVOKED'));
  });

  it('are believed at once where nobody else is called: others’ grants are tried, and serve', async () => {
    const leaving = people.slice(0, 6);
    for (const identifier of leaving) world.sandbox.revokeAccess(emailOf(identifier));
    for (const answer of await Promise.all(leaving.map(call)))
      expect(answer.structured.authorizationRequired).toBeDefined();
    expect(await statuses()).toEqual([...leaving.map(() => 'REVOKED'), 'ACTIVE', 'ACTIVE']);
    expect(await readyStatus()).toBe(200);
    expect(errors()).toEqual([]);
  });

  it('are believed where one mailbox was connected under many names', async () => {
    const names = Array.from({ length: 6 }, (_, n) => `alias_${n}`);
    for (const name of names) await world.connect(name, { email: alex });
    await world.clock.advance(2 * hour);
    world.sandbox.changePassword(alex);
    breakTokenEndpoint();
    await Promise.all(names.map(call));
    expect(await readyStatus()).toBe(200);
    expect((await statuses()).filter((status) => status === 'REVOKED')).toHaveLength(6);
  });

  it('are believed at once while others are served', async () => {
    for (const identifier of rest) {
      world.sandbox.revokeAccess(emailOf(identifier));
      await call(identifier);
      world.sandbox.ageTokens(emailOf(first), 2 * hour);
      const { messages } = (await call(first)).structured;
      expect(messages).toBeDefined();
    }
    expect(await statuses()).toEqual(['ACTIVE', ...rest.map(() => 'REVOKED')]);
  });

  it('are believed when Google says why, as a Workspace’s session policy does for all at once', async () => {
    for (const identifier of people) world.sandbox.sessionPolicy(emailOf(identifier));
    await Promise.all(people.map(call));
    expect(await statuses()).toEqual(people.map(() => 'REVOKED'));
    expect(keptTokens()).toBe(0);
  });

  it('leave their sealed grant behind for ten minutes and no longer', async () => {
    world.sandbox.revokeAccess(emailOf(first));
    await call(first);
    expect(keptTokens()).toBe(people.length);
    const reading = await world.postern.storage.accounts.readGrant({ realm: 'default', identifier: first });
    expect(reading.kind).toBe('none');
    await world.clock.advance(10 * minute - 1);
    expect(keptTokens()).toBe(people.length);
    await world.clock.advance(1);
    await expect.poll(keptTokens).toBe(rest.length);
  });

  it.each([
    ['disconnects', () => world.postern.accounts.disconnect({ realm: 'default', identifier: first })],
    ['is deleted', () => world.postern.accounts.remove({ realm: 'default', identifier: first })],
  ])('leave nothing behind when the person %s meanwhile', async (_, happen) => {
    world.sandbox.revokeAccess(emailOf(first));
    await call(first);
    await happen();
    expect(keptTokens()).toBe(rest.length);
  });

  it('leave nothing behind where the server ended before the ten minutes were over', async () => {
    world.sandbox.revokeAccess(emailOf(first));
    await call(first);
    await world.postern.storage.operations.sweep(world.clock.now() + 10 * minute);
    expect(keptTokens()).toBe(rest.length);
  });
});
