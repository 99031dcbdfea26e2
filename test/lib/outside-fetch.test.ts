// The only fetch for URLs that clients or issuers supply (guard against SSRF): what it connects to, and what it accepts.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createOutsideFetch,
  isPublicAddress,
  maxOutsideBytes,
  type OutsideFetchOptions,
  outsideDeadlineMs,
} from '../../src/lib/outside-fetch.ts';
import { handClock } from '../support/hand-clock.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server on this machine, which counts who connects to it. */
const inside = async (listener: RequestListener = (_request, response) => void response.end('{"inside":true}')) => {
  let connections = 0;
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, requests, connections: () => connections };
};

const door = (options: Partial<OutsideFetchOptions> = {}) => {
  const clock = handClock();
  const asked: string[] = [];
  const { lookup } = options;
  const send = createOutsideFetch({
    clock,
    ...options,
    ...(lookup === undefined
      ? {}
      : {
          lookup: (name) => {
            asked.push(name);
            return lookup(name);
          },
        }),
  });
  return { send, clock, asked };
};
const leadingTo =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('An address', () => {
  it.each([
    ['of IPv4', '8.8.8.8'],
    ['of IPv6', '2606:4700::1111'],
    ['of IPv4 written as one of IPv6', '::ffff:8.8.8.8'],
    ['of IPv4 behind a translator', '64:ff9b::808:808'],
  ])('that is public: %s, %s', (_, address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ['this machine', '127.0.0.1'],
    ['this machine', '127.255.255.254'],
    ['this machine', '::1'],
    ['this machine, mapped', '::ffff:127.0.0.1'],
    ['this machine, mapped in hexadecimal', '::ffff:7f00:1'],
    ['this machine, compatible', '::7f00:1'],
    ['this machine, compatible in dotted form', '::127.0.0.1'],
    ['this machine, translated', '64:ff9b::7f00:1'],
    ['this machine, translated without state', '::ffff:0:127.0.0.1'],
    ['this machine, by 6to4', '2002:7f00:1::'],
    ['any of this machine’s', '0.0.0.0'],
    ['any of this machine’s', '0.1.2.3'],
    ['any of this machine’s', '::'],
    ['a network of one’s own', '10.0.0.1'],
    ['a network of one’s own', '172.16.0.1'],
    ['a network of one’s own', '172.31.255.255'],
    ['a network of one’s own', '192.168.1.1'],
    ['a network of one’s own, mapped', '::ffff:192.168.1.1'],
    ['a network of one’s own, translated', '64:ff9b::a00:1'],
    ['a network of one’s own, by a translator of its own', '64:ff9b:1::a00:1'],
    ['a network of one’s own', 'fd00::1'],
    ['a network of one’s own', 'fc00::1'],
    ['a site, as it was once', 'fec0::1'],
    ['this link', '169.254.169.254'],
    ['this link', 'fe80::1'],
    ['this link, with its zone', 'fe80::1%eth0'],
    ['this link, mapped', '::ffff:169.254.169.254'],
    ['a cloud’s metadata', 'fd00:ec2::254'],
    ['a carrier’s inside', '100.64.0.1'],
    ['a carrier’s inside', '100.127.255.255'],
    ['a benchmark', '198.18.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['many', '224.0.0.1'],
    ['many', 'ff02::1'],
    ['everybody', '255.255.255.255'],
    ['nobody yet', '240.0.0.1'],
    ['nobody yet', '4000::1'],
    ['protocols', '192.0.0.1'],
    ['6to4', '192.88.99.1'],
    ['6to4 of a public one', '2002:808:808::1'],
    ['Teredo', '2001::1'],
    ['ORCHID', '2001:20::1'],
    ['nowhere', '100::1'],
    ['segment routing', '5f00::1'],
    ['nothing', ''],
    ['nothing', 'localhost'],
    ['nothing', '::1]'],
  ])('of %s is not public: %s', (_, address) => expect(isPublicAddress(address)).toBe(false));
});

describe('A name that leads inside', () => {
  it.each([
    ['alone', ['127.0.0.1']],
    ['after a public address', ['8.8.8.8', '127.0.0.1']],
    ['before a public address', ['127.0.0.1', '8.8.8.8']],
    ['by another family', ['8.8.8.8', '::ffff:127.0.0.1']],
  ])('is looked up, and nothing is connected to: %s', async (_, addresses) => {
    const { port, connections } = await inside();
    const { send, asked } = door({ lookup: leadingTo(...addresses) });
    await expect(send(`https://client.example:${port}/`)).rejects.toMatchObject({ reason: 'address_not_public' });
    expect([asked, connections()]).toEqual([['client.example'], 0]);
  });

  it.each([
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '0',
    'localhost',
  ])('is not connected to, whatever the form of the address: %s', async (host) => {
    const { port, connections } = await inside();
    await expect(door().send(`https://${host}:${port}/`)).rejects.toMatchObject({ reason: 'address_not_public' });
    expect(connections()).toBe(0);
  });
});

describe('What is asked for', () => {
  it.each([
    'http://client.example/',
    'ftp://client.example/',
    'file:///etc/passwd',
    'data:,x',
    'https://kim@client.example/',
    'nothing',
  ])('is https without a user: not %s', async (url) => {
    const { send, asked } = door({ lookup: leadingTo('8.8.8.8') });
    await expect(send(url)).rejects.toMatchObject({ reason: 'address_not_allowed' });
    expect(asked).toEqual([]);
  });

  it('is looked up once, so that a second answer of the resolver changes nothing', async () => {
    const { port, requests } = await inside();
    const origin = `http://issuer.example:${port}`;
    const answers = [leadingTo('127.0.0.1'), leadingTo('192.0.2.1')];
    const { send, asked } = door({ trustedOrigin: origin, lookup: () => (answers.shift() ?? leadingTo())() });
    expect(await (await send(`${origin}/keys`)).json()).toEqual({ inside: true });
    expect([asked, requests[0]?.headers.host]).toEqual([['issuer.example'], `issuer.example:${port}`]);
  });

  it('may be inside and without TLS at the operator’s own origin, and nowhere else', async () => {
    const { origin, connections } = await inside();
    const other = await inside();
    const { send } = door({ trustedOrigin: origin });
    expect((await send(`${origin}/keys`)).status).toBe(200);
    for (const url of [`${other.origin}/`, origin.replace('127.0.0.1', 'localhost'), origin.replace('http:', 'https:')])
      await expect(send(url)).rejects.toMatchObject({ reason: expect.stringMatching(/^address_not_/) });
    expect([connections(), other.connections()]).toEqual([1, 0]);
  });

  it('carries what it is given and nothing else', async () => {
    const { origin, requests } = await inside();
    const { send } = door({ trustedOrigin: origin });
    await send(`${origin}/token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ a: 'b c' }),
    });
    const { connection, host, ...headers } = requests[0]?.headers ?? {};
    expect([requests[0]?.method, headers]).toEqual([
      'POST',
      {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
        'content-length': '5',
      },
    ]);
  });
});

describe('What comes back', () => {
  const answering = async (listener: RequestListener, init?: RequestInit) => {
    const { origin, connections } = await inside(listener);
    const { send, clock } = door({ trustedOrigin: origin });
    return { answer: send(`${origin}/`, init), clock, connections };
  };

  it('is a redirect that nobody follows', async () => {
    const target = await inside();
    const { answer } = await answering((_request, response) =>
      response.writeHead(302, { location: target.origin }).end(),
    );
    expect([(await answer).status, (await answer).headers.get('location')]).toEqual([302, target.origin]);
    expect(target.connections()).toBe(0);
  });

  it('has an end: more than can be a document is not taken', async () => {
    const { answer } = await answering((_request, response) => {
      response.on('error', () => undefined);
      response.write(Buffer.alloc(maxOutsideBytes));
      response.end('x');
    });
    await expect(answer).rejects.toMatchObject({ reason: 'too_large' });
  });

  it('is not unpacked', async () => {
    const { answer } = await answering((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    );
    await expect(answer).rejects.toMatchObject({ reason: 'encoded' });
  });

  it.each([
    ['no answer', () => undefined],
    ['half an answer', ((_request, response) => void response.write('{')) as RequestListener],
  ])('comes within ten seconds, or nothing does: %s', async (_, listener) => {
    const { answer, clock, connections } = await answering(listener);
    const failed = answer.then(
      () => 'answered',
      () => 'ended',
    );
    await expect.poll(connections, { interval: 2 }).toBe(1);
    await clock.advance(outsideDeadlineMs);
    expect(await failed).toBe('ended');
  });

  it('is waited for no longer than whoever asked wants it', async () => {
    const gone = new AbortController();
    const { answer, connections } = await answering(() => undefined, { signal: gone.signal });
    answer.catch(() => undefined);
    await expect.poll(connections, { interval: 2 }).toBe(1);
    gone.abort();
    await expect(answer).rejects.toThrow();
  });

  it('is nothing while the resolver hangs', async () => {
    const { send, clock } = door({ lookup: () => new Promise(() => undefined) });
    const answer = send('https://client.example/').then(
      () => 'answered',
      () => 'ended',
    );
    await clock.advance(outsideDeadlineMs);
    expect(await answer).toBe('ended');
  });
});
