// MCP over a pipe, both client generations' wire; the pipe's end is the end.
import { PassThrough } from 'node:stream';
import { McpServer } from '@modelcontextprotocol/server';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../src/model/caller.ts';
import { runStdio } from '../../src/stdio/stdio.ts';

const originalConsole = globalThis.console;
afterEach(() => {
  globalThis.console = originalConsole;
});

const me: Caller = { key: { realm: 'local', identifier: 'me' }, credential: 'stdio', linkPolicy: 'loopback' };

const start = () => {
  const [stdin, stdout, stop] = [new PassThrough(), new PassThrough(), new AbortController()];
  const mcpServer = (caller: Caller): McpServer => {
    const server = new McpServer({ name: 'whoami', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.registerTool('whoami', { description: 'Says for whom it was called' }, () => {
      const { log: print } = globalThis.console;
      print('words of a careless library');
      return { content: [{ type: 'text', text: `${caller.key.realm}/${caller.key.identifier}` }] };
    });
    return server;
  };
  const ended = runStdio({ mcpServer, caller: me, signal: stop.signal, log: pino({ level: 'silent' }), stdin, stdout });
  let received = '';
  stdout.on('data', (chunk) => {
    received += String(chunk);
  });
  const lines = () => received.split('\n').filter((line) => line !== '');
  const send = (message: object) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return { stdin, stop, ended, send, lines };
};

const initialize = {
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'pipe', version: '1.0.0' } },
};

describe('stdio', () => {
  it('serves the one person it was started for, and writes nothing but JSON-RPC', async () => {
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const complained = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { send, lines, stdin, ended } = start();
    send(initialize);
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
    await expect.poll(() => lines().length).toBe(2);
    const messages = lines().map((line) => JSON.parse(line));
    expect(messages.map(({ jsonrpc, id }) => [jsonrpc, id])).toEqual([
      ['2.0', 1],
      ['2.0', 2],
    ]);
    expect(messages[1].result.content).toEqual([{ type: 'text', text: 'local/me' }]);
    expect(printed).not.toHaveBeenCalled();
    expect(complained.mock.calls.join()).toContain('words of a careless library');
    stdin.end();
    await ended;
  });

  it('ends when stdin closes, also before anything was said', async () => {
    const { stdin, ended } = start();
    stdin.end();
    await expect(ended).resolves.toBeUndefined();
  });

  it('ends when the process is asked to', async () => {
    const { stop, ended, send, lines } = start();
    send(initialize);
    await expect.poll(() => lines().length).toBe(1);
    stop.abort();
    await expect(ended).resolves.toBeUndefined();
  });
});
