// Grants that wait for a product's word: sealed, bound, and gone without trace when they end.
import { describe, expect, it } from 'vitest';
import type { PendingGrant } from '../../src/storage/index.ts';
import { ada, aGrant, aWorld, ben, connect, contentsOf, minute, sealerWith, start } from './support.ts';

const aPending = (hash: string, change: Partial<PendingGrant> = {}): PendingGrant => ({
  hash,
  key: ada,
  ticketHash: 'ticket',
  apiKeyId: 'key',
  createdAt: start,
  expiresAt: start + 10 * minute,
  grant: aGrant(),
  emailVerified: true,
  ...change,
});

const aWaiting = async () => {
  const world = await aWorld();
  const { version } = await world.storage.accounts.getOrCreate(ada);
  await world.storage.pendingGrants.add(aPending('a'));
  return { ...world, version, pending: world.storage.pendingGrants };
};

describe('a pending grant', () => {
  it('is read back whole while it waits, and is not the account’s', async () => {
    const { pending, storage } = await aWaiting();
    expect(await pending.open('a', start)).toMatchObject({ ...aPending('a'), status: 'waiting' });
    expect((await storage.accounts.readGrant(ada)).kind).toBe('none');
  });

  it('is not kept for an account that is gone', async () => {
    const { pending } = await aWaiting();
    expect(await pending.add(aPending('b', { key: ben }))).toBe(false);
    expect(await pending.find('b')).toBeUndefined();
  });

  it('is not readable in the database, neither while it waits nor afterwards', async () => {
    const { pending, raw, location } = await aWaiting();
    const { accessToken, refreshToken = '' } = aGrant();
    const readable = async () => {
      const contents = await contentsOf({ location, raw });
      return [accessToken, refreshToken].filter((token) => contents.includes(token));
    };
    expect(await readable()).toEqual([]);
    await pending.refuse('a');
    expect(await readable()).toEqual([]);
    expect((await raw.all('select sealed_grant, google_sub from pending_grants'))[0]).toEqual({
      sealed_grant: null,
      google_sub: null,
    });
  });

  it('does not open when its row names another key, ticket or person', async () => {
    for (const change of [
      "api_key_id = 'other'",
      "ticket_hash = 'other'",
      "hash = 'b'",
      `identifier = '${ben.identifier}'`,
    ]) {
      const { pending, storage, raw } = await aWaiting();
      await storage.accounts.getOrCreate(ben);
      await raw.run(`update pending_grants set ${change}`);
      expect(await pending.open(change.startsWith('hash') ? 'b' : 'a', start), change).toBeUndefined();
    }
  });

  it('becomes the account’s grant once, and only at the version that was looked at', async () => {
    const { pending, storage, version } = await aWaiting();
    expect(await pending.confirm('a', version + 1, aGrant(), start)).toBe('raced');
    expect(await pending.confirm('a', version, aGrant(), start)).toMatchObject({ state: { status: 'ACTIVE' } });
    expect(await pending.confirm('a', version + 1, aGrant(), start)).toBe('ended');
    expect(await pending.refuse('a')).toBe(false);
    expect((await storage.accounts.readGrant(ada)).kind).toBe('grant');
  });

  it('ends the person’s other pending grants when it is confirmed, and nobody else’s', async () => {
    const { pending, storage, version } = await aWaiting();
    await storage.accounts.getOrCreate(ben);
    await pending.add(aPending('b'));
    await pending.add(aPending('c', { key: ben }));
    await pending.confirm('a', version, aGrant(), start);
    expect([await pending.find('a'), await pending.find('b'), await pending.find('c')]).toMatchObject([
      { status: 'confirmed' },
      { status: 'void' },
      { status: 'waiting' },
    ]);
  });

  it('is over at its time, erased by the next sweep or the next of its kind, and forgotten a day later', async () => {
    const { pending, storage, raw, version } = await aWaiting();
    const end = start + 10 * minute;
    expect(await pending.open('a', end)).toBeUndefined();
    expect(await pending.confirm('a', version, aGrant(), end)).toBe('ended');
    await storage.operations.sweep(end);
    expect(await pending.find('a')).toMatchObject({ status: 'expired' });
    expect(await raw.values('select sealed_grant from pending_grants')).toEqual([null]);
    await storage.operations.sweep(end + 24 * 60 * minute + 1);
    expect(await pending.find('a')).toBeUndefined();
  });

  it('is sealed anew by a rotation, after which the former key is not needed', async () => {
    const { storage, open } = await aWaiting();
    const rotating = await open(sealerWith(2, 1));
    expect(await rotating.operations.reseal(100)).toMatchObject({ unreadable: 0, next: undefined });
    const later = await open(sealerWith(2));
    expect((await later.pendingGrants.open('a', start))?.grant).toEqual(aGrant());
    expect(await storage.pendingGrants.open('a', start)).toBeUndefined();
  });

  it('counts as a grant of its Google account while it waits', async () => {
    const { pending, storage } = await aWaiting();
    await connect(storage, ben);
    const siblings = (now: number) => storage.operations.othersWithGrantOf(aGrant().google.sub, ben, now);
    expect(await siblings(start)).toBe(1);
    expect(await siblings(start + 10 * minute)).toBe(0);
    await pending.voidAll(ada);
    expect(await siblings(start)).toBe(0);
  });
});
