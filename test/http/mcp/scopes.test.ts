// What an access token allows is decided per tool, before any tool runs, in both protocol eras.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it } from 'vitest';
import { aSignInWorld, mcp, metadataUrl, type SignInWorld, toolCall } from './resource-support.ts';

const challengeFor = (scope: string, description: string): string =>
  `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${metadataUrl}", error_description="${description}"`;

const noMail = 'This client was not allowed to read your e-mail, drafts and attachments.';
const noPeople = "This client was not allowed to see your contacts and your organisation's directory.";

const modernHeaders = (name: string) => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': name,
});
const modernCall = (name: string) => ({
  ...toolCall(name),
  params: {
    name,
    arguments: {},
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
    },
  },
});

describe('1. A tool whose scope the token lacks', () => {
  it.each([
    ['2025', (name: string) => toolCall(name), () => ({})],
    ['2026', modernCall, modernHeaders],
  ])('is answered with 403 and the scopes to ask for, to a client of %s', async (_, message, headers) => {
    const { post, ran } = await aSignInWorld();
    const refused = await post('may:contacts:read', message('read_mail'), headers('read_mail'));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe(challengeFor('mail:read contacts:read', noMail));
    expect(await refused.json()).toEqual({
      error: 'insufficient_scope',
      message: noMail,
      who: 'the person',
      next: 'Sign in again and agree to mail:read contacts:read; MCP clients ask for that by themselves.',
    });
    expect((await post('may:contacts:read', message('find_people'), headers('find_people'))).status).toBe(200);
    expect(ran).toEqual(['find_people']);
  });

  it('refuses the whole batch that it is called in, and names the scopes of all its calls', async () => {
    const { post, ran } = await aSignInWorld();
    const batch = [toolCall('about', 1), toolCall('find_people', 2), toolCall('read_mail', 3)];
    const some = await post('may:mail:read', batch);
    expect([some.status, some.headers.get('www-authenticate')]).toEqual([
      403,
      challengeFor('mail:read contacts:read', noPeople),
    ]);
    const none = await post('may:', batch);
    expect(none.headers.get('www-authenticate')).toContain('scope="mail:read contacts:read"');
    expect(ran).toEqual([]);
    expect((await post('may:mail:read+contacts:read', batch)).status).toBe(200);
    expect(ran.sort()).toEqual(['about', 'find_people', 'read_mail']);
  });

  it('does not run when it is called in a notification', async () => {
    const { post, ran } = await aSignInWorld();
    const { id: _, ...notification } = toolCall('read_mail');
    expect((await post('may:contacts:read', notification)).status).toBe(403);
    expect(ran).toEqual([]);
  });

  it.each([
    'Read_Mail',
    'read_mail ',
    'read_mail\u0000',
    ['read_mail'],
    { toString: 'read_mail' },
    7,
    null,
    '__proto__',
  ])('does not run under the name %j', async (name) => {
    const { post, ran } = await aSignInWorld();
    expect((await post('may:contacts:read', toolCall(name))).status).toBeLessThan(500);
    expect(ran).toEqual([]);
  });

  it('does not run when a message names its method or its tool twice', async () => {
    const { app, ran } = await aSignInWorld();
    const bodies = [
      '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"read_mail","arguments":{}}}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"about","name":"read_mail","arguments":{}}}',
      '\ufeff{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_mail","arguments":{}}}',
    ];
    for (const body of bodies) {
      const answer = await app.request(mcp, {
        method: 'POST',
        body,
        headers: {
          authorization: 'Bearer may:contacts:read',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
      });
      expect(answer.status).toBe(403);
    }
    expect(ran).toEqual([]);
  });

  it.each([1, 2, 3, 4])('does not run when %i byte order marks stand before the message', async (marks) => {
    const { app, ran } = await aSignInWorld();
    const modern = modernHeaders('read_mail');
    for (const [message, headers] of [
      [toolCall('read_mail'), {}],
      [[toolCall('read_mail', 1), toolCall('read_mail', 2)], {}],
      [modernCall('read_mail'), modern],
    ] as const) {
      const answer = await app.request(mcp, {
        method: 'POST',
        body: '\ufeff'.repeat(marks) + JSON.stringify(message),
        headers: {
          authorization: 'Bearer may:contacts:read',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
      });
      expect(answer.status).toBe(marks === 1 ? 403 : 400);
    }
    expect(ran).toEqual([]);
  });
});

describe('2. What needs no scope', () => {
  it.each([
    [
      'a handshake',
      {
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
      },
    ],
    ['a list of tools', { method: 'tools/list', params: {} }],
    ['a tool that needs no scope', { method: 'tools/call', params: { name: 'about', arguments: {} } }],
  ])('accepts %s with a token without scopes', async (_, message) => {
    const { post } = await aSignInWorld();
    expect((await post('may:', { jsonrpc: '2.0', id: 1, ...message })).status).toBe(200);
  });

  it('leaves an unknown tool to the protocol’s own error', async () => {
    const { post } = await aSignInWorld();
    const answer = await post('may:', toolCall('read_minds'));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('read_minds');
  });

  it('runs every tool with keys and session tokens', async () => {
    const { post, key, ran } = await aSignInWorld();
    const userKey = await key({ kind: 'user', identifier: 'ada' });
    expect((await post(userKey, [toolCall('read_mail', 1), toolCall('find_people', 2)])).status).toBe(200);
    expect(ran.sort()).toEqual(['find_people', 'read_mail']);
  });
});

describe('3. Real clients', () => {
  const fetchFrom =
    ({ app }: SignInWorld) =>
    async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      app.request(input instanceof Request ? input : new Request(input, init));
  const requestInit = { headers: { authorization: 'Bearer may:contacts:read' } };

  it.each(['auto', 'legacy'] as const)('give the present SDK (%s) the missing scope', async (mode) => {
    const world = await aSignInWorld();
    const client = new Client({ name: 'new', version: '1.0.0' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(mcp), { fetch: fetchFrom(world), requestInit }));
    await expect(client.callTool({ name: 'read_mail', arguments: {} })).rejects.toThrow(/scope/i);
    await client.callTool({ name: 'find_people', arguments: {} });
    await client.close();
    expect(world.ran).toEqual(['find_people']);
  });

  it('give the former SDK the missing scope', async () => {
    const world = await aSignInWorld();
    const client = new OldClient({ name: 'old', version: '1.0.0' });
    const transport = new OldTransport(new URL(mcp), { fetch: fetchFrom(world), requestInit });
    // The old SDK's types are not exact about optional properties.
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    await expect(client.callTool({ name: 'read_mail' })).rejects.toThrow(/insufficient_scope/);
    await client.close();
    expect(world.ran).toEqual([]);
  });
});
