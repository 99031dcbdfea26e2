// What guards the HTTP application, and what it says about itself. Both generations of MCP clients are real.
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it } from 'vitest';
import { aBrowser, aWorld, type World } from './support.ts';

const mcp = 'https://postern.example.com/mcp';

const fetchFrom =
  ({ app }: World) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    app.request(input instanceof Request ? input : new Request(input, init));

const whoamiWithOldClient = async (world: World, headers: Record<string, string>): Promise<unknown> => {
  const client = new Client({ name: 'old', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(mcp), {
    fetch: fetchFrom(world),
    requestInit: { headers },
  });
  // The old SDK's types are not exact about optional properties.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  const answer = await client.callTool({ name: 'whoami' });
  await client.close();
  return answer.content;
};

const whoamiWithNewClient = async (
  world: World,
  headers: Record<string, string>,
  mode: 'auto' | 'legacy',
): Promise<{ version: string | undefined; content: unknown }> => {
  const client = new ModernClient({ name: 'new', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new ModernTransport(new URL(mcp), { fetch: fetchFrom(world), requestInit: { headers } }));
  const { content } = await client.callTool({ name: 'whoami', arguments: {} });
  const version = client.getNegotiatedProtocolVersion();
  await client.close();
  return { version, content };
};

const post = (world: World, headers: Record<string, string>, body: string = '{}') =>
  world.app.request(mcp, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

const errorOf = async (response: Response): Promise<unknown> => ((await response.json()) as { error?: unknown }).error;

describe('1. Calling tools for an account', () => {
  it('serves both protocol eras, for the person the credential names', async () => {
    const world = await aWorld();
    const authorization = `Bearer ${await world.key({ realm: 'shop' })}`;
    const headers = { authorization, 'postern-identifier': 'J%C3%BCrgen' };
    const expected = [{ type: 'text', text: 'shop/Jürgen' }];
    expect(await whoamiWithOldClient(world, headers)).toEqual(expected);
    expect((await whoamiWithNewClient(world, headers, 'legacy')).content).toEqual(expected);
    expect(await whoamiWithNewClient(world, headers, 'auto')).toEqual({ version: '2026-07-28', content: expected });
  });

  it('answers each of many concurrent callers for their own account', async () => {
    const world = await aWorld();
    const authorization = `Bearer ${await world.key()}`;
    const names = Array.from({ length: 12 }, (_, index) => `user_${index}`);
    const answers = await Promise.all(
      names.map((name) => whoamiWithOldClient(world, { authorization, 'postern-identifier': name })),
    );
    expect(answers).toEqual(names.map((name) => [{ type: 'text', text: `default/${name}` }]));
  });

  it.each([
    ['no credential', {}, 401, 'Bearer realm="postern"'],
    ['an unknown key', { authorization: 'Bearer nonsense' }, 401, 'Bearer realm="postern", error="invalid_token"'],
  ])('answers %s with a challenge', async (_, headers, status, challenge) => {
    const response = await post(await aWorld(), headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, challenge]);
    expect(Object.keys((await response.json()) as object)).toEqual(['error', 'message', 'who', 'next']);
  });

  it('answers a service key without an identifier, or with two, with 400', async () => {
    const world = await aWorld();
    const authorization = `Bearer ${await world.key()}`;
    expect(await (await post(world, { authorization })).json()).toMatchObject({ error: 'identifier_missing' });
    const two = await post(world, { authorization, 'postern-identifier': 'ada, ben' });
    expect([two.status, await errorOf(two)]).toEqual([400, 'identifier_invalid']);
  });

  it('answers a user key with another identifier with 403', async () => {
    const world = await aWorld();
    const authorization = `Bearer ${await world.key({ kind: 'user', identifier: 'ada' })}`;
    const response = await post(world, { authorization, 'postern-identifier': 'ben' });
    expect([response.status, await errorOf(response)]).toEqual([403, 'identifier_forbidden']);
  });

  it('refuses a message over 1 MB', async () => {
    const world = await aWorld();
    const authorization = `Bearer ${await world.key({ kind: 'user', identifier: 'ada' })}`;
    const response = await post(world, { authorization }, JSON.stringify({ padding: 'x'.repeat(1_100_000) }));
    expect(response.status).toBe(413);
  });
});

describe('2. Host and Origin', () => {
  it.each([
    ['https://postern.example.com', 401],
    ['https://postern.example.com:8443', 401],
    ['http://localhost:8080', 401],
    ['http://127.0.0.1:8080', 401],
    ['http://[::1]:8080', 401],
    ['http://rebound.example', 403],
    ['http://postern.example.com.evil.example', 403],
    ['http://127.0.0.1.evil.example', 403],
  ])('a request that came to %s is answered with %i', async (host, status) => {
    expect((await (await aWorld()).app.request(`${host}/mcp`, { method: 'POST' })).status).toBe(status);
  });

  it.each([
    [undefined, 401],
    ['https://postern.example.com', 401],
    ['http://postern.example.com', 401],
    ['https://evil.example', 403],
    ['https://postern.example.com.evil.example', 403],
    ['https://postern.example.com:444', 403],
    ['null', 403],
    ['', 403],
  ])('a call from a page of %s is answered with %i', async (origin, status) => {
    const world = await aWorld();
    for (const url of [mcp, 'https://postern.example.com/api/v1/accounts/ada']) {
      const response = await world.app.request(url, {
        method: 'POST',
        headers: origin === undefined ? {} : { origin },
      });
      expect(response.status).toBe(status);
    }
  });
});

describe('3. Health', () => {
  it('answers without a key and under any host name', async () => {
    const { app } = await aWorld();
    expect(await (await app.request('http://10.0.0.7:8080/healthz')).json()).toEqual({ status: 'alive' });
    expect((await app.request('http://10.0.0.7:8080/readyz')).status).toBe(200);
  });

  it('is alive and not ready while the database does not answer', async () => {
    const { app } = await aWorld({ ready: () => Promise.reject(new Error('locked')) });
    expect((await app.request('/healthz')).status).toBe(200);
    expect((await app.request('/readyz')).status).toBe(503);
  });
});

describe('4. Answers and log', () => {
  it('shows a browser at / what to do with the address', async () => {
    const response = await (await aWorld()).app.request('https://postern.example.com/');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(await response.text()).toContain('<code>https://postern.example.com/mcp</code>');
  });

  it('answers an unknown address with JSON', async () => {
    const { app } = await aWorld();
    const response = await app.request('https://postern.example.com/.well-known/oauth-protected-resource');
    expect([response.status, await errorOf(response)]).toEqual([404, 'not_found']);
  });

  it('gives no detail of an internal error', async () => {
    const world = await aWorld({
      disturb: (accounts) => ({ ...accounts, find: () => Promise.reject(new Error('the row of user_42')) }),
    });
    const authorization = `Bearer ${await world.key()}`;
    const response = await world.app.request('https://postern.example.com/api/v1/accounts/user_42', {
      headers: { authorization },
    });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: 'internal', message: 'Postern failed.' });
    expect(world.logged.join('')).toContain('request_failed');
    expect(world.logged.join('')).not.toContain('user_42');
  });

  it('logs routes as templates, and no link, key, identifier or code', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const key = await world.key();
    const link = await world.link('user_42');
    const browser = aBrowser(world);
    await browser.connect(link, 'ada@example.com');
    await post(world, { authorization: `Bearer ${key}`, 'postern-identifier': 'user_42' });
    await world.app.request('https://postern.example.com/api/v1/accounts/user_42', {
      headers: { authorization: `Bearer ${key}` },
    });
    await world.app.request(`https://postern.example.com/downloads/${'D'.repeat(43)}`);
    await world.app.request('https://postern.example.com/secret-path?secret-query=1');
    await world.app.request('https://postern.example.com/healthz');
    const lines = world.logged.map((line) => JSON.parse(line)).filter(({ event }) => event === 'request');
    expect(lines.map(({ method, route, status }) => `${method} ${route} ${status}`)).toEqual([
      'GET /connect/:ticket 200',
      'POST /connect/:ticket 200',
      'GET /oauth/callback 200',
      expect.stringMatching(/^POST \/mcp 4\d\d$/),
      'GET /api/v1/accounts/:identifier 200',
      'GET /downloads/:token 404',
      'GET unmatched 404',
      'GET /healthz 200',
    ]);
    const all = world.logged.join('');
    const secrets = [key, link.split('/').at(-1), 'user_42', 'ada@example.com', 'secret-', 'DDDD', 'code=', 'state='];
    for (const secret of secrets) expect(all).not.toContain(secret);
  });
});
