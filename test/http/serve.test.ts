// A real port: busy ones, closing while an answer is under way, and what only a socket can show.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Listening, listen } from '../../src/http/serve.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { handClock } from '../support/hand-clock.ts';
import { aBrowser, aWorld, giving, type World } from './support.ts';

const local = { host: '127.0.0.1', port: 0 };

const open = async (app: Hono, clock = systemClock): Promise<Listening & { origin: string }> => {
  const listening = await listen(app, local, clock);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  onTestFinished(() => listening.close(0));
  return { ...listening, origin: `http://127.0.0.1:${listening.port}` };
};

/** What a socket gets back for these lines, until the server closes it. */
const raw = (port: number, lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject).on('close', () => resolve(received));
  });

describe('1. Listening', () => {
  it('says which port is in use and what to do', async () => {
    const { port } = await open(new Hono());
    expect(await listen(new Hono(), { ...local, port }, systemClock)).toEqual({
      kind: 'port_busy',
      message: `Port ${port} on 127.0.0.1 is in use. Stop the other program, or set POSTERN_PORT to a free port.`,
    });
  });

  it('says that this machine does not have the address', async () => {
    const answer = await listen(new Hono(), { host: '192.0.2.1', port: 0 }, systemClock);
    expect(answer.kind).toBe('address_unavailable');
  });
});

describe('2. Closing', () => {
  const slow = () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const app = new Hono().get('/', async (c) => {
      entered.resolve();
      await gate.promise;
      return c.text('finished');
    });
    return { app, gate, entered: entered.promise };
  };

  it('waits for a running answer', async () => {
    const { app, gate, entered } = slow();
    const listening = await open(app, handClock());
    const answer = fetch(listening.origin).then((response) => response.text());
    await entered;
    const closed = listening.close(10_000);
    gate.resolve();
    expect(await answer).toBe('finished');
    await closed;
    await expect(fetch(listening.origin)).rejects.toThrow();
  });

  it('cuts an answer that takes longer than the grace period', async () => {
    const { app, entered } = slow();
    const clock = handClock();
    const listening = await open(app, clock);
    const answer = fetch(listening.origin).catch(() => 'cut');
    await entered;
    const closed = listening.close(10_000);
    await clock.advance(10_000);
    expect(await answer).toBe('cut');
    await closed;
  });
});

/** A connection that is kept, as a proxy's: sends requests one after the other, and reads each answer's first line and headers. */
const kept = async (port: number) => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const ended = once(socket, 'close');
  return {
    ended,
    ask: async (lines = ['GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, '', '']): Promise<string> => {
      socket.write(lines.join('\r\n'));
      const [chunk] = await once(socket, 'data');
      return String(chunk);
    },
  };
};

describe('3. Closing under a proxy that keeps its connections', () => {
  const app = new Hono().get('/', (c) => c.text('answered'));

  it('answers what comes over a kept connection meanwhile, and ends it with the answer', async () => {
    const { port, close } = await open(app, handClock());
    const connection = await kept(port);
    expect(await connection.ask()).not.toMatch(/connection: close/i);
    const closed = close(10_000);
    await expect(kept(port)).rejects.toThrow('ECONNREFUSED');
    const last = await connection.ask();
    expect([last.split('\r\n')[0], last]).toEqual(['HTTP/1.1 200 OK', expect.stringMatching(/connection: close/i)]);
    await connection.ended;
    await closed;
  });

  it('ends it with an answer of MCP in events too, whatever the SDK says of the connection', async () => {
    const world = await aWorld();
    const { port, close } = await open(world.app, handClock());
    const connection = await kept(port);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const list = [
      'POST /mcp HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${await world.key()}`,
      'Postern-Identifier: ada',
      'Content-Type: application/json',
      'Accept: text/event-stream',
      `Content-Length: ${body.length}`,
      '',
      body,
    ];
    const first = await connection.ask(list);
    expect(first).toContain('text/event-stream');
    const closed = close(10_000);
    expect(await connection.ask(list)).toMatch(/^HTTP\/1\.1 200 .*\r\nconnection: close\r\n/is);
    await connection.ended;
    await closed;
  });

  it('closes one that nothing comes over, before the time for answers is over', async () => {
    const clock = handClock();
    const { port, close } = await open(app, clock);
    const connection = await kept(port);
    await connection.ask();
    const closed = close(10_000);
    await clock.advance(2_000);
    await connection.ended;
    await closed;
  });

  it('ends with its answer a connection whose request came before', async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const slow = new Hono().get('/', async (c) => {
      entered.resolve();
      await gate.promise;
      return c.text('answered');
    });
    const { port, close } = await open(slow, handClock());
    const connection = await kept(port);
    const answer = connection.ask();
    await entered.promise;
    const closed = close(10_000);
    gate.resolve();
    expect(await answer).toMatch(/connection: close/i);
    await connection.ended;
    await closed;
  });
});

describe('4. Only over a socket', () => {
  const overSocket = async (world: World) => open(world.app);

  it('refuses two Postern-Identifier headers', async () => {
    const world = await aWorld();
    const { port } = await overSocket(world);
    const answer = await raw(port, [
      'POST /mcp HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${await world.key()}`,
      'Postern-Identifier: ada',
      'Postern-Identifier: ada',
      'Content-Length: 0',
      'Connection: close',
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('identifier_invalid');
  });

  it('refuses a foreign or missing Host', async () => {
    const { port } = await overSocket(await aWorld());
    const ask = (host: string[]) => raw(port, ['GET /connect/x HTTP/1.1', ...host, 'Connection: close']);
    expect(await ask(['Host: rebound.example'])).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask([])).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('refuses two Host headers, of which a proxy may read one and the server the other', async () => {
    const { port } = await overSocket(await aWorld());
    const ask = (...hosts: string[]) =>
      raw(port, ['GET /api/v1/accounts/ada HTTP/1.1', ...hosts.map((host) => `Host: ${host}`), 'Connection: close']);
    expect(await ask('localhost')).toMatch(/^HTTP\/1\.1 401 /);
    expect(await ask('localhost', 'rebound.example')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask('rebound.example', 'localhost')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask('localhost', 'localhost')).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('takes the host of an absolute request target, not the Host header beside it (RFC 9112 §3.2.2)', async () => {
    const { port } = await overSocket(await aWorld());
    const ask = (target: string, host: string) =>
      raw(port, [`GET ${target}/api/v1/accounts/ada HTTP/1.1`, `Host: ${host}`, 'Connection: close']);
    expect(await ask('http://rebound.example', 'localhost')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask('http://localhost', 'rebound.example')).toMatch(/^HTTP\/1\.1 401 /);
    expect(await ask('http://localhost@rebound.example', 'localhost')).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  it('answers HEAD of a download with its length and no body', async () => {
    const { world, path } = await download();
    const { port } = await overSocket(world);
    const answer = await raw(port, [`HEAD ${path} HTTP/1.1`, `Host: localhost:${port}`, 'Connection: close']);
    expect(answer).toMatch(/content-length: 5000000\r\n/i);
    expect(answer.split('\r\n\r\n')[1]).toBe('');
  });

  it('lets a download whose connection broke be fetched again, once', async () => {
    const { world, path } = await download();
    const { origin } = await overSocket(world);
    const broken = new AbortController();
    const reader = (await fetch(origin + path, { signal: broken.signal })).body?.getReader();
    await reader?.read();
    broken.abort();
    // Until the end of the connection was heard of, it counts as being fetched.
    let again = await fetch(origin + path);
    const status = async () => {
      if (!again.ok) again = await fetch(origin + path);
      return again.status;
    };
    await expect.poll(status).toBe(200);
    expect((await again.arrayBuffer()).byteLength).toBe(5_000_000);
    expect((await fetch(origin + path)).status).toBe(404);
  });

  const download = async () => {
    const world = await aWorld({ fetchAttachment: giving(new Uint8Array(5_000_000)) });
    world.sandbox.addAccount({ email: 'ada@example.com' });
    await aBrowser(world).connect(await world.link('user_42'), 'ada@example.com');
    const key = { realm: 'default', identifier: 'user_42' };
    const file = {
      messageId: '18c0ffee',
      partId: '1',
      fileName: 'a.bin',
      mimeType: 'application/zip',
      size: 5_000_000,
    };
    const account = await world.accounts.find(key);
    const { url } = await world.accounts.downloads.mint(key, {
      ...file,
      grantVersion: account?.grantVersion ?? 0,
    });
    return { world, path: new URL(url).pathname };
  };
});
