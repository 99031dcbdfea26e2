// One product's key must not take the server from all the others: what it may create and ask for is limited, and says so.
import { describe, expect, it } from 'vitest';
import { defaultKeyRates, type KeyAction, type KeyRates } from '../../../src/http/limits/key-limits.ts';
import { aWorld, type World } from '../support.ts';

const origin = 'https://postern.example.com';
const rates = (changed: Partial<KeyRates>): KeyRates => ({ ...defaultKeyRates, ...changed });
const request = (world: World, key: string, method: string, path: string, body?: unknown) =>
  world.app.request(origin + path, {
    method,
    headers: { authorization: `Bearer ${key}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
const create = (world: World, key: string, identifier: string) =>
  request(world, key, 'POST', '/api/v1/accounts', { identifier });

describe('Creating accounts with one key', () => {
  const three = { accounts: { times: 3, perMs: 60_000 } };

  it('is limited per key, and the answer says how many are allowed and when to try again', async () => {
    const world = await aWorld({ keyRates: rates(three) });
    const key = await world.key();
    for (const name of ['a', 'b', 'c']) expect((await create(world, key, name)).status).toBe(201);
    const refused = await create(world, key, 'd');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    expect(await refused.json()).toEqual({
      error: 'too_many_requests',
      message: 'This key may create 3 accounts at once, and 3 a minute after that.',
      who: 'the caller',
      next: 'Try again in 20 seconds.',
    });
    expect(await world.accounts.find({ realm: 'default', identifier: 'd' })).toBeUndefined();
    await world.clock.advance(20_000);
    expect((await create(world, key, 'd')).status).toBe(201);
    expect((await create(world, key, 'e')).status).toBe(429);
  });

  it('does not count accounts that exist, nor what other keys create', async () => {
    const world = await aWorld({ keyRates: rates(three) });
    const [key, other] = [await world.key(), await world.key()];
    for (const name of ['a', 'b', 'c']) await create(world, key, name);
    for (let n = 0; n < 10; n++) expect((await create(world, key, 'a')).status).toBe(200);
    expect((await create(world, key, 'd')).status).toBe(429);
    expect((await create(world, other, 'd')).status).toBe(201);
  });

  it('counts tool calls for a new identifier, and no other tool calls', async () => {
    const world = await aWorld({ keyRates: rates(three) });
    const key = await world.key();
    const post = (identifier: string, method: string) =>
      world.app.request(`${origin}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'postern-identifier': identifier,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { name: 'whoami', arguments: {} } }),
      });
    for (const name of ['a', 'b', 'c']) expect((await post(name, 'tools/list')).status).toBe(200);
    for (const name of ['a', 'b', 'c']) expect((await post(name, 'tools/call')).status).toBe(200);
    const refused = await post('d', 'tools/call');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    await world.accounts.ensure({ realm: 'default', identifier: 'd' });
    expect((await post('d', 'tools/call')).status).toBe(200);
  });

  it('allows 1,000 new accounts at once, and 10 a second after that', async () => {
    const world = await aWorld();
    const key = await world.key();
    const statuses: number[] = [];
    for (let n = 0; n < 1010; n++) statuses.push((await create(world, key, `${n}`)).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1000);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    await world.clock.advance(1000);
    for (let n = 0; n < 11; n++) statuses.push((await create(world, key, `later ${n}`)).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1010);
  });
});

describe('Other requests with one key', () => {
  const tickets: [KeyAction, string, string][] = [
    ['requests', 'GET', '/api/v1/accounts/ada'],
    ['links', 'POST', '/api/v1/accounts/ada/link'],
    ['sessions', 'POST', '/api/v1/accounts/ada/sessions'],
    ['checks', 'POST', '/api/v1/accounts/ada/check'],
    ['endings', 'POST', '/api/v1/accounts/ada/disconnect'],
    ['endings', 'DELETE', '/api/v1/accounts/ben'],
    ['confirmations', 'GET', '/api/v1/auth-requests/none'],
    ['confirmations', 'POST', '/api/v1/auth-requests/none/confirm'],
  ];
  it.each(tickets)('limits %s per key: %s %s', async (action, method, path) => {
    const world = await aWorld({ keyRates: rates({ [action]: { times: 2, perMs: 60_000 } }) });
    const key = await world.key({ unverifiedLinks: true });
    await world.accounts.ensure({ realm: 'default', identifier: 'ada' });
    const ask = () => request(world, key, method, path, method === 'POST' ? {} : undefined);
    for (let n = 0; n < 2; n++) expect((await ask()).status).not.toBe(429);
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await refused.json()).toMatchObject({ error: 'too_many_requests', next: 'Try again in 30 seconds.' });
    await world.clock.advance(30_000);
    expect((await ask()).status).not.toBe(429);
  });
});
