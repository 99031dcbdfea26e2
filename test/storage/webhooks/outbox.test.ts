// The outbox of webhooks: what is written into it, who gets it, and how long it stays.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ada, aTicket, aWorld, ben, connect, contentsOf, minute, start } from '../support.ts';
import { endpoint, secret, takeEvents, typesOf, worldWithEndpoint } from './support.ts';

const hour = 60 * minute;

describe('The outbox', () => {
  it('stays empty where the realm has no endpoint, or none that asks for this event, or it is disabled', async () => {
    const { storage, raw } = await aWorld();
    const rows = () => raw.value('select count(*) from webhook_deliveries');
    await connect(storage, ada);
    await storage.webhookEndpoints.add({ ...endpoint, realm: 'another' }, secret, 10);
    await storage.webhookEndpoints.add({ ...endpoint, id: 'whe_2', events: ['link.made'] }, secret, 10);
    await storage.webhookEndpoints.add({ ...endpoint, id: 'whe_3' }, secret, 10);
    await storage.webhookEndpoints.disable('whe_3', 'gone', start);
    await connect(storage, ben);
    expect(await rows()).toBe(0);
    await storage.tickets.open(aTicket('ticket'), 20);
    expect(await rows()).toBe(1);
  });

  it('holds nothing readable, and nothing at all of what was delivered', async () => {
    const world = await worldWithEndpoint();
    const { storage } = world;
    await storage.accounts.getOrCreate(ada, { pins: { expectedEmail: 'pinned-address@example.com' } });
    await storage.accounts.remove(ada);
    expect(await contentsOf(world)).not.toMatch(/whsec_|expected_email\\?":\\?"pinned/);
    expect(await takeEvents(world)).toHaveLength(2);
    expect(await contentsOf(world)).not.toContain(ada.identifier);
  });

  it('sets aside what somebody else altered, and goes on with the next', async () => {
    const world = await worldWithEndpoint();
    await connect(world.storage, ada);
    await connect(world.storage, ben);
    await world.raw.run("update webhook_deliveries set type = 'account.deleted' where type = 'account.created'");
    expect(await takeEvents(world)).toEqual([]);
    expect(typesOf(await takeEvents(world))).toEqual(['account.connected', 'account.connected']);
    expect(await world.storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 0, dead: 2 });
    expect(await world.storage.webhookDeliveries.redeliver(endpoint.id, undefined, 100)).toBe(0);
  });

  it('forgets dead letters after a week, and what nobody tried to deliver after eight days', async () => {
    const world = await worldWithEndpoint();
    const { storage, clock } = world;
    await storage.accounts.getOrCreate(ada);
    await storage.webhookEndpoints.disable(endpoint.id, 'gone', clock.now());
    await storage.webhookEndpoints.enable(endpoint.id);
    await storage.accounts.getOrCreate(ben);
    clock.turn(7 * 24 * hour);
    await storage.operations.sweep(clock.now());
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 1, dead: 1 });
    clock.turn(minute);
    await storage.operations.sweep(clock.now());
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 1, dead: 0 });
    clock.turn(24 * hour);
    await storage.operations.sweep(clock.now());
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 0, dead: 0 });
  });

  it('goes on with the next event of an account when it forgets one that nobody tried to deliver', async () => {
    const world = await worldWithEndpoint();
    const { storage, clock } = world;
    await storage.accounts.getOrCreate(ada);
    clock.turn(hour);
    await connect(storage, ada);
    clock.turn(8 * 24 * hour - minute);
    await storage.operations.sweep(clock.now());
    expect(typesOf(await takeEvents(world))).toEqual(['account.connected']);
  });

  it('has a delivery of one holder alone: a word of a former one, whose lease ended, changes nothing', async () => {
    const { storage } = await worldWithEndpoint();
    const { webhookDeliveries } = storage;
    await storage.accounts.getOrCreate(ada);
    const claim = (holder: string, now: number) =>
      webhookDeliveries.claim(endpoint.id, { holder, now, until: now + minute }, 1);
    const [former] = await claim('former', start);
    if (former === undefined) throw new Error('nothing is due');
    expect(await claim('early', start + minute - 1)).toEqual([]);
    expect(await webhookDeliveries.endpointsDue(start + minute - 1)).toEqual([]);
    expect(await webhookDeliveries.endpointsDue(start + minute)).toEqual([endpoint.id]);
    const [present] = await claim('present', start + minute);
    expect(await webhookDeliveries.delivered(former, 'former')).toBe(false);
    expect(await webhookDeliveries.failed(former, 'former', { error: 'late', at: 'never' })).toBe(false);
    expect(await webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 1, dead: 0 });
    expect(present && (await webhookDeliveries.delivered(present, 'present'))).toBe(true);
  });

  it('gives out what was leased before the clock was put back', async () => {
    const { storage } = await worldWithEndpoint();
    const { webhookDeliveries } = storage;
    await storage.accounts.getOrCreate(ada);
    const ahead = start + 24 * hour;
    await webhookDeliveries.claim(endpoint.id, { holder: 'killed', now: ahead, until: ahead + minute }, 1);
    expect(await webhookDeliveries.endpointsDue(start)).toEqual([endpoint.id]);
    expect(
      await webhookDeliveries.claim(endpoint.id, { holder: 'me', now: start, until: start + minute }, 1),
    ).toHaveLength(1);
  });

  it('takes dead letters back in the order in which they were written', async () => {
    const world = await worldWithEndpoint();
    const { storage, clock } = world;
    await connect(storage, ada);
    await storage.webhookEndpoints.disable(endpoint.id, 'gone', clock.now());
    await storage.webhookEndpoints.enable(endpoint.id);
    expect(await storage.webhookDeliveries.redeliver(endpoint.id, undefined, 100)).toBe(2);
    expect(typesOf(await takeEvents(world))).toEqual(['account.created', 'account.connected']);
  });

  it('holds 100,000 events of one endpoint: beyond that the oldest are dead, and later ones of their accounts go on', async () => {
    const world = await worldWithEndpoint();
    const { storage, raw, clock } = world;
    await connect(storage, ada);
    await raw.ignoreConstraints();
    await raw.run(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 99999)
      insert into webhook_deliveries (sequence, event_id, endpoint_id, realm, identifier, type, payload, created_at, attempts)
      select i + 2, i, '${endpoint.id}', 'default', i, 'account.created', '', ${start}, 0 from n`);
    const [leased] = await storage.webhookDeliveries.claim(
      endpoint.id,
      { holder: 'me', now: start, until: start + hour },
      1,
    );
    await storage.operations.sweep(clock.now());
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 100_000, dead: 1 });
    expect(await storage.webhookDeliveries.deadLetters(endpoint.id, 1)).toMatchObject([
      { type: 'account.created', key: ada, lastError: 'too_many_waiting' },
    ]);
    expect(leased && (await storage.webhookDeliveries.delivered(leased, 'me'))).toBe(false);
    await raw.run(`delete from webhook_deliveries where payload = ''`);
    expect(typesOf(await takeEvents(world))).toEqual(['account.connected']);
  });

  it('forgets at once what nobody tried to deliver of more accounts than a server has locks', async () => {
    const { storage, raw, clock } = await worldWithEndpoint();
    await raw.ignoreConstraints();
    await raw.run(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
      insert into webhook_deliveries (sequence, event_id, endpoint_id, realm, identifier, type, payload, created_at, attempts)
      select i, i, '${endpoint.id}', 'default', i, 'account.created', '', ${start}, 0 from n`);
    clock.turn(8 * 24 * hour + 1);
    await storage.operations.sweep(clock.now());
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 0, dead: 0 });
  });

  it('keeps 100,000 dead letters of one endpoint, the latest', async () => {
    const { storage, raw, clock } = await worldWithEndpoint();
    await raw.ignoreConstraints();
    await raw.run(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 100002)
      insert into webhook_deliveries (sequence, event_id, endpoint_id, realm, identifier, type, payload, created_at, attempts, dead_at)
      select i, i, '${endpoint.id}', 'default', i, 'account.created', '', ${start}, 1, ${start} from n`);
    await storage.operations.sweep(clock.now());
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 0, dead: 100_000 });
    const left = await raw.value('select min(sequence) from webhook_deliveries');
    expect(left).toBe(3);
  });

  it('is written by one place: nothing deletes an account past it', () => {
    const folder = new URL('../../../src/storage/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const past = files.filter((file) =>
      /deleteFrom\('accounts'\)|delete from accounts\b/.test(readFileSync(new URL(file, folder), 'utf8')),
    );
    expect(past).toEqual([]);
  });
});
