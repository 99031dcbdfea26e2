// The arguments of a call as clients really write them, over HTTP in both protocol eras and over a pipe, word by word:
// nothing here is a client's library, so that nothing corrects a request on its way.
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputJson } from '../../src/mcp/mcp-server.ts';
import { catalogue } from '../../src/mcp/tools/index.ts';
import { runStdio } from '../../src/stdio/stdio.ts';
import { createWorld, type World } from '../support/world.ts';

const identifier = 'user_42';
let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.connect(identifier);
});
afterEach(() => world.close());

interface Result {
  readonly isError?: boolean;
  readonly content: { readonly text: string }[];
  readonly structuredContent: Record<string, unknown>;
}
type Call = (args: unknown, name?: string) => Promise<Result>;

const message = (params: object) => ({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });

const post = async (body: object, headers: Record<string, string>): Promise<Result> => {
  const response = await world.http('/mcp', {
    method: 'POST',
    key: await world.userKey(identifier),
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text).result;
};

const modern = '2026-07-28';
const meta = {
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
};
const overModernHttp: Call = (args, name = 'gmail_fetch_mails') =>
  post(message({ name, arguments: args, _meta: meta }), {
    'mcp-protocol-version': modern,
    'mcp-method': 'tools/call',
    'mcp-name': name,
  });
const overOlderHttp: Call = (args, name = 'gmail_fetch_mails') => post(message({ name, arguments: args }), {});

const overPipe: Call = async (args, name = 'gmail_fetch_mails') => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const originalConsole = globalThis.console;
  let received = '';
  stdout.on('data', (chunk) => {
    received += String(chunk);
  });
  const ended = runStdio({
    mcpServer: world.postern.mcpServer,
    caller: { key: { realm: 'default', identifier }, credential: 'stdio', linkPolicy: 'loopback' },
    signal: new AbortController().signal,
    log: pino({ level: 'silent' }),
    stdin,
    stdout,
  });
  const clientInfo = { name: 'a test', version: '1.0.0' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  stdin.write(`${JSON.stringify(message({ name, arguments: args }))}\n`);
  await expect.poll(() => received.split('\n').length, { timeout: 15_000 }).toBe(3);
  stdin.end();
  await ended;
  globalThis.console = originalConsole;
  return JSON.parse(received.split('\n')[1] ?? '').result;
};

const everyWay: [string, Call][] = [
  ['HTTP of the newer protocol', overModernHttp],
  ['HTTP of the older protocol', overOlderHttp],
  ['a pipe', overPipe],
];

describe.each(everyWay)('Over %s', (_, call) => {
  it('arguments that are null, or an empty list or text, are none', async () => {
    for (const args of [null, [], '']) {
      const { structuredContent } = await call(args);
      expect(structuredContent.messages).toHaveLength(10);
      expect(JSON.stringify(structuredContent.notes)).not.toContain('max_results');
    }
  });

  it('arguments that are JSON text are the object in it', async () => {
    expect((await call('{"max_results": "2.0"}')).structuredContent.messages).toHaveLength(2);
  });

  it('a number above its bound is capped, which the answer says first, in both its forms', async () => {
    const { structuredContent, content } = await call({ max_results: 500, format: 'readable' });
    const notes = ['max_results is at most 100: that was used instead of 500'];
    expect(structuredContent).toMatchObject({ notes, messages: expect.anything() });
    expect(content[0]?.text).toMatch(/<<<outside \w+>>>\nnotes:\n {2}- max_results is at most 100/);
  });

  it('an attachment says it too', async () => {
    const { structuredContent } = await call({ query: 'filename:csv', max_results: 1 });
    const [{ id }] = structuredContent.messages as [{ id: string }];
    const answer = await call({ message_id: id, attachment_id: 1, max_chars: 9e9 }, 'gmail_get_attachment_by_id');
    expect(answer.structuredContent.notes).toEqual([expect.stringContaining('max_chars is at most 1000000')]);
    expect(answer.content[0]?.text).toContain('max_chars is at most 1000000');
  });
});

describe('A client that checks arguments against the listed schema beforehand', () => {
  it.each([
    ['gmail_fetch_mails', { max_results: 500, label_ids: 'INBOX,UNREAD' }],
    ['gmail_fetch_mails', { label_ids: ['inbox'] }],
    ['gmail_search_people', { query: 'ann', page_size: 50, person_fields: 'names,emailAddresses' }],
    ['gmail_get_contacts', { max_results: 5000, person_fields: ['names', 'nickname'] }],
    ['gmail_get_message_by_id', { message_id: 'm', max_chars: 9_000_000 }],
  ])('lets through what %s takes: %j', (name, args) => {
    const tool = catalogue.find((candidate) => candidate.name === name);
    const schema = z.fromJSONSchema(inputJson(tool?.input ?? z.object({})));
    expect(schema.safeParse(args).success).toBe(true);
  });
});
