import { describe, expect, it } from 'vitest';
import { ada, aTicket, aWorld, ben, minute, start, type World } from './support.ts';

const browser = (name: string, state = `state of ${name}`) => ({
  browserHash: name,
  stateHash: state,
  nonce: `nonce of ${state}`,
  codeVerifier: `verifier of ${state}`,
});

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
    const { storage, raw } = await withTicket();
    const { tickets } = storage;
    expect(await tickets.take('ticket', browser('firefox'), start)).toMatchObject({ status: 'taken' });
    expect(await tickets.findByState('state of firefox')).toMatchObject({ hash: 'ticket', status: 'taken' });
    expect(String(raw.prepare('select code_verifier from tickets').pluck().get())).toMatch(/^v2\./);
    expect(await tickets.redeem('state of firefox', 'firefox', start)).toEqual({
      ...aTicket('ticket'),
      status: 'redeemed',
      nonce: 'nonce of state of firefox',
      codeVerifier: 'verifier of state of firefox',
      askedAgain: false,
    });
    expect(raw.prepare('select code_verifier from tickets').pluck().get()).toBeNull();
    await tickets.finish('ticket', 'connected');
    await tickets.finish('ticket', 'failed');
    expect(await tickets.find('ticket')).toMatchObject({ status: 'connected' });
  });

  it('is taken by one browser only, however many try at once', async () => {
    const { storage, open } = await withTicket();
    const other = await open();
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).tickets.take('ticket', browser(`browser ${n}`), start),
    );
    expect((await Promise.all(tries)).filter((ticket) => ticket !== undefined)).toHaveLength(1);
  });

  it('can be taken again by the same browser, whose former way to Google is then closed', async () => {
    const { storage } = await withTicket();
    const { tickets } = storage;
    await tickets.take('ticket', browser('firefox', 'first'), start);
    expect(await tickets.take('ticket', browser('safari', 'foreign'), start)).toBeUndefined();
    expect(await tickets.take('ticket', browser('firefox', 'second'), start)).toMatchObject({ status: 'taken' });
    expect(await tickets.redeem('first', 'firefox', start)).toBeUndefined();
    expect(await tickets.redeem('second', 'firefox', start)).toMatchObject({ codeVerifier: 'verifier of second' });
    expect(await tickets.take('ticket', browser('firefox', 'third'), start)).toBeUndefined();
  });

  it('is redeemed exactly once, however many callbacks come at once', async () => {
    const { storage, open } = await withTicket();
    const other = await open();
    await storage.tickets.take('ticket', browser('firefox'), start);
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).tickets.redeem('state of firefox', 'firefox', start),
    );
    expect((await Promise.all(tries)).filter((ticket) => ticket !== undefined)).toHaveLength(1);
  });

  it('is not redeemed by another browser, and stays good for its own', async () => {
    const { storage } = await withTicket();
    await storage.tickets.take('ticket', browser('firefox'), start);
    expect(await storage.tickets.redeem('state of firefox', 'safari', start)).toBeUndefined();
    expect(await storage.tickets.redeem('state of firefox', 'firefox', start)).toBeDefined();
  });

  it('can go to Google for a second round after its callback, in the same browser, and only once', async () => {
    const { storage } = await withTicket();
    const { tickets } = storage;
    const round = (state: string) => ({
      stateHash: state,
      nonce: `nonce of ${state}`,
      codeVerifier: `verifier of ${state}`,
    });
    await tickets.take('ticket', browser('firefox', 'first'), start);
    expect(await tickets.retake('ticket', round('too early'), start)).toBeUndefined();
    await tickets.redeem('first', 'firefox', start);
    expect(await tickets.retake('ticket', round('too late'), start + 10 * minute)).toBeUndefined();
    expect(await tickets.retake('ticket', round('second'), start)).toMatchObject({ status: 'taken' });
    expect(await tickets.redeem('first', 'firefox', start)).toBeUndefined();
    expect(await tickets.redeem('second', 'safari', start)).toBeUndefined();
    expect(await tickets.redeem('second', 'firefox', start)).toMatchObject({
      codeVerifier: 'verifier of second',
      askedAgain: true,
    });
    expect(await tickets.retake('ticket', round('third'), start)).toBeUndefined();
    expect(await tickets.retake('none', round('fourth'), start)).toBeUndefined();
  });

  it('is neither taken nor redeemed once it has run out', async () => {
    const { storage } = await withTicket();
    const end = start + 10 * minute;
    expect(await storage.tickets.take('ticket', browser('firefox'), end)).toBeUndefined();
    await storage.tickets.take('ticket', browser('firefox'), end - 1);
    expect(await storage.tickets.redeem('state of firefox', 'firefox', end)).toBeUndefined();
    expect(await storage.tickets.redeem('state of firefox', 'firefox', end - 1)).toBeDefined();
  });

  it('does not give out a verifier that was copied from another ticket', async () => {
    const { storage, raw } = await withTicket();
    await storage.tickets.open(aTicket('other'), 20);
    await storage.tickets.take('ticket', browser('firefox', 'one'), start);
    await storage.tickets.take('other', browser('firefox', 'two'), start);
    raw.exec("update tickets set code_verifier = (select code_verifier from tickets where hash = 'other')");
    expect(await storage.tickets.redeem('one', 'firefox', start)).toBeUndefined();
    expect(await storage.tickets.redeem('two', 'firefox', start)).toBeDefined();
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
    await tickets.take('second', browser('firefox', 'two'), start);
    await tickets.take('third', browser('firefox', 'three'), start);
    await tickets.redeem('three', 'firefox', start);
    await tickets.voidOthers(ada, 'ticket');
    const statuses = raw.prepare('select hash, status, code_verifier from tickets order by hash').raw().all();
    expect(statuses).toEqual([
      ['of ben', 'open', null],
      ['second', 'void', null],
      ['third', 'redeemed', null],
      ['ticket', 'open', null],
    ]);
    expect(await tickets.redeem('two', 'firefox', start)).toBeUndefined();
  });

  it('cannot be opened for somebody without an account', async () => {
    const { storage } = await aWorld();
    await expect(storage.tickets.open(aTicket('ticket'), 20)).rejects.toThrow('FOREIGN KEY');
  });
});
