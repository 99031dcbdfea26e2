// Which form of an answer who sends which Accept header gets (RFC 9110 §12.5.1), and at which address.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnswerForm, answerFormOf } from '../../../src/http/mcp/messages.ts';
import { createWorld, type World } from '../../support/world.ts';

let world: World;
let key: string;
beforeAll(async () => {
  world = await createWorld();
  await world.connect('user_42');
  key = await world.userKey('user_42');
});
afterAll(() => world.close());

const modern = '2026-07-28';
const _meta = {
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
};
type Era = 'modern' | 'older';

/** A call of a tool that also wants to be told of its progress, which only a stream can do. */
const call = (era: Era, accept: string | undefined, more: { path?: string; method?: string } = {}) => {
  const name = 'gmail_fetch_mails';
  const params = {
    name,
    arguments: { max_results: 1 },
    _meta: { progressToken: 1, ...(era === 'modern' ? _meta : {}) },
  };
  const { path = '/mcp', method = 'POST' } = more;
  return world.http(path, {
    method,
    key,
    headers: {
      'content-type': 'application/json',
      ...(accept === undefined ? {} : { accept }),
      ...(era === 'modern'
        ? { 'mcp-protocol-version': modern, 'mcp-method': 'tools/call', 'mcp-name': name }
        : { 'mcp-protocol-version': '2025-11-25' }),
    },
    ...(method === 'POST' ? { body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }) } : {}),
  });
};

const typeOf = (response: Response) => response.headers.get('content-type')?.split(';')[0];

describe('An Accept header', () => {
  it.each<[string | null, AnswerForm | undefined]>([
    [null, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/json', 'json'],
    ['Application/JSON; charset=utf-8', 'json'],
    ['application/*', 'json'],
    ['text/html, */*;q=0.1', 'json'],
    ['application/json, text/event-stream;q=0', 'json'],
    ['application/json, text/event-stream;q=0.5', 'json'],
    ['text/event-stream', 'events'],
    ['text/*', 'events'],
    ['text/event-stream, application/json;q=0', 'events'],
    ['application/json, text/event-stream', 'either'],
    ['text/event-stream, application/json;q=0.9', 'either'],
    ['text/event-stream, */*', 'either'],
    ['text/html', undefined],
    ['application/json;q=0', undefined],
    ['*/*;q=0', undefined],
    ['application/xml, image/*', undefined],
  ])('%s means %s', (accept, form) => {
    expect(answerFormOf(accept)).toBe(form);
  });
});

describe.each<Era>(['older', 'modern'])('An answer of the %s era', (era) => {
  it.each([undefined, '*/*', 'application/json', 'application/json, text/event-stream;q=0'])(
    'gets JSON: %s',
    async (accept) => {
      const response = await call(era, accept);
      expect([response.status, typeOf(response)]).toEqual([200, 'application/json']);
      expect(await response.json()).toMatchObject({ id: 7, result: { structuredContent: { messages: [{}] } } });
    },
  );

  it.each(['text/event-stream', 'application/json, text/event-stream'])(
    'gets an event stream with progress: %s',
    async (accept) => {
      const response = await call(era, accept);
      expect([response.status, typeOf(response)]).toEqual([200, 'text/event-stream']);
      const events = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
      expect(events[0]).toMatchObject({ method: 'notifications/progress' });
      expect(events.at(-1)).toMatchObject({ id: 7, result: { structuredContent: { messages: [{}] } } });
    },
  );

  it('gets 406 where no form fits, before a tool runs', async () => {
    const before = world.sandbox.requests.length;
    const response = await call(era, 'text/html');
    expect([response.status, await response.json()]).toMatchObject([406, { error: 'not_acceptable' }]);
    expect(world.sandbox.requests.length).toBe(before);
  });

  it('is read the same way at /mcp/', async () => {
    expect(await (await call(era, '*/*', { path: '/mcp/' })).json()).toMatchObject({ id: 7, result: {} });
  });
});

describe('A subscription', () => {
  it('has no end, and gets 406 from a client that takes JSON only', async () => {
    const message = { jsonrpc: '2.0', id: 7, method: 'subscriptions/listen', params: { notifications: {}, _meta } };
    const response = await world.http('/mcp', {
      method: 'POST',
      key,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'mcp-protocol-version': modern,
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify(message),
    });
    expect(response.status).toBe(406);
  });
});

describe('The address with a slash at its end', () => {
  const methods = ['GET', 'HEAD', 'DELETE', 'PUT', 'POST'];
  it.each(methods)('answers %s like the address without', async (method) => {
    const [one, other] = await Promise.all(
      ['/mcp', '/mcp/'].map((path) => call('older', 'text/event-stream', { path, method })),
    );
    expect([other?.status, typeOf(other as Response)]).toEqual([one?.status, typeOf(one as Response)]);
  });

  it('opens no stream for GET, since there are no sessions', async () => {
    const response = await call('older', 'text/event-stream', { method: 'GET' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('has the same checks of Origin and credential', async () => {
    const foreign = await world.http('/mcp/', { method: 'POST', key, headers: { origin: 'https://evil.test' } });
    expect(foreign.status).toBe(403);
    const statuses: number[] = [];
    for (let n = 0; n < 61; n++) {
      const guess = `pst_user_${String(n).padStart(16, '0')}_${'a'.repeat(43)}`;
      statuses.push((await world.http('/mcp/', { method: 'POST', key: guess, headers: {} })).status);
    }
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });
});
