// Real MCP clients of both generations, connected to a server factory without a socket.
import {
  Client,
  type ClientOptions,
  InMemoryTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server';

export type MakeServer = () => McpServer;

const info = { name: 'a test', version: '1.0.0' };
const url = new URL('https://postern.test/mcp');

const fetchOf = (makeServer: MakeServer) => {
  const handler = createMcpHandler(makeServer);
  return async (input: string | URL | Request, init?: RequestInit) =>
    handler.fetch(input instanceof Request ? input : new Request(input, init));
};

/** The current client over HTTP: `modern` speaks 2026-07-28, `legacy` the older protocol. */
export const currentClient = async (
  makeServer: MakeServer,
  era: 'modern' | 'legacy',
  options: ClientOptions = {},
  prepare: (client: Client) => void = () => undefined,
): Promise<Client> => {
  const mode = era === 'modern' ? 'auto' : 'legacy';
  const client = new Client(info, { ...options, versionNegotiation: { mode } });
  prepare(client);
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: fetchOf(makeServer) }));
  return client;
};

/** The client of the 1.x SDK over HTTP. */
export const olderClient = async (makeServer: MakeServer): Promise<OldClient> => {
  const client = new OldClient(info);
  // Without the DOM's types the two declarations of this class differ in the SDK's own optional fields.
  await client.connect(new OldTransport(url, { fetch: fetchOf(makeServer) }) as Parameters<OldClient['connect']>[0]);
  return client;
};

/** The current client in one session with one server, as over a pipe. */
export const sessionClient = async (
  makeServer: MakeServer,
  options: ClientOptions = {},
  prepare: (client: Client) => void = () => undefined,
): Promise<Client> => {
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client(info, options);
  prepare(client);
  await makeServer().connect(theirs);
  await client.connect(mine);
  return client;
};
