// Every change that means an event puts it into the outbox in its own transaction, and no other change does.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AccountKey } from '../../../src/model/account-key.ts';
import { openStorage, type Storage } from '../../../src/storage/index.ts';
import { ada, aGrant, aTicket, aWorld, ben, connect, minute, sealerWith, start, type World } from '../support.ts';
import { endpoint, secret, takeEvents, typesOf, worldWithEndpoint } from './support.ts';

const hour = 60 * minute;

const versionOf = async ({ accounts }: Storage, key: AccountKey): Promise<number> =>
  (await accounts.find(key))?.version ?? 0;
const grantVersionOf = async ({ accounts }: Storage, key: AccountKey): Promise<number> =>
  (await accounts.find(key))?.grantVersion ?? 0;

const endByGoogle = async ({ storage, clock }: World, key: AccountKey): Promise<void> => {
  const at = { accountVersion: await versionOf(storage, key), grantVersion: await grantVersionOf(storage, key) };
  await storage.refreshes.takeLease(key, { ...at, holder: 'me' }, minute);
  const end = { reason: 'idle_six_months' as const, evidence: { unusedSince: clock.now() }, retain: true };
  await storage.refreshes.endGrant(key, { ...at, holder: 'me' }, end);
};

describe('An account of a realm with an endpoint', () => {
  it('tells of being made, connected, ended, reinstated, disconnected and deleted, in this order', async () => {
    const world = await worldWithEndpoint();
    const { storage } = world;
    await connect(storage, ada);
    await endByGoogle(world, ada);
    const at = {
      accountVersion: await versionOf(storage, ada),
      grantVersion: await grantVersionOf(storage, ada),
      holder: 'me',
    };
    await storage.refreshes.takeLease(ada, at, minute);
    await storage.refreshes.reinstate(ada, at, { accessToken: 'new', accessTokenExpiresAt: start + hour });
    await storage.accounts.setState(ada, await versionOf(storage, ada), { status: 'PENDING', reason: 'disconnected' });
    await storage.accounts.remove(ada);
    const mailbox = 'ada@example.com';
    expect(await takeEvents(world)).toMatchObject([
      { type: 'account.created', previous_status: null, reason: 'never_connected', data: { mailbox: null } },
      { type: 'account.connected', previous_status: 'PENDING', reason: null, data: { mailbox } },
      { type: 'account.ended', previous_status: 'ACTIVE', reason: 'idle_six_months', data: { mailbox } },
      { type: 'account.connected', previous_status: 'REVOKED', reason: null, data: { mailbox } },
      { type: 'account.disconnected', previous_status: 'ACTIVE', reason: 'disconnected', data: { mailbox } },
      { type: 'account.deleted', previous_status: 'PENDING', reason: null, account: { identifier: ada.identifier } },
    ]);
  });

  it('shows the account as the API does, without any secret', async () => {
    const world = await worldWithEndpoint();
    await connect(world.storage, ada);
    const [, connected] = await takeEvents(world);
    expect(connected).toMatchObject({ realm: 'default', identifier: ada.identifier, created_at: expect.any(String) });
    expect(connected?.account).toMatchObject({
      status: 'ACTIVE',
      google_email: 'ada@example.com',
      expected_email: null,
    });
    expect(JSON.stringify(connected)).not.toMatch(/token-of-this-grant|client\.example/);
  });

  it('tells that another grant came, and which capability changed', async () => {
    const world = await worldWithEndpoint();
    const { storage } = world;
    await connect(storage, ada);
    await connect(storage, ada);
    await takeEvents(world);
    const at = async () => ({
      accountVersion: await versionOf(storage, ada),
      grantVersion: await grantVersionOf(storage, ada),
    });
    const contacts = { contacts: { reason: 'domain_policy', since: start } } as const;
    const scopes = ['openid', 'https://www.googleapis.com/auth/gmail.readonly'];
    const both = [...scopes, 'https://www.googleapis.com/auth/contacts.readonly'];
    await connect(storage, ada, aGrant({ grantedScopes: both }));
    await storage.accounts.setRefusals(ada, await at(), contacts);
    await storage.accounts.setRefusals(ada, await at(), contacts);
    const mail = { mail: { reason: 'no_mailbox', since: start } } as const;
    await storage.accounts.setRefusals(ada, await at(), { ...contacts, ...mail });
    await storage.accounts.setRefusals(ada, await at(), {});
    expect(await takeEvents(world)).toMatchObject([
      { type: 'account.connected', previous_status: 'ACTIVE', data: { changed_capabilities: ['contacts'] } },
      { type: 'account.capability_changed', reason: null, data: { changed_capabilities: ['contacts'] } },
      { type: 'account.ended', reason: 'no_mailbox', previous_status: 'ACTIVE', account: { status: 'REVOKED' } },
      { type: 'account.connected', previous_status: 'REVOKED', account: { status: 'ACTIVE' } },
    ]);
  });

  it('says nothing of renewed tokens, pins, use, a reason to be PENDING, or a write that lost its race', async () => {
    const world = await worldWithEndpoint();
    const { storage } = world;
    await connect(storage, ada);
    await storage.accounts.getOrCreate(ben);
    await takeEvents(world);
    const at = {
      accountVersion: await versionOf(storage, ada),
      grantVersion: await grantVersionOf(storage, ada),
      holder: 'me',
    };
    await storage.refreshes.takeLease(ada, at, minute);
    await storage.refreshes.saveRefreshed(ada, at, { accessToken: 'new', accessTokenExpiresAt: start + hour });
    await storage.accounts.setPins(ada, await versionOf(storage, ada), { expectedEmail: 'ada@example.com' });
    await storage.accounts.markUsed(ada, start + hour);
    const declined = { status: 'PENDING', reason: 'consent_declined' } as const;
    await storage.accounts.setState(ben, await versionOf(storage, ben), declined);
    await storage.accounts.setState(ada, 1, { status: 'PENDING', reason: 'disconnected' });
    expect(await takeEvents(world)).toEqual([]);
  });

  it('tells that it was deleted by the retention time', async () => {
    const world = await worldWithEndpoint();
    const { storage, clock } = world;
    await storage.accounts.getOrCreate(ada);
    await takeEvents(world);
    clock.turn(40 * 24 * hour);
    const options = { location: world.location, sealer: sealerWith(1), clock, random: randomBytes };
    const keeping = await openStorage({ ...options, retentionMs: 30 * 24 * hour });
    await keeping.operations.sweep(clock.now());
    await keeping.close();
    expect(typesOf(await takeEvents(world))).toEqual(['account.deleted']);
  });
});

describe('Without its event nothing is written:', () => {
  const disconnected = { status: 'PENDING', reason: 'disconnected' } as const;
  const times = { createdAt: start, expiresAt: start + 10 * minute };
  const pending = { hash: 'pending', key: ada, ticketHash: 'open', apiKeyId: 'key', ...times };
  const whole = ({ raw }: World) =>
    Promise.all(['accounts', 'tickets', 'pending_grants'].map((table) => raw.all(`select * from ${table}`)));

  it.each<[string, (storage: Storage) => Promise<unknown>]>([
    ['no account made', ({ accounts }) => accounts.getOrCreate(ben)],
    ['no account connected', (storage) => connect(storage, ada)],
    ['no account disconnected', async (s) => s.accounts.setState(ada, await versionOf(s, ada), disconnected)],
    ['no account deleted', ({ accounts }) => accounts.remove(ada)],
    ['no link made', ({ tickets }) => tickets.open(aTicket('another'), 20)],
    ['no link declined', ({ tickets }) => tickets.finish('open', 'declined')],
    ['no link run out', ({ webhookDeliveries }) => webhookDeliveries.noteExpiredLinks(start + 20 * minute)],
    ['no confirmation run out', ({ pendingGrants }) => pendingGrants.eraseExpired(start + 20 * minute)],
  ])('%s', async (_, write) => {
    const world = await worldWithEndpoint();
    const { storage, raw } = world;
    await connect(storage, ada);
    await storage.tickets.open(aTicket('open'), 20);
    await storage.pendingGrants.add({ ...pending, grant: aGrant(), emailVerified: true });
    await takeEvents(world);
    const before = await whole(world);
    // The row is written, and then the event cannot be.
    await raw.run('alter table webhook_deliveries rename to gone');
    await expect(write(storage)).rejects.toThrow();
    expect(await whole(world)).toEqual(before);
    await raw.run('alter table gone rename to webhook_deliveries');
    await write(storage);
    expect(await takeEvents(world)).toHaveLength(1);
  });
});

describe('A link of a realm with an endpoint', () => {
  it('tells that it was made, and how it ended without a connection, under one id', async () => {
    const world = await worldWithEndpoint();
    const { storage } = world;
    await storage.accounts.getOrCreate(ada);
    for (const status of ['declined', 'refused', 'failed'] as const) {
      await storage.tickets.open(aTicket(status), 20);
      await storage.tickets.finish(status, status);
      await storage.tickets.finish(status, status);
    }
    const [, ...links] = await takeEvents(world);
    expect(links.map(({ type, reason }) => [type, reason])).toEqual([
      ['link.made', null],
      ['link.declined', 'declined'],
      ['link.made', null],
      ['link.declined', 'refused'],
      ['link.made', null],
      ['link.declined', 'failed'],
    ]);
    expect(new Set(links.map(({ data }) => data.link_id)).size).toBe(3);
    expect(links[0]).toMatchObject({ account: { identifier: ada.identifier }, previous_status: null });
    expect(JSON.stringify(links)).not.toContain('"declined-hash"');
  });

  it('tells once that it ran out, whoever looks, and not of one that was made before the endpoint', async () => {
    const world = await aWorld();
    const { storage, clock, open } = world;
    await storage.accounts.getOrCreate(ada);
    await storage.tickets.open(aTicket('before', { expiresAt: start - minute }), 20);
    await storage.webhookEndpoints.add(endpoint, secret, 10);
    await storage.tickets.open(aTicket('open'), 20);
    await storage.tickets.open(aTicket('taken'), 20);
    await storage.tickets.take('taken', { stateHash: 'state' }, start);
    await storage.tickets.open(aTicket('voided'), 20);
    await storage.tickets.finish('voided', 'declined');
    await takeEvents(world);
    await storage.webhookDeliveries.noteExpiredLinks(clock.now());
    expect(await takeEvents(world)).toEqual([]);
    clock.turn(10 * minute);
    const another = await open();
    await Promise.all([
      storage.webhookDeliveries.noteExpiredLinks(clock.now()),
      another.webhookDeliveries.noteExpiredLinks(clock.now()),
    ]);
    const links = await takeEvents(world);
    expect(links.map(({ type, reason }) => [type, reason])).toEqual([
      ['link.expired', 'not_completed'],
      ['link.expired', 'not_completed'],
    ]);
  });

  it('tells that it ran out where the process died that worked on its callback, unless it connected', async () => {
    const world = await worldWithEndpoint();
    const { storage, clock } = world;
    for (const key of [ada, ben]) {
      await storage.accounts.getOrCreate(key);
      await storage.tickets.open(aTicket(`of ${key.identifier}`, { key }), 20);
      await storage.tickets.take(`of ${key.identifier}`, { stateHash: key.identifier }, start);
      await storage.tickets.redeem(`of ${key.identifier}`, key.identifier, start);
    }
    await connect(storage, ben);
    await takeEvents(world);
    clock.turn(11 * minute);
    await storage.webhookDeliveries.noteExpiredLinks(clock.now());
    expect(await takeEvents(world)).toEqual([]);
    clock.turn(minute);
    await storage.webhookDeliveries.noteExpiredLinks(clock.now());
    expect(await takeEvents(world)).toMatchObject([{ type: 'link.expired', identifier: ada.identifier }]);
  });

  it('tells that nobody confirmed in time who completed it', async () => {
    const world = await worldWithEndpoint();
    const { storage, clock } = world;
    await storage.accounts.getOrCreate(ada);
    await storage.tickets.open(aTicket('ticket'), 20);
    const times = { createdAt: start, expiresAt: start + 10 * minute };
    const pending = { hash: 'pending', key: ada, ticketHash: 'ticket', apiKeyId: 'key', ...times };
    await storage.pendingGrants.add({ ...pending, grant: aGrant(), emailVerified: true });
    const made = (await takeEvents(world)).at(-1);
    clock.turn(11 * minute);
    await storage.pendingGrants.eraseExpired(clock.now());
    const [expired, ...others] = await takeEvents(world);
    expect(expired).toMatchObject({ type: 'link.expired', reason: 'not_confirmed' });
    expect(expired?.data.link_id).toBe(made?.data.link_id);
    expect(others).toEqual([]);
  });
});
