// Connections that send slowly, never, too much or nonsense, over real sockets: they end, and others are answered.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConnectionLimits, defaultConnectionLimits } from '../../../src/http/limits/connection-limits.ts';
import { listen } from '../../../src/http/serve.ts';
import { systemClock } from '../../../src/lib/clock.ts';

const open = async (app: Hono, limits: Partial<ConnectionLimits> = {}) => {
  const where = { host: '127.0.0.1', port: 0 };
  const listening = await listen(app, where, systemClock, { ...defaultConnectionLimits, checkEveryMs: 20, ...limits });
  if (listening.kind !== 'listening') throw new Error(listening.message);
  onTestFinished(() => listening.close(0));
  return { port: listening.port, origin: `http://127.0.0.1:${listening.port}` };
};

interface Raw {
  readonly socket: Socket;
  /** What came so far. */
  text(): string;
  /** Everything, once the server has ended the connection. */
  readonly ended: Promise<string>;
}

/** A connection from one of this machine's addresses (127.0.0.0/8) that has sent these bytes. */
const raw = async (port: number, bytes = '', localAddress = '127.0.0.1'): Promise<Raw> => {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString('latin1');
  });
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  socket.write(bytes);
  return { socket, text: () => text, ended };
};

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const last = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const answers = (text: string): number => text.split('HTTP/1.1 200 ').length - 1;

const hello = new Hono().get('/', (c) => c.text('hello'));

/** An app whose answers wait, and how many requests have reached it. */
const waiting = () => {
  const gate = Promise.withResolvers<void>();
  const counts = { entered: 0 };
  const app = new Hono().get('/', async (c) => {
    counts.entered += 1;
    await gate.promise;
    return c.text('done');
  });
  return { app, counts, go: gate.resolve };
};

describe('1. Slow and dead connections', () => {
  it('closes a connection that sends nothing after the time for a header', async () => {
    const { port, origin } = await open(hello, { headersMs: 300, requestMs: 60_000 });
    expect(await (await raw(port)).ended).toMatch(/^HTTP\/1\.1 408 /);
    expect(await (await fetch(origin)).text()).toBe('hello');
  });

  it('closes a connection that sends its header byte by byte after the time for a header', async () => {
    const { port } = await open(hello, { headersMs: 100, requestMs: 60_000 });
    const { socket, ended } = await raw(port, 'GET / HTTP/1.1\r\nX: ');
    const dripping = setInterval(() => socket.write('x'), 5);
    onTestFinished(() => clearInterval(dripping));
    // A byte that is still on its way when the server ends the connection may take the answer with it.
    expect(await ended).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('limits the time for the header of a second request like that of the first', async () => {
    const { port } = await open(hello, { headersMs: 50, requestMs: 60_000 });
    const { ended } = await raw(port, `${request}GET / HTTP/1.1\r\nX: `);
    const received = await ended;
    expect(answers(received)).toBe(1);
    expect(received).toMatch(/HTTP\/1\.1 408 /);
  });

  it('closes a connection that does not read its answer, and cancels the answer', async () => {
    const cancelled = Promise.withResolvers<void>();
    const endless = new Hono().get('/', (c) =>
      c.body(
        new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
          cancel: () => cancelled.resolve(),
        }),
      ),
    );
    const { port } = await open(endless, { silenceMs: 100 });
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.pause();
    await once(socket, 'connect');
    socket.write(request);
    await cancelled.promise;
  });

  it('closes a connection that is idle between requests after the keep-alive time, and not before', async () => {
    const { port } = await open(hello, { keepAliveMs: 50 });
    const { socket, text, ended } = await raw(port, request);
    await expect.poll(() => answers(text())).toBe(1);
    socket.write(request);
    expect(answers(await ended)).toBe(2);
  });
});

describe('2. Malformed requests', () => {
  it('closes the connection after a request that garbage follows, and no other connection', async () => {
    const { port, origin } = await open(hello);
    for (const nonsense of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', 'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n']) {
      const received = await (await raw(port, request + nonsense)).ended;
      expect(answers(received), JSON.stringify(nonsense)).toBeLessThanOrEqual(1);
    }
    expect(await (await fetch(origin)).text()).toBe('hello');
  });

  it('refuses what is not HTTP, such as a TLS handshake', async () => {
    const { port } = await open(hello);
    expect(await (await raw(port, '\x16\x03\x01\x02\x00\x01\x00')).ended).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('refuses a header that is too long', async () => {
    const { port } = await open(hello);
    const { ended } = await raw(port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`);
    expect(await ended).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('refuses two Content-Length headers, and Content-Length beside Transfer-Encoding', async () => {
    const { port } = await open(hello);
    for (const lengths of ['Content-Length: 0\r\nContent-Length: 5', 'Content-Length: 5\r\nTransfer-Encoding: chunked'])
      expect(
        await (await raw(port, `POST / HTTP/1.1\r\nHost: localhost\r\n${lengths}\r\n\r\n0\r\n\r\n`)).ended,
      ).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('3. Pipelined requests', () => {
  it('answers pipelined requests up to the limit', async () => {
    const { port } = await open(hello, { maxPipelined: 5 });
    expect(answers(await (await raw(port, request.repeat(4) + last)).ended)).toBe(5);
  });

  it('closes a connection with more unanswered requests than the limit, and handles no more of them', async () => {
    const { app, counts, go } = waiting();
    const { port, origin } = await open(app, { maxPipelined: 5 });
    expect(await (await raw(port, request.repeat(500))).ended).toBe('');
    expect(counts.entered).toBe(5);
    go();
    expect(await (await fetch(origin)).text()).toBe('done');
  });

  it('allows any number of requests one after the other', async () => {
    const { port } = await open(hello, { maxPipelined: 2 });
    const { socket, text } = await raw(port);
    for (let time = 1; time <= 6; time++) {
      socket.write(request);
      await expect.poll(() => answers(text())).toBe(time);
    }
  });
});

describe('4. Connections per address', () => {
  const greedy = '127.0.0.2';

  it('closes a slow connection of the same address when that address exceeds its limit, and none of others', async () => {
    const { port } = await open(hello, { maxPerAddress: 3 });
    const modest = await raw(port, 'GET / HTTP/1.1\r\n');
    const slow = [await raw(port, '', greedy), await raw(port, 'GET /', greedy), await raw(port, 'GET / ', greedy)];
    for (const each of slow) {
      await raw(port, '', greedy);
      expect(await each.ended).toBe('');
    }
    modest.socket.write('Host: localhost\r\nConnection: close\r\n\r\n');
    expect(answers(await modest.ended)).toBe(1);
  });

  it('refuses a new connection of an address whose connections all wait for the server, and accepts those of others', async () => {
    const { app, counts, go } = waiting();
    const { port } = await open(app, { maxPerAddress: 2 });
    const running = [await raw(port, last, greedy), await raw(port, last, greedy)];
    await expect.poll(() => counts.entered).toBe(2);
    expect(await (await raw(port, last, greedy)).ended).toBe('');
    const other = await raw(port, last);
    await expect.poll(() => counts.entered).toBe(3);
    go();
    for (const { ended } of [...running, other]) expect(answers(await ended)).toBe(1);
    expect(answers(await (await raw(port, last, greedy)).ended)).toBe(1);
  });

  it('does not limit the connections of a trusted proxy', async () => {
    const { app, counts, go } = waiting();
    const { port } = await open(app, { maxPerAddress: 2, trustedProxies: ['127.0.0.2/31'] });
    const running = await Promise.all(Array.from({ length: 6 }, () => raw(port, last, greedy)));
    await expect.poll(() => counts.entered).toBe(6);
    go();
    for (const { ended } of running) expect(answers(await ended)).toBe(1);
  });

  it('stops counting a connection when either side closes it', async () => {
    const { port } = await open(hello, { maxPerAddress: 1 });
    for (let time = 0; time < 5; time++) expect(answers(await (await raw(port, last, greedy)).ended)).toBe(1);
    for (let time = 0; time < 5; time++) (await raw(port, request, greedy)).socket.destroy();
    await expect.poll(async () => answers(await (await raw(port, last, greedy)).ended)).toBe(1);
  });

  it('answers others while one address holds hundreds of idle connections', async () => {
    const { port, origin } = await open(hello, { maxConnections: 50, maxPerAddress: 20 });
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, number) => raw(port, number % 2 ? request : '', `127.0.1.${number % 4}`)),
    );
    for (let time = 0; time < 10; time++)
      expect(await (await fetch(origin, { headers: { connection: 'close' } })).text()).toBe('hello');
    expect(flood.filter(({ socket }) => !socket.destroyed).length).toBeLessThanOrEqual(50);
  });
});
