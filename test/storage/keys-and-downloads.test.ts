import { describe, expect, it } from 'vitest';
import type { ApiKeyRecord, DownloadRecord } from '../../src/storage/index.ts';
import { ada, aWorld, ben, minute, start, type World } from './support.ts';

const serviceKey: ApiKeyRecord = {
  id: 'k1',
  kind: 'service',
  realm: 'default',
  label: 'backend',
  secretHash: 'hash of k1',
  unverifiedLinks: true,
  createdAt: start,
};
const userKey: ApiKeyRecord = {
  id: 'k2',
  kind: 'user',
  ...ada,
  secretHash: 'hash of k2',
  unverifiedLinks: false,
  createdAt: start + 1,
};

describe('an API key', () => {
  it('is found and listed as it was added, before its person has an account too', async () => {
    const { storage } = await aWorld();
    await storage.apiKeys.add(userKey);
    await storage.apiKeys.add(serviceKey);
    expect(await storage.apiKeys.list()).toEqual([serviceKey, userKey]);
    expect(await storage.apiKeys.find('k2')).toEqual(userKey);
    expect(await storage.apiKeys.find('k3')).toBeUndefined();
  });

  it('is revoked once, and stays in the list', async () => {
    const { storage } = await aWorld();
    await storage.apiKeys.add(serviceKey);
    expect(await storage.apiKeys.revoke('k1', start + 5)).toBe(true);
    expect(await storage.apiKeys.revoke('k1', start + 6)).toBe(false);
    expect(await storage.apiKeys.revoke('none', start)).toBe(false);
    expect(await storage.apiKeys.list()).toEqual([{ ...serviceKey, revokedAt: start + 5 }]);
  });

  it('notes its last use at most once a minute', async () => {
    const { storage } = await aWorld();
    await storage.apiKeys.add(serviceKey);
    for (const at of [start, start + minute - 1]) await storage.apiKeys.markUsed('k1', at);
    expect(await storage.apiKeys.find('k1')).toMatchObject({ lastUsedAt: start });
    await storage.apiKeys.markUsed('k1', start + minute);
    expect(await storage.apiKeys.find('k1')).toMatchObject({ lastUsedAt: start + minute });
  });

  it('names a person where it is a user key', async () => {
    const { storage } = await aWorld();
    const { identifier: _, ...nobody } = userKey;
    await expect(storage.apiKeys.add(nobody)).rejects.toThrow(/check/i);
  });
});

const download: DownloadRecord = {
  hash: 'download',
  key: ada,
  grantVersion: 4,
  messageId: '18c0ffee',
  partId: '1.2',
  fileName: 'Angebot – März.pdf',
  mimeType: 'application/pdf',
  size: 123_456,
  expiresAt: start + 10 * minute,
};

const withDownload = async (): Promise<World> => {
  const world = await aWorld();
  await world.storage.accounts.getOrCreate(ada);
  await world.storage.downloads.add(download, 100);
  return world;
};

describe('a download link', () => {
  it('can be looked at without being used', async () => {
    const { storage } = await withDownload();
    expect(await storage.downloads.find('download', start)).toEqual(download);
    expect(await storage.downloads.find('download', start)).toEqual(download);
    expect(await storage.downloads.find('none', start)).toBeUndefined();
  });

  it('serves one GET, however many come at once', async () => {
    const { storage, open } = await withDownload();
    const other = await open();
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).downloads.claim('download', start, start + minute),
    );
    expect((await Promise.all(tries)).filter((record) => record !== undefined)).toEqual([download]);
    await storage.downloads.complete('download', start);
    expect(await storage.downloads.claim('download', start + 2 * minute, start + 3 * minute)).toBeUndefined();
    expect(await storage.downloads.find('download', start)).toBeUndefined();
  });

  it('is good again when the GET failed or never ended', async () => {
    const { storage } = await withDownload();
    const { downloads } = storage;
    await downloads.claim('download', start, start + minute);
    await downloads.release('download');
    expect(await downloads.claim('download', start, start + minute)).toEqual(download);
    expect(await downloads.claim('download', start + minute - 1, start + 2 * minute)).toBeUndefined();
    expect(await downloads.claim('download', start + minute, start + 2 * minute)).toEqual(download);
  });

  it('runs out', async () => {
    const { storage } = await withDownload();
    expect(await storage.downloads.find('download', download.expiresAt)).toBeUndefined();
    expect(await storage.downloads.claim('download', download.expiresAt, start + 99 * minute)).toBeUndefined();
  });

  it('of an account ends, the oldest first, when it has more open ones than it may', async () => {
    const { storage } = await withDownload();
    const { downloads } = storage;
    await storage.accounts.getOrCreate(ben);
    await downloads.add({ ...download, key: ben, hash: 'of ben', expiresAt: start + minute }, 2);
    for (const hash of ['second', 'third']) await downloads.add({ ...download, hash }, 2);
    const open = async () => {
      const found = await Promise.all(['download', 'second', 'third', 'of ben'].map((h) => downloads.find(h, start)));
      return found.map((record) => record?.hash);
    };
    expect(await open()).toEqual([undefined, 'second', 'third', 'of ben']);
    await downloads.complete('second', start);
    await downloads.add({ ...download, hash: 'fourth' }, 2);
    expect(await open()).toEqual([undefined, undefined, 'third', 'of ben']);
  });
});
