// The HTTP application of a Postern where MCP clients sign in, with two tools that need different scopes. Its access
// tokens are words that say what they allow.

import { type McpServer, McpServer as Server } from '@modelcontextprotocol/server';
import { pino } from 'pino';
import { createHttpApp } from '../../../src/http/app.ts';
import { createCallLimiter, defaultCallLimits } from '../../../src/http/limits/call-limits.ts';
import { createKeyLimits, defaultKeyRates } from '../../../src/http/limits/key-limits.ts';
import type { AccessTokens } from '../../../src/identity/access-tokens.ts';
import { createAuthenticator } from '../../../src/identity/authenticate.ts';
import { createSessions } from '../../../src/identity/credentials.ts';
import { createPersonClients } from '../../../src/identity/person-clients.ts';
import { limitsInMemory } from '../../../src/lib/rate-limit.ts';
import { isMcpScope, type McpScope } from '../../../src/model/mcp-scope.ts';
import { ok } from '../../../src/model/result.ts';
import { aWorld, type World } from '../support.ts';

export const mcp = 'https://postern.example.com/mcp';
export const metadataUrl = 'https://postern.example.com/.well-known/oauth-protected-resource/mcp';

const needs: Readonly<Record<string, readonly McpScope[]>> = {
  read_mail: ['mail:read'],
  find_people: ['contacts:read'],
};

/** Says which of its tools ran; whether they may is not its business. */
const twoTools = (ran: string[]) => (): McpServer => {
  const server = new Server({ name: 'two tools', version: '1.0.0' }, { capabilities: { tools: {} } });
  for (const name of [...Object.keys(needs), 'about'])
    server.registerTool(name, { description: name }, () => {
      ran.push(name);
      return { content: [{ type: 'text', text: name }] };
    });
  return server;
};

/** `may:mail:read+contacts:read` is Ada's token with these scopes. */
const wordTokens: AccessTokens = async (token) => {
  if (token === 'away') return { kind: 'issuer_unavailable', retryAfterSeconds: 7 };
  const words = /^may:(.*)$/.exec(token)?.[1];
  if (words === undefined) return { kind: 'refused' };
  const key = { realm: 'staff', identifier: 'ada' };
  const scopes = words.split('+').filter(isMcpScope);
  return { kind: 'accepted', caller: { key, credential: 'access_token', linkPolicy: 'pinned', scopes } };
};

export interface SignInWorld extends World {
  /** The tools that ran, in order. */
  readonly ran: string[];
  post(authorization: string | undefined, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export const aSignInWorld = async (): Promise<SignInWorld> => {
  const world = await aWorld();
  const { storage, clock } = world;
  const createLimit = limitsInMemory(clock);
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const ran: string[] = [];
  const app = createHttpApp({
    ...world,
    authenticate: createAuthenticator(storage, clock, wordTokens),
    clients: createPersonClients(storage, clock),
    idempotency: storage.idempotencyKeys,
    sessions: createSessions(storage.sessions, random, clock),
    tools: { list: [], execute: async () => ({ kind: 'unknown_tool' }) },
    mcpServer: twoTools(ran),
    fetchAttachment: async () => ok(new Uint8Array()),
    protectedResource: {
      authorizationServers: ['https://login.example.org'],
      scopes: ['mail:read', 'contacts:read'],
      scopesOfTool: (name) => needs[name] ?? [],
    },
    publicUrl: new URL('https://postern.example.com'),
    ready: async () => true,
    createLimit,
    callLimiter: createCallLimiter(createLimit, defaultCallLimits),
    keyLimits: createKeyLimits(createLimit, defaultKeyRates),
    log: pino({ level: 'silent' }),
    random,
  });
  return {
    ...world,
    app,
    ran,
    post: async (authorization, body, headers = {}) =>
      app.request(mcp, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(authorization === undefined ? {} : { authorization: `Bearer ${authorization}` }),
          ...headers,
        },
      }),
  };
};

export const toolCall = (name: unknown, id = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
});
