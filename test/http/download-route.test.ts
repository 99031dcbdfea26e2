// Download URLs: an attachment's bytes, once, to whoever holds the URL, as long as the account lives.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition, type FetchAttachment } from '../../src/http/download-route.ts';
import { failed } from '../../src/model/result.ts';
import { aBrowser, aWorld, giving, type World, type WorldOptions } from './support.ts';

const key = { realm: 'default', identifier: 'user_42' };
const content = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 251);

const worldWithUrl = async (options: WorldOptions = {}, mimeType = 'application/pdf', fileName = 'Rechnung №5.pdf') => {
  const world = await aWorld({ fetchAttachment: giving(content), ...options });
  world.sandbox.addAccount({ email: 'ada@example.com' });
  await aBrowser(world).connect(await world.link('user_42'), 'ada@example.com');
  return { world, url: await mint(world, mimeType, fileName) };
};

const mint = async (world: World, mimeType = 'application/pdf', fileName = 'a.pdf'): Promise<string> => {
  const account = await world.accounts.find(key);
  const { url } = await world.accounts.downloads.mint(key, {
    messageId: '18c0ffee',
    partId: '1',
    fileName,
    mimeType,
    size: content.length,
    grantVersion: account?.grantVersion ?? 0,
  });
  return url;
};

const get = (world: World, url: string, init: RequestInit = {}) => world.app.request(url, init);

describe('1. A download', () => {
  it('sends the bytes as an attachment with a sandboxing Content-Security-Policy', async () => {
    const { world, url } = await worldWithUrl();
    const response = await get(world, url);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="Rechnung _5.pdf"; filename*=UTF-8''Rechnung%20%E2%84%965.pdf`,
      'content-length': '200000',
      'content-security-policy': "sandbox; default-src 'none'",
      'content-type': 'application/pdf',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(content);
  });

  it.each(['text/html; charset=utf-8', 'nonsense', 'text/html\r\nX-Injected: 1', ''])(
    'sends what is no plain media type (%j) as application/octet-stream',
    async (mimeType) => {
      const { world, url } = await worldWithUrl({}, mimeType);
      expect((await get(world, url)).headers.get('content-type')).toBe('application/octet-stream');
    },
  );

  it('is used up by the first GET that reads all of it', async () => {
    const { world, url } = await worldWithUrl();
    await (await get(world, url)).arrayBuffer();
    expect((await get(world, url)).status).toBe(404);
  });

  it('is not used up by HEAD, which has the same headers', async () => {
    const { world, url } = await worldWithUrl();
    for (let i = 0; i < 2; i++) {
      const head = await get(world, url, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '200000', '']);
    }
    expect((await (await get(world, url)).arrayBuffer()).byteLength).toBe(200_000);
    expect((await get(world, url, { method: 'HEAD' })).status).toBe(404);
  });

  it('is not used up by a GET that was aborted, not even before its last byte was read', async () => {
    const { world, url } = await worldWithUrl();
    const reader = (await get(world, url)).body?.getReader();
    for (let taken = 0; taken < content.length; ) taken += (await reader?.read())?.value?.length ?? Number.NaN;
    await reader?.cancel();
    expect((await (await get(world, url)).arrayBuffer()).byteLength).toBe(200_000);
  });

  it('is one of at most five concurrent downloads of one account', async () => {
    const { world, url } = await worldWithUrl();
    const urls = [url];
    while (urls.length < 6) urls.push(await mint(world));
    const answers = [];
    for (const each of urls) answers.push(await get(world, each));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]?.headers.get('retry-after')).toBe('2');
    await answers[0]?.arrayBuffer();
    await answers[1]?.body?.cancel();
    expect((await get(world, urls[5] ?? '')).status).toBe(200);
    expect((await get(world, urls[1] ?? '')).status).toBe(200);
    expect((await get(world, urls[0] ?? '')).status).toBe(404);
  });

  it('is one of at most 300 requests a minute of one account, GET, HEAD or aborted', async () => {
    let fetched = 0;
    const { world, url } = await worldWithUrl({
      fetchAttachment: async (...asked) => {
        fetched += 1;
        return giving(content)(...asked);
      },
    });
    const brokenOff = async () => {
      const response = await get(world, url);
      await response.body?.cancel();
      return response;
    };
    for (let n = 0; n < 150; n++) {
      expect((await brokenOff()).status).toBe(200);
      expect((await get(world, url, { method: 'HEAD' })).status).toBe(200);
    }
    const refused = await brokenOff();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await get(world, url, { method: 'HEAD' })).status).toBe(429);
    expect(fetched).toBe(150);
    await world.clock.advance(200);
    await (await get(world, url)).arrayBuffer();
    expect((await get(world, url)).status).toBe(404);
  });

  it('goes to one of two concurrent requests', async () => {
    const { world, url } = await worldWithUrl();
    const statuses = (await Promise.all([get(world, url), get(world, url)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 404]);
  });
});

describe('2. Without a download', () => {
  it('answers unknown, expired and orphaned URLs alike', async () => {
    const { world, url } = await worldWithUrl();
    const unknown = await get(world, `https://postern.example.com/downloads/${'A'.repeat(43)}`);
    const nonsense = await get(world, 'https://postern.example.com/downloads/nonsense');
    await world.accounts.disconnect(key);
    const orphaned = await get(world, url);
    const expected = await unknown.json();
    expect(expected).toMatchObject({ error: 'not_found' });
    for (const response of [nonsense, orphaned]) {
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual(expected);
    }
    const { world: later, url: old } = await worldWithUrl();
    await later.clock.advance(5 * 60_000);
    expect(await (await get(later, old)).json()).toEqual(expected);
  });

  it('answers alike when the grant has ended meanwhile', async () => {
    const { world, url } = await worldWithUrl({
      fetchAttachment: async () => failed({ kind: 'authorization_required', reason: 'admin_policy' }),
    });
    expect((await get(world, url)).status).toBe(404);
  });

  it('can be tried again after an error of Google or of Postern', async () => {
    const answers: FetchAttachment[] = [
      async () => failed({ kind: 'google_unavailable' }),
      async () => Promise.reject(new Error('defect')),
      giving(content),
    ];
    const { world, url } = await worldWithUrl({
      fetchAttachment: (...asked) => (answers.shift() ?? giving(content))(...asked),
    });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await get(world, url)).status);
    expect(statuses).toEqual([503, 500, 200]);
  });
});

describe('3. File names', () => {
  it('stay within their header and are decoded to the same name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        const header = contentDisposition(name);
        expect(header).toMatch(/^attachment; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]*"; filename\*=UTF-8''[\w.~%-]*$/);
        expect(decodeURIComponent(header.split("UTF-8''")[1] ?? '')).toBe(name);
      }),
    );
  });
});
