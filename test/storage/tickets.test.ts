import { describe, expect, it } from 'vitest';
import { ada, aTicket, aWorld, ben, minute, start, type World } from './support.ts';

const withTicket = async (): Promise<World> => {
  const world = await aWorld();
  await world.storage.accounts.getOrCreate(ada);
  await world.storage.tickets.open(aTicket('ticket'), 20);
  return world;
};

describe('a ticket', () => {
  it('is found by its hash, whole', async () => {
    const { storage } = await withTicket();
    expect(await storage.tickets.find('ticket')).toEqual({ ...aTicket('ticket'), status: 'open' });
    const other = aTicket('other', { replace: true, linkPolicy: 'loopback' });
    await storage.tickets.open(other, 20);
    expect(await storage.tickets.find('other')).toEqual({ ...other, status: 'open' });
    expect(await storage.tickets.find('none')).toBeUndefined();
  });

  it('goes from open to taken to redeemed to its end', async () => {
    const { tickets } = (await withTicket()).storage;
    expect(await tickets.take('ticket', { stateHash: 'state' }, start)).toMatchObject({ status: 'taken' });
    expect(await tickets.redeem('ticket', 'state', start)).toEqual({
      ...aTicket('ticket'),
      status: 'redeemed',
      stateHash: 'state',
    });
    await tickets.connected(ada, 'ticket');
    await tickets.finish('ticket', 'failed');
    expect(await tickets.find('ticket')).toMatchObject({ status: 'connected' });
  });

  it('is declined on the round that its browser is on, and not once it was redeemed', async () => {
    const { tickets } = (await withTicket()).storage;
    await tickets.take('ticket', { stateHash: 'state' }, start);
    expect(await tickets.decline('ticket', undefined)).toBeUndefined();
    expect(await tickets.decline('ticket', 'state')).toMatchObject({ status: 'declined' });
    const other = (await withTicket()).storage.tickets;
    await other.take('ticket', { stateHash: 'state' }, start);
    await other.redeem('ticket', 'state', start);
    expect(await other.decline('ticket', 'state')).toBeUndefined();
    expect(await other.find('ticket')).toMatchObject({ status: 'redeemed' });
  });

  it('is taken for one round only, however many try at once', async () => {
    const { storage, open } = await withTicket();
    const other = await open();
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).tickets.take('ticket', { stateHash: `state ${n}` }, start),
    );
    expect((await Promise.all(tries)).filter((ticket) => ticket !== undefined)).toHaveLength(1);
  });

  it('can be taken again by who knows its round, which is then closed', async () => {
    const { tickets } = (await withTicket()).storage;
    await tickets.take('ticket', { stateHash: 'first' }, start);
    expect(await tickets.take('ticket', { stateHash: 'foreign' }, start)).toBeUndefined();
    expect(await tickets.take('ticket', { stateHash: 'foreign', former: 'other' }, start)).toBeUndefined();
    expect(await tickets.take('ticket', { stateHash: 'second', former: 'first' }, start)).toBeDefined();
    expect(await tickets.redeem('ticket', 'first', start)).toBeUndefined();
    expect(await tickets.redeem('ticket', 'second', start)).toMatchObject({ status: 'redeemed' });
    expect(await tickets.take('ticket', { stateHash: 'third', former: 'second' }, start)).toBeUndefined();
  });

  it('is redeemed exactly once, however many callbacks come at once', async () => {
    const { storage, open } = await withTicket();
    const other = await open();
    await storage.tickets.take('ticket', { stateHash: 'state' }, start);
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).tickets.redeem('ticket', 'state', start),
    );
    expect((await Promise.all(tries)).filter((ticket) => ticket !== undefined)).toHaveLength(1);
  });

  it('is not redeemed by another round, and stays good for its own', async () => {
    const { tickets } = (await withTicket()).storage;
    await tickets.take('ticket', { stateHash: 'state' }, start);
    expect(await tickets.redeem('ticket', 'another', start)).toBeUndefined();
    expect(await tickets.redeem('ticket', 'state', start)).toBeDefined();
  });

  it('can go to Google for one more round after its callback', async () => {
    const { tickets } = (await withTicket()).storage;
    const retake = (stateHash: string, former: string, now = start) =>
      tickets.retake('ticket', { stateHash, former }, now);
    await tickets.take('ticket', { stateHash: 'first' }, start);
    expect(await retake('too early', 'first')).toBeUndefined();
    await tickets.redeem('ticket', 'first', start);
    expect(await retake('too late', 'first', start + 10 * minute)).toBeUndefined();
    expect(await retake('second', 'another')).toBeUndefined();
    expect(await retake('second', 'first')).toMatchObject({ status: 'taken' });
    expect(await retake('third', 'first')).toBeUndefined();
    expect(await tickets.redeem('ticket', 'first', start)).toBeUndefined();
    expect(await tickets.redeem('ticket', 'second', start)).toMatchObject({ stateHash: 'second' });
    expect(await tickets.retake('none', { stateHash: 'fourth', former: 'second' }, start)).toBeUndefined();
  });

  it('is neither taken nor redeemed once it has run out', async () => {
    const { storage } = await withTicket();
    const end = start + 10 * minute;
    expect(await storage.tickets.take('ticket', { stateHash: 'state' }, end)).toBeUndefined();
    await storage.tickets.take('ticket', { stateHash: 'state' }, end - 1);
    expect(await storage.tickets.redeem('ticket', 'state', end)).toBeUndefined();
    expect(await storage.tickets.redeem('ticket', 'state', end - 1)).toBeDefined();
  });
});

describe('the tickets of one account', () => {
  it('are at most as many as allowed, also when many are opened at once; ended ones and other people do not count', async () => {
    const { storage, open } = await aWorld();
    const other = await open();
    await storage.accounts.getOrCreate(ada);
    await storage.accounts.getOrCreate(ben);
    await storage.tickets.open(aTicket('of ben', { key: ben }), 3);
    const opened = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 ? storage : other).tickets.open(aTicket(`${n}`), 3)),
    );
    expect(opened.filter((answer) => answer === 'opened')).toHaveLength(3);
    const first = opened.indexOf('opened');
    await storage.tickets.finish(`${first}`, 'declined');
    expect(await storage.tickets.open(aTicket('in its place'), 3)).toBe('opened');
    expect(await storage.tickets.open(aTicket('too many'), 3)).toBe('too_many');
    const later = { createdAt: start + 10 * minute, expiresAt: start + 20 * minute };
    expect(await storage.tickets.open(aTicket('after the others ran out', later), 3)).toBe('opened');
  });

  it('end together when one is completed, but for those already redeemed, and nobody else is touched', async () => {
    const { storage, raw } = await withTicket();
    const { tickets } = storage;
    await storage.accounts.getOrCreate(ben);
    for (const hash of ['second', 'third']) await tickets.open(aTicket(hash), 20);
    await tickets.open(aTicket('of ben', { key: ben }), 20);
    await tickets.take('second', { stateHash: 'two' }, start);
    await tickets.take('third', { stateHash: 'three' }, start);
    await tickets.redeem('third', 'three', start);
    await tickets.connected(ada, 'ticket');
    const statuses = await raw.all('select hash, status from tickets order by hash');
    expect(statuses.map(({ hash, status }) => [hash, status])).toEqual([
      ['of ben', 'open'],
      ['second', 'void'],
      ['third', 'redeemed'],
      ['ticket', 'connected'],
    ]);
    expect(await tickets.redeem('second', 'two', start)).toBeUndefined();
  });

  it('cannot be opened for somebody without an account', async () => {
    const { storage } = await aWorld();
    expect(await storage.tickets.open(aTicket('ticket'), 20)).toBe('no_account');
  });
});
