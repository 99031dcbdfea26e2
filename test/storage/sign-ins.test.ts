import { describe, expect, it } from 'vitest';
import { ada, aSignIn, aWorld, ben, minute, sealerWith, start } from './support.ts';

describe('a browser on its way to sign in', () => {
  it('is found by its state, also after it came back or ran out', async () => {
    const { storage } = await aWorld();
    await storage.signIns.add(aSignIn());
    await storage.signIns.add(aSignIn({ stateHash: 'other', realm: 'company', details: '{}' }));
    expect(await storage.signIns.find('state')).toEqual(aSignIn());
    expect(await storage.signIns.find('none')).toBeUndefined();
    expect(await storage.signIns.redeem('state', 'firefox', start)).toEqual(aSignIn());
    expect(await storage.signIns.find('state')).toEqual(aSignIn());
    expect(await storage.signIns.find('other')).toMatchObject({ realm: 'company', details: '{}' });
  });

  it('comes back exactly once, however many callbacks come at once', async () => {
    const { storage, open } = await aWorld();
    const other = await open();
    await storage.signIns.add(aSignIn());
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).signIns.redeem('state', 'firefox', start),
    );
    expect((await Promise.all(tries)).filter((signIn) => signIn !== undefined)).toEqual([aSignIn()]);
    expect(await storage.signIns.redeem('state', 'firefox', start)).toBeUndefined();
  });

  it('does not come back as another browser, and stays good for its own', async () => {
    const { storage } = await aWorld();
    await storage.signIns.add(aSignIn());
    expect(await storage.signIns.redeem('state', 'safari', start)).toBeUndefined();
    expect(await storage.signIns.redeem('state', 'firefox', start)).toEqual(aSignIn());
  });

  it('does not come back once it ran out', async () => {
    const { storage } = await aWorld();
    await storage.signIns.add(aSignIn());
    expect(await storage.signIns.redeem('state', 'firefox', start + 10 * minute)).toBeUndefined();
    expect(await storage.signIns.redeem('state', 'firefox', start + 10 * minute - 1)).toEqual(aSignIn());
  });

  it('is forgotten an hour after it ran out, when the next one begins', async () => {
    const { storage } = await aWorld();
    await storage.signIns.add(aSignIn());
    const later = { createdAt: start + 70 * minute, expiresAt: start + 80 * minute };
    await storage.signIns.add(aSignIn({ ...later, stateHash: 'second' }));
    expect(await storage.signIns.find('state')).toBeDefined();
    await storage.signIns.add(aSignIn({ ...later, createdAt: later.createdAt + 1, stateHash: 'third' }));
    expect(await storage.signIns.find('state')).toBeUndefined();
    expect(await storage.signIns.find('second')).toBeDefined();
  });

  it.each([
    ['realm', 'other'],
    ['browser_hash', 'safari'],
    ['nonce', 'other'],
    ['state_hash', 'other'],
  ])('cannot be altered in the file: its details do not open with another %s', async (column, value) => {
    const { storage, raw } = await aWorld();
    await storage.signIns.add(aSignIn());
    raw.prepare(`update sign_ins set ${column} = ?`).run(value);
    const state = column === 'state_hash' ? value : 'state';
    const browser = column === 'browser_hash' ? value : 'firefox';
    expect(await storage.signIns.find(state)).toBeUndefined();
    expect(await storage.signIns.redeem(state, browser, start)).toBeUndefined();
  });

  it('is unknown where the sealing key does not open it', async () => {
    const { storage, open } = await aWorld();
    await storage.signIns.add(aSignIn());
    expect(await (await open(sealerWith(9))).signIns.find('state')).toBeUndefined();
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

  it('is nobody without an account, and is forgotten with it', async () => {
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
