// What one account, or one slow connection, may take from the others. The clock is turned by hand; sockets are real where
// only a socket can show it.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AdmittedRequest,
  type CallLimits,
  createCallLimiter,
  defaultCallLimits,
} from '../../../src/http/limits/call-limits.ts';
import { type ConnectionLimits, defaultConnectionLimits } from '../../../src/http/limits/connection-limits.ts';
import { listen } from '../../../src/http/serve.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { limitsInMemory } from '../../../src/lib/rate-limit.ts';
import type { Caller } from '../../../src/model/caller.ts';
import { handClock } from '../../support/hand-clock.ts';
import { aBrowser, aWorld, type World } from '../support.ts';

const generous: CallLimits = { callsPerMinute: 1000, accountAtOnce: 100, processAtOnce: 100 };
const second = 1000;

const toolCall = (id = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
const toolList = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

/** One POST to /mcp as this person, with one key per world. */
const caller = async (world: World) => {
  const key = await world.key();
  return (identifier: string, message: unknown = toolCall(), signal?: AbortSignal) =>
    world.app.request('https://postern.example.com/mcp', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'postern-identifier': identifier,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: typeof message === 'string' ? message : JSON.stringify(message),
      signal,
    });
};

/** Reads the answer to its end, as a client does. */
const statusOf = async (response: Response | Promise<Response>): Promise<number> => {
  const answer = await response;
  await answer.text();
  return answer.status;
};

const repeat = async (times: number, ask: () => Response | Promise<Response>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) statuses.push(await statusOf(ask()));
  return statuses;
};

describe('1. Calls per minute', () => {
  const aLimitedWorld = () => aWorld({ callLimits: { ...generous, callsPerMinute: 3 } });

  it('limits the calls of one account per minute, and says in Retry-After when to try again', async () => {
    const world = await aLimitedWorld();
    const call = await caller(world);
    expect(await repeat(3, () => call('ada'))).toEqual([200, 200, 200]);
    const refused = await call('ada');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(await refused.json()).toEqual({
      error: 'too_many_calls',
      message: 'More calls were made for this person within a minute than are allowed.',
      who: 'the caller',
      next: 'Try again in 20 seconds.',
    });
    await world.clock.advance(20 * second - 1);
    expect(await statusOf(call('ada'))).toBe(429);
    await world.clock.advance(1);
    expect(await repeat(2, () => call('ada'))).toEqual([200, 429]);
  });

  it('limits each account by itself, also the same identifier in another realm', async () => {
    const world = await aLimitedWorld();
    const call = await caller(world);
    expect(await repeat(4, () => call('ada'))).toEqual([200, 200, 200, 429]);
    expect(await statusOf(call('ben'))).toBe(200);
    const other = await world.key({ kind: 'user', realm: 'games', identifier: 'ada' });
    const answer = await world.app.request('https://postern.example.com/mcp', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${other}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(toolCall()),
    });
    expect(await statusOf(answer)).toBe(200);
  });

  it('counts each call of a batch', async () => {
    const call = await caller(await aLimitedWorld());
    expect(await statusOf(call('ada', [toolCall(1), toolCall(2)]))).toBe(200);
    expect(await statusOf(call('ada', [toolCall(1), toolCall(2)]))).toBe(429);
    expect(await repeat(2, () => call('ada'))).toEqual([200, 429]);
  });

  it('refuses a batch that is larger than the limit with 400 and without Retry-After', async () => {
    for (const limits of [{ callsPerMinute: 3 }, { accountAtOnce: 3 }]) {
      const call = await caller(await aWorld({ callLimits: { ...generous, ...limits } }));
      const refused = await call('ada', [toolCall(1), toolCall(2), toolCall(3), toolCall(4)]);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([400, null]);
      expect(await refused.json()).toMatchObject({ error: 'batch_too_large', who: 'the caller' });
      expect(await statusOf(call('ada', [toolCall(1), toolCall(2), toolCall(3)]))).toBe(200);
    }
  });

  it('counts a handshake or a list as a tenth of a call', async () => {
    const call = await caller(await aLimitedWorld());
    expect(await repeat(10, () => call('ada', toolList))).toEqual(Array(10).fill(200));
    expect(await repeat(3, () => call('ada'))).toEqual([200, 200, 429]);
  });

  it('does not count a body that is not JSON', async () => {
    const call = await caller(await aLimitedWorld());
    for (const broken of ['{', '', 'null', '[]', '"x"']) expect(await statusOf(call('ada', broken)), broken).toBe(400);
    expect(await repeat(2, () => call('ada'))).toEqual([200, 200]);
  });
});

describe('2. Concurrent calls', () => {
  /** A tool that answers only when the gate of its caller opens. */
  const aSlowWorld = async (callLimits: CallLimits) => {
    const perPerson = () => {
      const promises = new Map<string, PromiseWithResolvers<void>>();
      return (identifier: string) => {
        const promise = promises.get(identifier) ?? Promise.withResolvers<void>();
        promises.set(identifier, promise);
        return promise;
      };
    };
    const gateOf = perPerson();
    const enteredBy = perPerson();
    const mcpServer = ({ key }: Caller): McpServer => {
      const server = new McpServer({ name: 'slow', version: '1.0.0' }, { capabilities: { tools: {} } });
      server.registerTool('whoami', { description: 'Answers when it may' }, async () => {
        enteredBy(key.identifier).resolve();
        await gateOf(key.identifier).promise;
        return { content: [{ type: 'text', text: key.identifier }] };
      });
      return server;
    };
    const world = await aWorld({ callLimits, mcpServer });
    return {
      world,
      call: await caller(world),
      open: (identifier: string) => gateOf(identifier).resolve(),
      entered: (identifier: string) => enteredBy(identifier).promise,
    };
  };

  it('limits the concurrent calls of one account, and admits another when one has finished', async () => {
    const { call, open } = await aSlowWorld({ ...generous, accountAtOnce: 2 });
    const running = [await call('ada'), await call('ada')];
    const refused = await call('ada');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await refused.json()).toMatchObject({ error: 'too_many_calls_at_once', who: 'the caller' });
    open('ben');
    expect(await statusOf(call('ben'))).toBe(200);
    open('ada');
    expect(await Promise.all(running.map(statusOf))).toEqual([200, 200]);
    expect(await statusOf(call('ada'))).toBe(200);
  });

  it('counts each concurrent call of a batch', async () => {
    const { call, open } = await aSlowWorld({ ...generous, accountAtOnce: 2 });
    const batch = await call('ada', [toolCall(1), toolCall(2)]);
    expect(await statusOf(call('ada'))).toBe(429);
    open('ada');
    expect(await statusOf(batch)).toBe(200);
    expect(await statusOf(call('ada'))).toBe(200);
  });

  it('ends a call when its client aborts the request or stops reading the answer', async () => {
    const { call } = await aSlowWorld({ ...generous, accountAtOnce: 1 });
    const left = await call('ada');
    await left.body?.cancel();
    const broken = new AbortController();
    expect((await call('ada', toolCall(), broken.signal)).status).toBe(200);
    expect((await call('ada')).status).toBe(429);
    broken.abort();
    expect((await call('ada')).status).toBe(200);
  });

  it.each(['2025-11-25', '2026-07-28'])('ends a call when the socket of a %s client closes', async (version) => {
    const { world, entered } = await aSlowWorld({ ...generous, accountAtOnce: 1 });
    const listening = await listen(world.app, { host: '127.0.0.1', port: 0 }, systemClock);
    if (listening.kind !== 'listening') throw new Error(listening.message);
    onTestFinished(() => listening.close(0));
    const key = await world.key({ kind: 'user', identifier: 'ada' });
    const post = (message: unknown, headers = {}, signal: AbortSignal | null = null) =>
      fetch(`http://127.0.0.1:${listening.port}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body: JSON.stringify(message),
        signal,
      });
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
    };
    const modern = { 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': 'whoami' };
    const broken = new AbortController();
    const left =
      version === '2025-11-25'
        ? post(toolCall(), {}, broken.signal)
        : post({ ...toolCall(), params: { name: 'whoami', arguments: {}, _meta } }, modern, broken.signal);
    const end = left.then((response) => response.text()).catch(() => 'broken off');
    await entered('ada');
    expect((await post(toolList)).status).toBe(429);
    broken.abort();
    expect(await end).toBe('broken off');
    await expect.poll(() => statusOf(post(toolList))).toBe(200);
  });

  it('limits the concurrent calls of the whole process, of which one account can never have all', async () => {
    const { call, open } = await aSlowWorld({ ...generous, accountAtOnce: 2, processAtOnce: 3 });
    const running = [await call('ada'), await call('ada'), await call('ben')];
    const refused = await call('kim');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ error: 'server_busy', who: 'nobody, wait' });
    open('ben');
    await statusOf(running[2] as Response);
    open('kim');
    expect(await statusOf(call('kim'))).toBe(200);
    expect(defaultCallLimits.accountAtOnce * 4).toBeLessThan(defaultCallLimits.processAtOnce);
  });
});

describe('3. The call limiter', () => {
  it('never admits more than its limits, whatever the order of calls and endings', async () => {
    const step = fc.record({
      person: fc.constantFrom('ada', 'ben', 'kim'),
      calls: fc.integer({ min: 0, max: 3 }),
      end: fc.boolean(),
      wait: fc.constantFrom(0, 500, 7 * second),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let now = 0;
        const limiter = createCallLimiter(limitsInMemory({ now: () => now, sleep: async () => {} }), {
          callsPerMinute: 6,
          accountAtOnce: 4,
          processAtOnce: 7,
        });
        const open: { person: string; places: number; turn: AdmittedRequest }[] = [];
        const granted = new Map<string, number>();
        for (const { person, calls, end, wait } of steps) {
          now += wait;
          const turn = limiter.admit({ realm: 'default', identifier: person });
          if ('take' in turn) {
            const admitted = (await turn.take({ toolCalls: calls, others: 0 })) === undefined;
            if (admitted) granted.set(person, (granted.get(person) ?? 0) + calls);
            if (admitted && !end) open.push({ person, places: Math.max(1, calls), turn });
            else turn.end();
          } else open.shift()?.turn.end();
          const places = (of?: string) =>
            open.filter((each) => of === undefined || each.person === of).reduce((sum, each) => sum + each.places, 0);
          expect(places()).toBeLessThanOrEqual(7);
          expect(places(person)).toBeLessThanOrEqual(4);
          expect(granted.get(person) ?? 0).toBeLessThanOrEqual(6 + now / (10 * second) + 1e-6);
        }
      }),
    );
  });

  it('lets no two batches have the same places while the rate limit is asked, and gives back those of a refused one', async () => {
    const answers: ((seconds: number) => void)[] = [];
    const asked = () => new Promise<number>((resolve) => answers.push(resolve));
    const limiter = createCallLimiter(() => ({ wait: asked, take: asked, count: async () => {} }), {
      callsPerMinute: 100,
      accountAtOnce: 5,
      processAtOnce: 100,
    });
    const enter = () => {
      const turn = limiter.admit({ realm: 'default', identifier: 'ada' });
      if (!('take' in turn)) throw new Error(turn.kind);
      return turn;
    };
    const [first, second, third] = [enter(), enter(), enter()];
    const batch = { toolCalls: 3, others: 0 };
    const taking = first.take(batch);
    expect(await second.take(batch)).toMatchObject({ kind: 'too_many_calls_at_once' });
    answers.shift()?.(7);
    expect(await taking).toEqual({ kind: 'too_many_calls', retryAfterSeconds: 7 });
    const again = second.take(batch);
    // The request breaks off while it is counted.
    second.end();
    answers.shift()?.(7);
    await again;
    first.end();
    third.end();
    for (let number = 0; number < 5; number++) enter();
    expect(enter).toThrow('too_many_calls_at_once');
  });

  it('admits at most three quarters of the concurrent calls of the process for one realm', () => {
    const limiter = createCallLimiter(limitsInMemory(handClock()), {
      callsPerMinute: 5,
      accountAtOnce: 2,
      processAtOnce: 8,
    });
    const enter = (realm: string, person: number) => limiter.admit({ realm, identifier: `user_${person}` });
    const turns = Array.from({ length: 6 }, (_, person) => enter('greedy', person));
    expect(turns.every((turn) => 'take' in turn)).toBe(true);
    expect(enter('greedy', 6)).toMatchObject({ kind: 'server_busy' });
    expect(enter('modest', 1)).toHaveProperty('take');
    const [turn] = turns;
    if (turn !== undefined && 'take' in turn) turn.end();
    expect(enter('greedy', 6)).toHaveProperty('take');
  });

  it('still counts a running call after 25,000 other accounts have called', () => {
    const limiter = createCallLimiter(limitsInMemory(handClock()), {
      callsPerMinute: 5,
      accountAtOnce: 1,
      processAtOnce: 100,
    });
    const ada = { realm: 'default', identifier: 'ada' };
    const turn = limiter.admit(ada);
    for (let person = 0; person < 25_000; person++) {
      const other = limiter.admit({ realm: 'default', identifier: `user_${person}` });
      if ('take' in other) other.end();
    }
    expect(limiter.admit(ada)).toMatchObject({ kind: 'too_many_calls_at_once' });
    if ('take' in turn) turn.end();
    expect(limiter.admit(ada)).toHaveProperty('take');
  });
});

describe('4. Calls that wait for an authorization', () => {
  it('lets ten calls of one account wait at a time, and answers one more at once', async () => {
    const { accounts, clock, link } = await aWorld();
    const ticketOf = async (identifier: string) => (await link(identifier)).split('/').at(-1) ?? '';
    const waitAs = async (identifier: string) => {
      const ticket = await ticketOf(identifier);
      const who: Caller = {
        key: { realm: 'default', identifier },
        credential: 'service_key',
        linkPolicy: 'unverified',
      };
      return (signal: AbortSignal) => accounts.waitForLink(who, ticket, signal);
    };
    const wait = await waitAs('ada');
    const waitForBen = await waitAs('ben');
    const leaving = new AbortController();
    const waiting = Array.from({ length: 10 }, () => wait(leaving.signal));
    await expect.poll(() => clock.sleeping).toBe(10);
    expect(await wait(leaving.signal)).toBe(false);
    expect(clock.sleeping).toBe(10);
    const ben = waitForBen(leaving.signal);
    await expect.poll(() => clock.sleeping).toBe(11);
    leaving.abort();
    expect(await Promise.all([...waiting, ben])).toEqual(Array(11).fill(false));
    const again = wait(new AbortController().signal);
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(45 * second);
    expect(await again).toBe(false);
  });
});

describe('5. Download URLs', () => {
  it('keeps at most a hundred open download URLs per account: one more ends its oldest', async () => {
    const world = await aWorld();
    for (const name of ['ada', 'ben']) world.sandbox.addAccount({ email: `${name}@example.com` });
    const mintAs = async (identifier: string) => {
      await aBrowser(world).connect(await world.link(identifier), `${identifier}@example.com`);
      const key = { realm: 'default', identifier };
      const grantVersion = (await world.accounts.find(key))?.grantVersion ?? 0;
      const file = { messageId: '18c0ffee', partId: '1', fileName: 'a.txt', mimeType: 'text/plain', size: 1 };
      return async () => (await world.accounts.downloads.mint(key, { ...file, grantVersion })).url;
    };
    const mint = await mintAs('ada');
    const bens = await (await mintAs('ben'))();
    const first = await mint();
    const second = await mint();
    for (let more = 2; more < 100; more++) await mint();
    const status = async (url: string) => (await world.app.request(url, { method: 'HEAD' })).status;
    expect([await status(first), await status(second)]).toEqual([200, 200]);
    await mint();
    expect([await status(first), await status(second), await status(bens)]).toEqual([404, 200, 200]);
  });
});

describe('6. Connections', () => {
  const open = async (app: Hono, limits: Partial<ConnectionLimits>) => {
    const where = { host: '127.0.0.1', port: 0 };
    const listening = await listen(app, where, systemClock, {
      ...defaultConnectionLimits,
      checkEveryMs: 20,
      ...limits,
    });
    if (listening.kind !== 'listening') throw new Error(listening.message);
    onTestFinished(() => listening.close(0));
    return { ...listening, origin: `http://127.0.0.1:${listening.port}` };
  };

  /** A socket that has sent these bytes, and what it receives until the server ends it. */
  const raw = async (port: number, bytes: string): Promise<{ socket: Socket; received: Promise<string> }> => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
    });
    const received = once(socket, 'close').then(() => text);
    await once(socket, 'connect');
    socket.write(bytes);
    return { socket, received };
  };

  const hello = new Hono()
    .onError((_, c) => c.text('broken off', 400))
    .get('/', (c) => c.text('hello'))
    .post('/', async (c) => c.text(await c.req.text()));

  it('closes a connection that does not finish its request header', async () => {
    const { port, origin } = await open(hello, { headersMs: 50, requestMs: 60_000 });
    const { received } = await raw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(await received).toMatch(/^HTTP\/1\.1 408 /);
    expect(await (await fetch(origin)).text()).toBe('hello');
  });

  it('closes a connection that does not finish its request body', async () => {
    const { port } = await open(hello, { headersMs: 50, requestMs: 100 });
    const { received } = await raw(port, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf');
    expect(await received).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('closes a connection over which no byte moves in either direction', async () => {
    const entered = Promise.withResolvers<AbortSignal>();
    const silent = new Hono().get('/', async (c) => {
      entered.resolve(c.req.raw.signal);
      await new Promise(() => {});
      return c.text('never');
    });
    const { port } = await open(silent, { silenceMs: 100 });
    const { received } = await raw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const signal = await entered.promise;
    expect(await received).toBe('');
    await expect.poll(() => signal.aborted).toBe(true);
  });

  it('closes the connection that has kept the server waiting longest when a new one exceeds the limit', async () => {
    const { port, origin } = await open(hello, { maxConnections: 4 });
    const slow = [
      await raw(port, ''),
      await raw(port, 'GET / HTTP/1.1\r\nHost: loc'),
      await raw(port, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf'),
      await raw(port, 'GET / HTTP/1.1\r\n'),
    ];
    for (const each of slow) {
      const ask = await fetch(origin, { headers: { connection: 'close' } });
      expect(await ask.text()).toBe('hello');
      // The place of the one that asked is free again; somebody slow takes it.
      await raw(port, 'GET / HTTP/1.1\r\nX: ');
      await each.received;
    }
  });

  it('never closes a connection with a request in progress for a new one', async () => {
    const gate = Promise.withResolvers<void>();
    let working = 0;
    const slow = new Hono().get('/', async (c) => {
      working += 1;
      await gate.promise;
      return c.text('done');
    });
    const { port } = await open(slow, { maxConnections: 2 });
    const ask = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const running = [await raw(port, ask), await raw(port, ask)];
    await expect.poll(() => working).toBe(2);
    expect(await (await raw(port, ask)).received).toBe('');
    gate.resolve();
    for (const { received } of running) expect(await received).toContain('done');
  });
});

describe('7. Forwarding headers', () => {
  it('ignores forwarding headers without a trusted proxy, and logs none of them', async () => {
    const world = await aWorld();
    const forwarded = {
      forwarded: 'for=203.0.113.7;host=postern.example.com;proto=https',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'postern.example.com',
      'x-forwarded-proto': 'https',
      'x-real-ip': '203.0.113.7',
    };
    const rebound = await world.app.request('http://rebound.example/mcp', { method: 'POST', headers: forwarded });
    expect(rebound.status).toBe(403);
    const foreign = { ...forwarded, origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' };
    const posted = await world.app.request('https://postern.example.com/mcp', { method: 'POST', headers: foreign });
    expect(posted.status).toBe(403);
    expect(world.logged.join('')).not.toContain('203.0.113.7');
  });
});
