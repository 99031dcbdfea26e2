// Session tokens: what a product gives its agent instead of a key. One person's, for a while, and no longer.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, sam, type World } from '../support/world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.serviceKey();
  await world.connect('alex');
  await world.connect('sam', { email: sam });
});
afterEach(() => world.close());

const minute = 60_000;
const path = (identifier: string) => `/api/v1/accounts/${identifier}/sessions`;

const ask = (identifier: string, body: object = {}, by = key) =>
  world.http(path(identifier), { method: 'POST', key: by, body: JSON.stringify(body) });

const mint = async (identifier: string, body: object = {}, by = key): Promise<string> => {
  const answer = await ask(identifier, body, by);
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { token: string }).token;
};

const inbox = (who: { key: string; as?: string }) => world.call('gmail_fetch_mails', { max_results: 1 }, who);

const mcp = (token: string, as?: string) =>
  world.http('/mcp', { method: 'POST', key: token, ...(as === undefined ? {} : { as }) });

/** The answer to a credential nobody knows, to compare with. */
const unknown = async () => {
  const answer = await mcp(`pst_session_${'0'.repeat(16)}_${'A'.repeat(43)}`);
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: await answer.text() };
};

const expectOver = async (token: string) => {
  const answer = await mcp(token);
  const { status, challenge, body } = await unknown();
  expect(status).toBe(401);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('www-authenticate')).toBe(challenge);
  expect(await answer.text()).toBe(body);
};

describe('A session token', () => {
  it('is minted for one person, says when it ends, and reads that mail without naming anybody', async () => {
    const answer = await ask('alex');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { token, expires_at } = (await answer.json()) as { token: string; expires_at: string };
    expect(token).toMatch(/^pst_session_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(Date.parse(expires_at)).toBe(world.clock.now() + 60 * minute);
    expect((await inbox({ key: token })).structured.messages).toHaveLength(1);
    expect((await inbox({ key: token, as: 'alex' })).structured.messages).toHaveLength(1);
  });

  it('is kept as a hash alone and never logged', async () => {
    const token = await mint('alex');
    await inbox({ key: token });
    const [, , id = '', secret = ''] = /^pst_(session)_([^_]+)_(.*)$/.exec(token) ?? [];
    const kept = await world.postern.storage.sessions.find(id);
    expect(kept?.secretHash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(kept)).not.toContain(secret);
    expect(world.logged.join('\n')).not.toContain(secret);
  });

  it('cannot be used for another person', async () => {
    const token = await mint('alex');
    for (const other of ['sam', 'Alex', 'alex,sam']) {
      const answer = await mcp(token, other);
      expect(answer.status, other).toBe(403);
      expect(await answer.json()).toMatchObject({ error: 'identifier_forbidden' });
    }
  });

  it('opens of the API for products its own account, its check and tools alone: nothing that changes or lists anything', async () => {
    const token = await mint('alex');
    for (const [method, where] of [
      ['GET', '/api/v1/accounts'],
      ['POST', '/api/v1/accounts'],
      ['PATCH', '/api/v1/accounts/alex'],
      ['POST', '/api/v1/accounts/alex/link'],
      ['POST', '/api/v1/accounts/alex/disconnect'],
      ['GET', '/api/v1/accounts/alex/clients'],
      ['GET', '/api/v1/connections'],
      ['GET', '/api/v1/webhooks'],
      ['POST', path('alex')],
      ['DELETE', path('alex')],
      ['DELETE', '/api/v1/accounts/alex'],
    ] as const) {
      const answer = await world.http(where, { method, key: token });
      expect(answer.status, `${method} ${where}`).toBe(403);
      expect(await answer.json()).toMatchObject({ error: 'service_key_required' });
    }
    expect(await (await world.http('/api/v1/accounts/alex', { key: token })).json()).toMatchObject({
      identifier: 'alex',
    });
    expect((await world.http('/api/v1/accounts/bea', { key: token })).status).toBe(403);
    expect((await inbox({ key: token })).structured.messages).toHaveLength(1);
  });

  it('stays in the realm of the key that made it', async () => {
    const games = await world.serviceKey({ realm: 'games', unverifiedLinks: true });
    expect((await ask('alex', {}, games)).status).toBe(404);
    await world.http('/api/v1/accounts', { method: 'POST', key: games, body: '{"identifier": "alex"}' });
    const token = await mint('alex', {}, games);
    expect((await inbox({ key: token })).structured.authorizationRequired).toMatchObject({ reason: 'never_connected' });
  });

  it('gives links as the key that made it would', async () => {
    await world.http('/api/v1/accounts', { method: 'POST', key, body: '{"identifier": "kim"}' });
    const unpinned = await inbox({ key: await mint('kim') });
    expect(unpinned.isError).toBe(true);
    expect(unpinned.text).toContain('expected_email');
    const verifyUrl = 'https://shop.example.com/verify';
    const confirming = await world.serviceKey({ verifyUrl });
    const answer = await inbox({ key: await mint('kim', {}, confirming) });
    const { url } = answer.structured.authorizationRequired as { url: string };
    const page = await world.approve(url);
    expect(page.url.startsWith(verifyUrl)).toBe(true);
  });
});

describe('A session', () => {
  it('ends by itself at its time', async () => {
    const token = await mint('alex', { expires_in: 60 });
    await world.clock.advance(minute - 1);
    expect((await inbox({ key: token })).structured.messages).toHaveLength(1);
    await world.clock.advance(1);
    await expectOver(token);
    await world.postern.storage.operations.sweep(world.clock.now());
    expect(await world.postern.storage.sessions.find(token.split('_')[2] ?? '')).toBeUndefined();
    await expectOver(token);
  });

  it('ends when it is told to, for every session of that person and of nobody else', async () => {
    const tokens = [await mint('alex'), await mint('alex', { expires_in: 24 * 3600 })];
    const sams = await mint('sam');
    expect((await world.http(path('alex'), { method: 'DELETE', key })).status).toBe(204);
    for (const token of tokens) await expectOver(token);
    expect((await mcp(sams)).status).not.toBe(401);
    expect((await inbox({ key: await mint('alex') })).structured.messages).toHaveLength(1);
  });

  it('ends with the key that made it', async () => {
    const token = await mint('alex');
    const other = await mint('alex', {}, await world.serviceKey());
    await world.postern.storage.apiKeys.revoke(key.split('_')[2] ?? '', world.clock.now());
    await expectOver(token);
    expect((await inbox({ key: other })).structured.messages).toHaveLength(1);
  });

  it('ends with the account, and does not come back with a new one of the same name', async () => {
    const token = await mint('alex');
    expect((await world.http('/api/v1/accounts/alex', { method: 'DELETE', key })).status).toBe(204);
    await expectOver(token);
    await world.connect('alex');
    await expectOver(token);
  });

  it('outlives a disconnected mailbox: its calls then return a link', async () => {
    await world.connect('lee', { pins: { expectedEmail: 'alex@example.com' } });
    const token = await mint('lee');
    await world.http('/api/v1/accounts/lee/disconnect', { method: 'POST', key });
    expect((await inbox({ key: token })).structured.authorizationRequired).toMatchObject({ reason: 'disconnected' });
  });
});

describe('Asking for a session', () => {
  it.each([
    [{ expires_in: 59 }, 'expires_in must be a whole number of seconds from 60 to 86400.'],
    [{ expires_in: 86_401 }, 'expires_in must be a whole number of seconds from 60 to 86400.'],
    [{ expires_in: 90.5 }, 'expires_in must be a whole number of seconds from 60 to 86400.'],
    [{ expires_in: '3600' }, 'expires_in must be a whole number of seconds from 60 to 86400.'],
    [{ expiresIn: 3600 }, 'Unknown field "expiresIn". Did you mean "expires_in"?'],
  ])('with %j is refused with the reason', async (body, message) => {
    const answer = await ask('alex', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_input', message });
  });

  it('for somebody without an account names the request that makes one', async () => {
    for (const method of ['POST', 'DELETE']) {
      const answer = await world.http(path('nobody'), { method, key });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ next: 'Create it with POST /api/v1/accounts.' });
    }
  });

  it('needs a service key, and no header that names somebody else', async () => {
    expect((await ask('alex', {}, await world.userKey('alex'))).status).toBe(403);
    expect((await world.http(path('alex'), { method: 'POST', key, as: 'sam' })).status).toBe(403);
    expect((await world.http(path('alex'), { method: 'POST' })).status).toBe(401);
  });
});
