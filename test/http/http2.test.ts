// One port for HTTP/1.1 and HTTP/2 without TLS, over real sockets: the first bytes tell, and neither protocol can be used to
// keep the server busy, full or waiting.
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Http2Listener } from '../../src/http/http2.ts';
import { type ConnectionLimits, defaultConnectionLimits } from '../../src/http/limits/connection-limits.ts';
import { listen } from '../../src/http/serve.ts';
import { type HandClock, handClock } from '../support/hand-clock.ts';

const newApp = (): Hono => {
  const app = new Hono();
  // A body that is cut off fails to be read: nothing to report.
  app.onError((_, c) => c.body(null, 500));
  return app;
};
const hello = newApp()
  .get('/', (c) => c.text('hello'))
  .post('/', async (c) => c.text(await c.req.text()));

/** An app whose answers wait, and how many requests have reached it. */
const waiting = () => {
  const gate = Promise.withResolvers<void>();
  const counts = { entered: 0 };
  const app = newApp().get('/', async (c) => {
    counts.entered += 1;
    await gate.promise;
    return c.text('done');
  });
  return { app, counts, go: gate.resolve };
};

const open = async (
  app: Hono = hello,
  limits: Partial<ConnectionLimits> = {},
  grpc: Http2Listener = (_, response) => void response.end('grpc'),
) => {
  const clock = handClock();
  const where = { host: '127.0.0.1', port: 0 };
  const listening = await listen(app, where, clock, { ...defaultConnectionLimits, ...limits }, grpc);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  onTestFinished(async () => {
    const closed = listening.close(0);
    await clock.advance(0);
    await closed;
  });
  return { ...listening, clock, origin: `http://127.0.0.1:${listening.port}` };
};

const client = (origin: string): ClientHttp2Session => {
  const session = connectHttp2(origin);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return session;
};

const ask = (session: ClientHttp2Session, headers: Record<string, string> = {}, body?: string): ClientHttp2Stream => {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: false });
  stream.on('error', () => {});
  stream.setEncoding('utf8');
  if (body === undefined) stream.end();
  else stream.write(body);
  return stream;
};

const textOf = async (stream: ClientHttp2Stream): Promise<string> => {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
};

/** The status of an answer, or that there was none. */
const outcome = (stream: ClientHttp2Stream): Promise<string> =>
  new Promise((resolve) => {
    stream.once('response', (headers) => resolve(String(headers[':status'])));
    stream.once('close', () => resolve('reset'));
  });

const raw = async (port: number, bytes: string | Buffer = '', localAddress = '127.0.0.1'): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (bytes.length > 0) socket.write(bytes);
  return socket;
};

/** Everything a socket gets, once the server has ended it. */
const received = async (socket: Socket): Promise<string> => {
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString('latin1');
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
};

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** One frame (RFC 9113 §4.1). */
const frame = (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const settings = frame(4, 0, 0);
const ping = frame(6, 0, 0, Buffer.alloc(8));
const hello2 = Buffer.concat([Buffer.from(preface), settings]);

/** Turns the clock until a socket is closed by the server, and says how long that took in seconds. */
const secondsOpen = async (clock: HandClock, socket: Socket | ClientHttp2Session, most: number): Promise<number> => {
  for (let second = 1; second <= most; second++) {
    await clock.advance(1_000);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    if (socket.closed || socket.destroyed) return second;
  }
  return Number.POSITIVE_INFINITY;
};

describe('1. The first bytes of a connection tell the protocol', () => {
  it('answers HTTP/1.1 and HTTP/2 on one port with the same app', async () => {
    const { origin } = await open();
    expect(await (await fetch(origin)).text()).toBe('hello');
    expect(await textOf(ask(client(origin)))).toBe('hello');
  });

  it('answers gRPC over HTTP/2 alone', async () => {
    const { origin } = await open();
    const headers = { 'content-type': 'application/grpc' };
    expect(await textOf(ask(client(origin), { ':method': 'POST', ...headers }))).toBe('grpc');
    expect(await (await fetch(origin, { method: 'POST', headers, body: 'x' })).text()).toBe('x');
  });

  it('reads a body that comes with the first bytes and after them', async () => {
    const { origin } = await open();
    const body = 'x'.repeat(300_000);
    expect(await (await fetch(origin, { method: 'POST', body })).text()).toBe(body);
    const stream = ask(client(origin), { ':method': 'POST' }, body);
    stream.end();
    expect(await textOf(stream)).toBe(body);
  });

  it('decides with bytes that come one by one', async () => {
    const { port } = await open();
    const socket = await raw(port);
    socket.setNoDelay(true);
    const text = received(socket);
    for (const byte of 'PRI\r\n') socket.write(byte);
    expect(await text).toMatch(/^HTTP\/1\.1 400 /);
    const request = await raw(port);
    const answer = received(request);
    for (const byte of 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
      request.write(byte);
    expect(await answer).toMatch(/ok$/);
  });

  it('closes a connection that sends nothing, or only a part of the preface, after the time for a header', async () => {
    const { port, clock } = await open(hello, { headersMs: 10_000 });
    for (const bytes of ['', 'PRI * HTTP/2.0\r\n']) {
      const socket = await raw(port, bytes);
      expect(await secondsOpen(clock, socket, 30)).toBeLessThanOrEqual(13);
    }
  });

  it('refuses what follows the preface and is not HTTP/2', async () => {
    const { port, origin } = await open();
    await received(await raw(port, `${preface}GET / HTTP/1.1\r\n\r\n${'x'.repeat(100)}`));
    expect(await (await fetch(origin)).text()).toBe('hello');
  });
});

describe('2. Slow, idle and silent HTTP/2 connections', () => {
  it('closes one that never asks for anything after the time for a header, whatever pings it sends', async () => {
    const { port, clock } = await open(hello, { headersMs: 10_000, keepAliveMs: 65_000 });
    const socket = await raw(port, hello2);
    socket.resume();
    const pinging = setInterval(() => socket.write(ping), 1);
    onTestFinished(() => clearInterval(pinging));
    expect(await secondsOpen(clock, socket, 60)).toBeLessThanOrEqual(16);
  });

  it('closes one whose header block never ends', async () => {
    const { port, clock } = await open(hello, { headersMs: 10_000 });
    // HEADERS without END_HEADERS; no CONTINUATION follows.
    const socket = await raw(port, Buffer.concat([hello2, frame(1, 0, 1, Buffer.from([0x82]))]));
    socket.resume();
    expect(await secondsOpen(clock, socket, 60)).toBeLessThanOrEqual(16);
  });

  it('closes one that is idle after a request after the keep-alive time, and not before', async () => {
    const { origin, clock } = await open(hello, { keepAliveMs: 65_000 });
    const session = client(origin);
    expect(await textOf(ask(session))).toBe('hello');
    const seconds = await secondsOpen(clock, session, 100);
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThanOrEqual(72);
  });

  it('ends a request whose body does not come in time, and no other of the same connection', async () => {
    const { app, counts, go } = waiting();
    const { origin, clock } = await open(
      app.post('/', async (c) => c.text(await c.req.text())),
      { requestMs: 30_000 },
    );
    const session = client(origin);
    const running = ask(session);
    const slow = ask(session, { ':method': 'POST' }, 'half');
    await expect.poll(() => counts.entered).toBe(1);
    for (let second = 0; second < 34 && !slow.closed; second++) await clock.advance(1_000);
    await expect.poll(() => slow.closed).toBe(true);
    go();
    expect(await textOf(running)).toBe('done');
  });
});

describe('3. What HTTP/2 lets a client do without end', () => {
  it('limits the requests of one connection at the same time; a client that keeps to it waits', async () => {
    const { app, counts, go } = waiting();
    const { origin } = await open(app, { maxStreams: 5 });
    const session = client(origin);
    await once(session, 'remoteSettings');
    const streams = Array.from({ length: 12 }, () => textOf(ask(session)));
    await expect.poll(() => counts.entered).toBe(5);
    go();
    expect(await Promise.all(streams)).toEqual(Array.from({ length: 12 }, () => 'done'));
  });

  it('closes a connection that sends too many pings, or too many settings', async () => {
    const { port, origin } = await open(hello, { maxControlFrames: 100 });
    for (const nonsense of [ping, settings]) {
      const socket = await raw(port, Buffer.concat([hello2, ...Array.from({ length: 150 }, () => nonsense)]));
      await received(socket);
    }
    expect(await (await fetch(origin)).text()).toBe('hello');
  });

  it('closes a connection that opens and resets requests in rapid succession', async () => {
    const { app, counts } = waiting();
    const { origin } = await open(app);
    const session = client(origin);
    await once(session, 'remoteSettings');
    for (let round = 0; round < 1_000 && !session.closed && !session.destroyed; round++) {
      const stream = ask(session);
      await new Promise((resolve) => setImmediate(resolve));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await expect.poll(() => session.destroyed || session.closed).toBe(true);
    expect(counts.entered).toBeLessThan(400);
  });

  it('refuses a header that is too long or has too many fields', async () => {
    const { origin } = await open();
    const long = { 'x-long': 'x'.repeat(20_000) };
    // A client that does not know our settings yet may send it: then the answer says so.
    expect(await outcome(ask(client(origin), long))).toMatch(/^(431|reset)$/);
    const informed = client(origin);
    await once(informed, 'remoteSettings');
    expect(await outcome(ask(informed, long))).toBe('reset');
    // Four more are the request line's.
    const fields = (length: number) => Object.fromEntries(Array.from({ length }, (_, number) => [`x-${number}`, 'x']));
    expect(await outcome(ask(client(origin), fields(96)))).toBe('200');
    expect(await outcome(ask(client(origin), fields(97)))).toBe('reset');
    expect(await textOf(ask(client(origin)))).toBe('hello');
  });

  it('closes a connection of endless CONTINUATION frames, empty DATA frames, or a frame that is too large', async () => {
    const { port, origin } = await open();
    const endless = [frame(1, 0, 1, Buffer.from([0x82])), ...Array.from({ length: 50 }, () => frame(9, 0, 1))];
    const large = Buffer.alloc(9);
    large.writeUIntBE(1_000_000, 0, 3);
    const post = frame(1, 4, 1, Buffer.from('\x83\x86\x84\x41\x09localhost', 'latin1'));
    const empty = [post, ...Array.from({ length: 500 }, () => frame(0, 0, 1))];
    for (const nonsense of [endless, [large], empty])
      await received(await raw(port, Buffer.concat([hello2, ...nonsense])));
    expect(await (await fetch(origin)).text()).toBe('hello');
  });
});

describe('4. Connections of both protocols count together', () => {
  const greedy = '127.0.0.2';

  it('closes an idle HTTP/2 connection of an address that exceeds its limit, and none that waits for the server', async () => {
    const { app, counts, go } = waiting();
    const { port, origin } = await open(app, { maxPerAddress: 3 });
    const idle = await raw(port, hello2, greedy);
    const session = connectHttp2(origin, { createConnection: () => connect({ port, localAddress: greedy }) });
    onTestFinished(() => session.destroy());
    const running = ask(session);
    await expect.poll(() => counts.entered).toBe(1);
    await raw(port, 'GET /', greedy);
    await raw(port, 'GET /', greedy);
    await received(idle);
    await raw(port, '', greedy);
    await raw(port, '', greedy);
    go();
    expect(await textOf(running)).toBe('done');
  });
});

describe('5. Closing', () => {
  it('answers what is under way over HTTP/2, and closes idle connections at once', async () => {
    const { app, counts, go } = waiting();
    const listening = await open(app);
    const busy = client(listening.origin);
    const idle = client(listening.origin);
    await once(idle, 'connect');
    const undecided = await raw(listening.port);
    const running = ask(busy);
    await expect.poll(() => counts.entered).toBe(1);
    const closed = listening.close(10_000);
    await expect.poll(() => idle.closed && undecided.closed).toBe(true);
    go();
    expect(await textOf(running)).toBe('done');
    await closed;
  });

  it('cuts over HTTP/2 what takes longer than the grace period', async () => {
    const { app, counts } = waiting();
    const listening = await open(app);
    const running = ask(client(listening.origin));
    await expect.poll(() => counts.entered).toBe(1);
    const closed = listening.close(10_000);
    await listening.clock.advance(10_000);
    await closed;
    await expect.poll(() => running.closed).toBe(true);
  });
});
