import { describe, expect, it } from 'vitest';
import type { Storage } from '../../src/storage/index.ts';
import { ada, aRound, aWorld, ben, minute, sealerWith, start } from './support.ts';

const redeem = async ({ authorizationRounds }: Storage, state: string, now: number) =>
  (await authorizationRounds.find(state))?.redeem(now);

describe('an authorization round', () => {
  it('is found by its state, also after it was redeemed, and without its code verifier', async () => {
    const { storage } = await aWorld();
    const { authorizationRounds: rounds } = storage;
    await rounds.add(aRound());
    await rounds.add(aRound({ stateHash: 'other', realm: 'company', details: '{}' }));
    const { codeVerifier, ...known } = aRound();
    expect(await rounds.find('state')).toEqual({ ...known, redeem: expect.any(Function) });
    expect(await rounds.find('none')).toBeUndefined();
    expect(await redeem(storage, 'state', start)).toBe(codeVerifier);
    expect(await rounds.find('state')).toMatchObject(known);
    expect(await rounds.find('other')).toMatchObject({ realm: 'company', details: '{}' });
  });

  it('is redeemed exactly once, however many callbacks come at once, and its code verifier is erased by that', async () => {
    const { storage, open, raw } = await aWorld();
    const other = await open();
    await storage.authorizationRounds.add(aRound());
    const sealed = () => raw.value('select code_verifier from authorization_rounds');
    expect(String(await sealed())).toMatch(/^v2\./);
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? storage : other).authorizationRounds.find('state')),
    );
    const verifiers = await Promise.all(found.map((round) => round?.redeem(start)));
    expect(verifiers.filter((verifier) => verifier !== undefined)).toEqual([aRound().codeVerifier]);
    expect(await sealed()).toBeNull();
    expect(await redeem(storage, 'state', start)).toBeUndefined();
  });

  it('is not redeemed once it ran out', async () => {
    const { storage } = await aWorld();
    await storage.authorizationRounds.add(aRound());
    expect(await redeem(storage, 'state', start + 10 * minute)).toBeUndefined();
    expect(await redeem(storage, 'state', start + 10 * minute - 1)).toBe(aRound().codeVerifier);
  });

  it('is unknown once its browser was sent anew', async () => {
    const { storage } = await aWorld();
    await storage.authorizationRounds.add(aRound());
    const former = await storage.authorizationRounds.find('state');
    await storage.authorizationRounds.remove('state');
    expect(await storage.authorizationRounds.find('state')).toBeUndefined();
    expect(await former?.redeem(start)).toBeUndefined();
  });

  it('is forgotten an hour after it ran out, when the next one begins', async () => {
    const { storage } = await aWorld();
    const { authorizationRounds: rounds } = storage;
    await rounds.add(aRound());
    const later = { createdAt: start + 70 * minute, expiresAt: start + 80 * minute };
    await rounds.add(aRound({ ...later, stateHash: 'second' }));
    expect(await rounds.find('state')).toBeDefined();
    await rounds.add(aRound({ ...later, createdAt: later.createdAt + 1, stateHash: 'third' }));
    expect(await rounds.find('state')).toBeUndefined();
    expect(await rounds.find('second')).toBeDefined();
  });

  it.each([
    ['realm', 'other'],
    ['browser_hash', 'safari'],
    ['nonce', 'other'],
    ['state_hash', 'other'],
  ])('cannot be altered in the file: it does not open with another %s', async (column, value) => {
    const { storage, raw } = await aWorld();
    await storage.authorizationRounds.add(aRound());
    await raw.run(`update authorization_rounds set ${column} = ?`, value);
    expect(await storage.authorizationRounds.find(column === 'state_hash' ? value : 'state')).toBeUndefined();
  });

  it('does not give out a code verifier that was copied from another round', async () => {
    const { storage, raw } = await aWorld();
    await storage.authorizationRounds.add(aRound({ stateHash: 'one' }));
    await storage.authorizationRounds.add(aRound({ stateHash: 'two' }));
    await raw.run(
      "update authorization_rounds set code_verifier = (select code_verifier from authorization_rounds where state_hash = 'two')",
    );
    expect(await redeem(storage, 'one', start)).toBeUndefined();
    expect(await redeem(storage, 'two', start)).toBe(aRound().codeVerifier);
  });

  it('is unknown where the sealing key does not open it', async () => {
    const { storage, open } = await aWorld();
    await storage.authorizationRounds.add(aRound());
    expect(await (await open(sealerWith(9))).authorizationRounds.find('state')).toBeUndefined();
  });
});

describe('a signed-in browser', () => {
  const session = { hash: 'session', key: ada, createdAt: start, expiresAt: start + 10 * minute };

  it('is known until its time is over', async () => {
    const { storage } = await aWorld();
    const { browserSessions: sessions } = storage;
    await storage.accounts.getOrCreate(ada);
    expect(await sessions.add(session)).toBe(true);
    expect(await sessions.find('session', start + 10 * minute - 1)).toEqual(session);
    expect(await sessions.find('session', start + 10 * minute)).toBeUndefined();
  });

  it('is deleted with its account', async () => {
    const { storage } = await aWorld();
    const { browserSessions: sessions } = storage;
    expect(await sessions.add(session)).toBe(false);
    for (const key of [ada, ben]) {
      await storage.accounts.getOrCreate(key);
      await sessions.add({ ...session, hash: `of ${key.identifier}`, key });
    }
    await storage.accounts.remove(ada);
    expect(await sessions.find(`of ${ada.identifier}`, start)).toBeUndefined();
    expect(await sessions.find(`of ${ben.identifier}`, start)).toMatchObject({ key: ben });
  });
});
