// The current MCP client at the far end of a real socket, or of a pipe to `runStdio`.
import { PassThrough } from 'node:stream';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { Hono } from 'hono';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { listen } from '../../src/http/serve.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { runStdio } from '../../src/stdio/stdio.ts';
import type { World } from '../support/world.ts';

/** `modern` speaks 2026-07-28, `legacy` the revisions before it. */
export type Era = 'modern' | 'legacy';

export interface Connected {
  readonly client: Client;
  /** As a client that is killed: says no goodbye, its connection closes. */
  leave(): Promise<void>;
}

const newClient = (era: Era): Client =>
  new Client(
    { name: 'a test', version: '1.0.0' },
    { versionNegotiation: { mode: era === 'modern' ? 'auto' : 'legacy' } },
  );

export const overSocket = async (world: World, era: Era, identifier: string): Promise<Connected> => {
  const front = new Hono().all('/mcp', async ({ req: { raw } }) => {
    const body = raw.method === 'POST' ? { body: await raw.text() } : {};
    return world.http('/mcp', { method: raw.method, headers: raw.headers, signal: raw.signal, ...body });
  });
  const listening = await listen(front, { host: '127.0.0.1', port: 0 }, systemClock);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  onTestFinished(() => listening.close(0));
  const headers = { authorization: `Bearer ${await world.userKey(identifier)}` };
  const url = new URL(`http://127.0.0.1:${listening.port}/mcp`);
  const client = newClient(era);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  onTestFinished(() => client.close());
  return { client, leave: () => client.close() };
};

export const overPipe = async (world: World, era: Era, identifier: string): Promise<Connected> => {
  const [stdin, stdout, stop] = [new PassThrough(), new PassThrough(), new AbortController()];
  const originalConsole = globalThis.console;
  const ended = runStdio({
    mcpServer: world.postern.mcpServer,
    caller: { key: { realm: 'default', identifier }, credential: 'stdio', linkPolicy: 'loopback' },
    signal: stop.signal,
    log: pino({ level: 'silent' }),
    stdin,
    stdout,
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
    globalThis.console = originalConsole;
  });
  const client = newClient(era);
  // Both ends of a pipe are alike: the far one reads what Postern writes.
  await client.connect(new StdioServerTransport(stdout, stdin));
  const leave = async () => {
    stdin.end();
    await client.close();
  };
  return { client, leave };
};
