// Every message with an id gets an answer that has it, over a pipe and over HTTP, in both protocol eras, and none ends
// the process. Nothing here is a client's library, so that nothing corrects a message on its way.
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStdio } from '../../../src/stdio/stdio.ts';
import { createWorld, type World } from '../../support/world.ts';

let world: World;
let key: string;
beforeAll(async () => {
  world = await createWorld();
  key = await world.userKey('me', { unverifiedLinks: true });
});
afterAll(() => world.close());

interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

type Era = 'modern' | 'older';
const modern = '2026-07-28';
const often = { interval: 2 };
const envelope = {
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
};
const initialize = {
  jsonrpc: '2.0',
  id: 'first',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a test', version: '1.0.0' } },
};
const ping = (era: Era, id: unknown) =>
  era === 'older'
    ? { jsonrpc: '2.0', id, method: 'ping' }
    : { jsonrpc: '2.0', id, method: 'tools/list', params: { _meta: envelope } };

/** A pipe to a Postern; `opened` has had its first exchange. */
const pipe = async (era: Era, opened = true) => {
  const [stdin, stdout, stop] = [new PassThrough(), new PassThrough(), new AbortController()];
  const originalConsole = globalThis.console;
  const ended = runStdio({
    mcpServer: world.postern.mcpServer,
    caller: { key: { realm: 'default', identifier: 'me' }, credential: 'stdio', linkPolicy: 'loopback' },
    signal: stop.signal,
    log: pino({ level: 'silent' }),
    stdin,
    stdout,
  });
  globalThis.console = originalConsole;
  let received = '';
  stdout.setEncoding('utf8').on('data', (chunk) => {
    received += chunk;
  });
  const answers = (): Answer[] =>
    received
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const write = (text: string) => stdin.write(`${text}\n`);
  /** What came back for these lines, once the process has answered what came after them. */
  const exchange = async (...lines: string[]): Promise<Answer[]> => {
    const before = answers().length;
    for (const line of lines) write(line);
    write(JSON.stringify(ping(era, 'last')));
    await expect.poll(() => answers().some(({ id }) => id === 'last'), often).toBe(true);
    return answers()
      .slice(before)
      .filter(({ id }) => id !== 'last');
  };
  if (opened) {
    write(JSON.stringify(era === 'older' ? initialize : ping(era, 'first')));
    await expect.poll(() => answers().length, often).toBe(1);
  }
  return { exchange, answers, stdin, ended, close: () => stop.abort() };
};

const post = (era: Era, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  world.http('/mcp', {
    method: 'POST',
    key,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(era === 'modern' ? { 'mcp-protocol-version': modern, 'mcp-method': 'tools/list' } : {}),
      ...headers,
    },
    body,
  });

/** The answers in a body, in JSON or in a stream. */
const answersIn = async (response: Response): Promise<Answer[]> => {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('text/event-stream'))
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
  return [JSON.parse(text)].flat();
};

const list = (more: string) => `{"jsonrpc":"2.0","id":7,"method":"tools/list"${more}}`;
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

/** What is refused, with which code, and which id comes back. */
const refused: [string, string, number, unknown][] = [
  ['whose parameters are a list', list(',"params":[]'), -32602, 7],
  ['whose parameters are a number', list(',"params":5'), -32602, 7],
  ['whose _meta is no object', list(',"params":{"_meta":5}'), -32602, 7],
  [
    'whose progress token is an object',
    '{"jsonrpc":"2.0","id":"a","method":"x","params":{"_meta":{"progressToken":{}}}}',
    -32602,
    'a',
  ],
  ['of another version of JSON-RPC', '{"jsonrpc":"1.0","id":7,"method":"tools/list"}', -32600, 7],
  ['of no version of JSON-RPC', '{"id":7,"method":"tools/list"}', -32600, 7],
  ['whose method is no text', '{"jsonrpc":"2.0","id":7,"method":5}', -32600, 7],
  ['without a method', '{"jsonrpc":"2.0","id":7}', -32600, 7],
  ['whose id has a fraction', '{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}', -32600, 1.5],
  ['whose id is no number that JSON can say', '{"jsonrpc":"2.0","id":1e999,"method":"tools/list"}', -32600, null],
  ['whose id is null', '{"jsonrpc":"2.0","id":null,"method":"tools/list"}', -32600, null],
  ['whose id is an object', '{"jsonrpc":"2.0","id":{"a":1},"method":"tools/list"}', -32600, null],
  ['that is nested as deep as a stack', list(`,"params":{"x":${deep(50_000)}}`), -32600, 7],
  ['that is no object', '"tools/list"', -32600, null],
  ['that is an empty batch', '[]', -32600, null],
  ['that is no JSON', '{"jsonrpc":"2.0","id":7', -32700, null],
  ['that is nothing but brackets', '['.repeat(100_000), -32700, null],
];

describe.each<Era>(['older', 'modern'])('A message in the %s era', (era) => {
  it.each(refused)('%s gets an error over stdio, and the next message is read', async (_, line, code, id) => {
    const { exchange, close } = await pipe(era);
    const answers = await exchange(line);
    expect(answers.map((answer) => [answer.id, answer.error?.code])).toEqual([[id, code]]);
    close();
  });

  it.each(refused)('%s gets an error over HTTP', async (_, body, code, id) => {
    const response = await post(era, body);
    const answers = await answersIn(response);
    expect([response.status, answers.map((answer) => [answer.id, answer.error?.code])]).toEqual([400, [[id, code]]]);
  });

  it('that is refused before the first valid one does not choose the protocol era', async () => {
    const { exchange, close } = await pipe(era, false);
    const answers = await exchange('{"jsonrpc":"2.0","id":1,"method":5}', 'nothing', '{"id":2}');
    expect(answers.map(({ id }) => id)).toEqual([1, null, 2]);
    close();
  });

  it('with an unknown method gets “method not found”, whatever its name', async () => {
    const { exchange, close } = await pipe(era);
    const methods = ['nope', '', '__proto__', 'notifications/initialized', 'resources/list'];
    const lines = methods.map((method, id) =>
      JSON.stringify({ jsonrpc: '2.0', id, method, params: { _meta: era === 'modern' ? envelope : {} } }),
    );
    const answers = await exchange(...lines);
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual(methods.map((_, id) => [id, -32601]));
    close();
  });

  it('of a batch over stdio is answered as if it came alone', async () => {
    const { exchange, close } = await pipe(era);
    const batch = [ping(era, 1), { jsonrpc: '2.0', id: 2, method: 5 }, 'x', ping(era, 3)];
    const answers = await exchange(JSON.stringify(batch));
    const seen = answers.map(({ id, error }) => JSON.stringify([id, error?.code ?? 'ok'])).sort();
    expect(seen).toEqual(['[1,"ok"]', '[2,-32600]', '[3,"ok"]', '[null,-32600]']);
    close();
  });

  it('that is a malformed notification or response is not answered', async () => {
    const { exchange, close } = await pipe(era);
    const lines = [
      '{"jsonrpc":"2.0","method":"notifications/x","params":5}',
      '{"jsonrpc":"2.0","id":7,"result":5}',
      ' ',
    ];
    expect(await exchange(...lines)).toEqual([]);
    close();
  });
});

describe('What clients write around a request', () => {
  it.each([
    ['no parameters written as null', ',"params":null'],
    ['members that nobody knows', ',"trace":"x","__proto__":{"a":1}'],
  ])('is ignored: %s', async (_, more) => {
    const { exchange, close } = await pipe('older');
    const expected = { id: 7, result: { tools: expect.any(Array) } };
    expect(await exchange(list(more))).toMatchObject([expected]);
    expect(await answersIn(await post('older', list(more)))).toMatchObject([expected]);
    close();
  });

  it('is ignored over stdio: a byte order mark, carriage returns, a missing last newline', async () => {
    const { exchange, answers, stdin, ended } = await pipe('older');
    expect(await exchange(`\uFEFF${list('')}\r`)).toMatchObject([{ id: 7, result: {} }]);
    stdin.end('{"id":8}');
    await ended;
    expect(answers().at(-1)).toMatchObject({ id: 8, error: { code: -32600 } });
  });

  it('is named in the error where a modern request lacks the envelope', async () => {
    const [answer] = await answersIn(await post('modern', list(',"params":null')));
    expect(answer).toMatchObject({ id: 7, error: { code: -32602 } });
  });
});

describe('A line that is too long', () => {
  const long = 'a'.repeat(1_100_000);

  it.each([
    ['at its start', `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"x":"${long}"}}`, 7],
    ['at its end', `{"params":{"id":1,"x":["${long}",{"id":2}]},"jsonrpc":"2.0","id":"seven"}`, 'seven'],
    ['in a text, escaped', `{"x":"\\"id\\":5,${long}","id" : "\\u0037\\"" }`, '7"'],
    ['deeper inside only', `{"x":{"id":5,"y":"${long}"}}`, null],
    ['as an object', `{"id":{"a":"${long}"},"method":"x"}`, null],
    ['longer than any', `{"id":"${long}"}`, null],
    ['of a batch', `[{"id":5,"x":"${long}"}]`, null],
  ])('is refused with its id that stands %s, and the next line is read', async (_, line, id) => {
    const { exchange, close } = await pipe('older');
    const [answer, ...more] = await exchange(line);
    expect([answer?.id, answer?.error?.code, more]).toEqual([id, -32600, []]);
    close();
  });
});

describe('A batch over HTTP', () => {
  const request = (id: unknown, method = 'ping') => ({ jsonrpc: '2.0', id, method });
  const send = async (batch: unknown[], accept = 'application/json, text/event-stream') => {
    const response = await post('older', JSON.stringify(batch), { accept });
    const answers = await answersIn(response);
    return answers.map(({ id, error }) => JSON.stringify([id, error?.code ?? 'ok'])).sort();
  };

  it.each(['application/json, text/event-stream', 'application/json', 'text/event-stream'])(
    'has an answer for each request, valid or refused: %s',
    async (accept) => {
      const batch = [
        request(1),
        { ...request(2), jsonrpc: '1.0' },
        5,
        request(3, 'nope'),
        { ...request(4), params: [] },
      ];
      expect(await send(batch, accept)).toEqual(
        ['[1,"ok"]', '[2,-32600]', '[3,-32601]', '[4,-32602]', '[null,-32600]'].sort(),
      );
    },
  );

  it('is refused the second request with the same id', async () => {
    expect(await send([request(1), request(1)])).toEqual(['[1,"ok"]', '[1,-32600]'].sort());
  });

  it('is refused an initialize request in it', async () => {
    expect(await send([{ ...initialize, id: 1 }, request(2)])).toEqual(['[1,-32600]', '[2,"ok"]'].sort());
  });

  it('is refused every message after its hundredth', async () => {
    const answers = await send(Array.from({ length: 102 }, (_, id) => request(id)));
    expect(answers.filter((answer) => answer.includes('ok'))).toHaveLength(100);
    expect(answers).toContain('[101,-32600]');
  });

  it('whose messages are all refused is answered with 400 and a list of errors', async () => {
    const response = await post('older', '[5,{"id":3}]');
    expect([response.status, await response.json()]).toMatchObject([400, [{ id: null }, { id: 3 }]]);
  });

  it('that the SDK refuses as a whole is answered with an error for each request', async () => {
    const response = await post('older', JSON.stringify([request(1), request(2)]), { 'mcp-protocol-version': '1999' });
    expect([response.status, (await answersIn(response)).map(({ id }) => id)]).toEqual([400, [1, 2]]);
  });

  it('of notifications alone is answered with 202', async () => {
    const response = await post('older', '[{"jsonrpc":"2.0","method":"notifications/initialized"}]');
    expect([response.status, await response.text()]).toEqual([202, '']);
  });
});
