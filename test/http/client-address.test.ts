// The network address of a client: of the socket, or from forwarding headers of trusted proxies.
import fc from 'fast-check';
import { Hono } from 'hono';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAddressOf, readAddress, trustedBy } from '../../src/http/client-address.ts';
import { addressGroup } from '../../src/lib/rate-limit.ts';
import { aBrowser, aWorld, csrfOf } from './support.ts';

const quiet = pino({ enabled: false });

/** What `@hono/node-server` gives an app of the socket. */
const from = (remoteAddress: string | undefined) => ({ incoming: { socket: { remoteAddress } } });

/** Where a request comes from that this peer sent with these headers. */
const seen = async (
  peer: string | undefined,
  headers: Record<string, string> | [string, string][] = {},
  trusted: readonly string[] = ['10.0.0.0/8', '2001:db8:f::/48'],
  log = quiet,
): Promise<string> => {
  const addressOf = createAddressOf(trusted, log);
  const app = new Hono().get('/', (c) => c.text(addressOf(c)));
  return (await app.request('/', { headers }, from(peer))).text();
};
const xff = (value: string) => ({ 'x-forwarded-for': value });
const forwarded = (value: string) => ({ forwarded: value });

const proxy = '10.0.0.1';
const client = '203.0.113.7';

describe('1. Without a trusted proxy', () => {
  it('is the address of the socket, whatever forwarding headers say', async () => {
    const headers = { ...xff(client), ...forwarded(`for=${client}`), 'x-real-ip': client };
    expect(await seen('198.51.100.1', headers)).toBe('198.51.100.1');
    expect(await seen(proxy, headers, [])).toBe(proxy);
    expect(await seen('::ffff:198.51.100.1')).toBe('198.51.100.1');
  });

  it('is one and the same for closed sockets and requests without a socket', async () => {
    expect(await seen(undefined, xff(client))).toBe('unknown');
    const app = new Hono().get('/', (c) => c.text(createAddressOf([proxy], quiet)(c)));
    expect(await (await app.request('/')).text()).toBe('unknown');
  });

  it('logs once which setting is missing, and no address', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    const addressOf = createAddressOf([], log);
    const app = new Hono().get('/', (c) => c.text(addressOf(c)));
    await app.request('/', {}, from(proxy));
    expect(lines).toEqual([]);
    for (let time = 0; time < 3; time++) await app.request('/', { headers: xff(client) }, from(proxy));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('POSTERN_TRUSTED_PROXIES');
    expect(lines[0]).not.toContain(client);
    expect(lines[0]).not.toContain(proxy);
    await seen('198.51.100.1', xff(client), [proxy], log);
    expect(lines).toHaveLength(1);
  });
});

describe('2. Behind trusted proxies', () => {
  it('is the rightmost address that is not a trusted proxy’s, so that what a client wrote itself does not count', async () => {
    expect(await seen(proxy, xff(client))).toBe(client);
    expect(await seen(proxy, xff(`1.1.1.1, ${client}`))).toBe(client);
    expect(await seen(proxy, xff(`1.1.1.1, ${client}, 10.9.9.9 ,10.0.0.2`))).toBe(client);
    expect(await seen(proxy, xff(`10.0.0.3, ${client}`))).toBe(client);
    expect(await seen('::ffff:10.0.0.1', xff(`${client}, ::ffff:10.0.0.2`))).toBe(client);
  });

  it('is read from several header lines as from one list', async () => {
    const lines: [string, string][] = [
      ['x-forwarded-for', '1.1.1.1'],
      ['x-forwarded-for', client],
    ];
    expect(await seen(proxy, lines)).toBe(client);
  });

  it('is the proxy’s own for a request without forwarding headers', async () => {
    expect(await seen(proxy)).toBe(proxy);
    expect(await seen(proxy, xff('10.0.0.9, 10.0.0.2'))).toBe('10.0.0.9');
  });

  it.each([
    'unknown',
    '_hidden',
    '',
    'client.example.com',
    '999.1.1.1',
    '203.0.113.07',
    '203.0.113.7:99999999',
    '[::1',
    '1.2',
  ])('is that of the last hop before an entry that is no address (%j)', async (entry) => {
    expect(await seen(proxy, xff(entry))).toBe(proxy);
    expect(await seen(proxy, xff(`${client}, ${entry}`))).toBe(proxy);
    expect(await seen(proxy, xff(`${client}, ${entry}, 10.0.0.2`))).toBe('10.0.0.2');
  });

  it('is read without port, brackets and zone', async () => {
    for (const written of [`${client}:4711`, client]) expect(await seen(proxy, xff(written))).toBe(client);
    for (const written of ['[2001:db8::1]:443', '[2001:DB8:0::1]', '2001:db8::1', '2001:db8::1%eth0'])
      expect(await seen(proxy, xff(written)), written).toBe('2001:db8::1');
  });
});

describe('3. The Forwarded header of RFC 7239', () => {
  it.each([
    [`for=${client}`, client],
    [`for=${client};`, client],
    [`For="${client}:4711";proto=https;by=203.0.113.43`, client],
    ['for=1.1.1.1, for="[2001:db8:cafe::17]:4711";proto=http', '2001:db8:cafe::17'],
    [`proto=https; host="a, b;for=6.6.6.6"; for=${client}`, client],
    [`for=${client}, for=10.0.0.2;by=_me`, client],
  ])('%s gives %s', async (value, address) => {
    expect(await seen(proxy, forwarded(value))).toBe(address);
  });

  it.each([
    'for=unknown',
    'for=_hidden',
    'for="_hidden:_port"',
    'for=1.1.1.1;for=2.2.2.2',
    'proto=https',
    'for=1.1.1.1 nonsense',
    'nonsense',
    'for="1.1.1.1',
    'for==1.1.1.1',
  ])('%s gives no address', async (value) => {
    expect(await seen(proxy, forwarded(value))).toBe(proxy);
  });

  it('is read behind a quote that a client did not close', async () => {
    expect(await seen(proxy, forwarded(`for=" , for=${client}`))).toBe(client);
    expect(await seen(proxy, forwarded(`for=6.6.6.6;host="x , for=${client};host="a.example"`))).toBe(client);
  });

  it('is not read where there is an X-Forwarded-For header', async () => {
    expect(await seen(proxy, { ...xff(client), ...forwarded('for=6.6.6.6') })).toBe(client);
  });
});

describe('4. Any header that a client sends', () => {
  it('left of the entry that the nearest trusted proxy added is ignored', async () => {
    const nonsense = fc.string({ unit: 'binary-ascii' }).map((text) => text.replace(/[\r\n\0]/g, ''));
    await fc.assert(
      fc.asyncProperty(nonsense, fc.ipV4(), async (written, address) => {
        fc.pre(!trustedBy(['10.0.0.0/8'])(address));
        expect(await seen(proxy, xff(`${written}, ${address}`))).toBe(address);
        const named = await seen(proxy, forwarded(`${written}, for=${address}`));
        expect(named).toBe(address);
      }),
      { numRuns: 300 },
    );
  });
});

describe('5. Addresses', () => {
  it('of IPv6 are equal in every notation, and IPv4-mapped ones are IPv4', () => {
    fc.assert(
      fc.property(fc.ipV6(), (written) => {
        const read = readAddress(written);
        expect(read).toBe(readAddress(written.toUpperCase()));
        expect(read).toBe(readAddress(`[${written}]:1`));
        expect(readAddress(read ?? '')).toBe(read);
      }),
    );
    for (const written of ['::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:cb00:7107'])
      expect(readAddress(written)).toBe(client);
  });

  it('of IPv6 are limited by their /64, of IPv4 one by one', () => {
    const group = (address: string) => addressGroup(readAddress(address) ?? '');
    expect(group(client)).toBe(client);
    expect(group('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(group('2001:db8:1:2::6')).toBe('2001:db8:1:2::/64');
    expect(group('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(group('::1')).toBe('0:0:0:0::/64');
    expect(group('2001:db8:1:3::6')).not.toBe(group('2001:db8:1:2::6'));
  });

  it('of trusted proxies may be networks, of IPv4 and IPv6', () => {
    const trusts = trustedBy(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1', '::ffff:198.51.100.0/120']);
    for (const address of ['10.255.0.1', '192.0.2.1', '2001:db8:9::1', '::1', '198.51.100.9'])
      expect(trusts(address), address).toBe(true);
    for (const address of ['11.0.0.1', '192.0.2.2', '2001:db9::1', '::2', 'unknown', ''])
      expect(trusts(address), address).toBe(false);
  });
});

describe('6. Host and scheme', () => {
  const lying = {
    'x-forwarded-for': client,
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '8080',
    'x-forwarded-prefix': '/evil',
    forwarded: 'for=203.0.113.7;host=evil.example;proto=http',
  };

  it('in X-Forwarded-Host and -Proto change no check, link, cookie or challenge, even from a trusted proxy', async () => {
    const world = await aWorld({ trustedProxies: [proxy] });
    const ask = async (url: string, init: RequestInit = {}) => {
      const plain = await world.app.request(url, init, from(proxy));
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(lying)) headers.set(name, value);
      const lied = await world.app.request(url, { ...init, headers }, from(proxy));
      expect(lied.status).toBe(plain.status);
      for (const name of ['www-authenticate', 'location', 'content-security-policy'])
        expect(lied.headers.get(name)).toBe(plain.headers.get(name));
      return lied;
    };
    expect((await ask('https://evil.example/mcp', { method: 'POST' })).status).toBe(403);
    const foreign = { method: 'POST', headers: { origin: 'https://evil.example' } };
    expect((await ask('https://postern.example.com/mcp', foreign)).status).toBe(403);
    expect((await ask('https://postern.example.com/mcp', { method: 'POST' })).status).toBe(401);
    for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'])
      expect(await (await ask(`https://postern.example.com${path}`)).text()).not.toContain('evil');
    await world.accounts.ensure({ realm: 'default', identifier: 'ada' });
    const key = await world.key({ unverifiedLinks: true });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const account = { method: 'POST', headers, body: '{"identifier":"ada"}' };
    expect((await ask('https://postern.example.com/api/v1/accounts', account)).ok).toBe(true);
    const link = await ask('https://postern.example.com/api/v1/accounts/ada/link', { ...account, body: '{}' });
    expect(await link.json()).toMatchObject({
      url: expect.stringMatching(/^https:\/\/postern\.example\.com\/connect\//),
    });
  });

  it('in X-Forwarded-Host and -Proto change neither what Google gets nor the cookies', async () => {
    const world = await aWorld({ trustedProxies: [proxy] });
    const browser = aBrowser(world);
    const url = await world.link('ada');
    const page = await browser.get(url, lying);
    expect(page.headers.getSetCookie().join()).toMatch(/__Host-.*Secure/);
    const posted = await browser.post(url, { csrf: csrfOf(page.text) }, lying);
    expect(posted.status).toBe(200);
    expect(posted.text).toContain(encodeURIComponent('https://postern.example.com/oauth/callback'));
    expect(posted.text).not.toContain('evil');
  });
});
