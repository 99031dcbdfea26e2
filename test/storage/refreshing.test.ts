// The lease of a refresh, the grant that is kept for some minutes, and the count of refresh tokens.
import { describe, expect, it } from 'vitest';
import type { AccountKey } from '../../src/model/account-key.ts';
import { ada, aGrant, aWorld, ben, connect, minute, sealerWith, start } from './support.ts';

const day = 24 * 60 * minute;

describe('the lease of a refresh', () => {
  it('goes to one of twenty that ask, in each of ten rounds', async () => {
    const { storage, open, clock } = await aWorld();
    const other = await open();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    for (let round = 0; round < 10; round++) {
      const takers = Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? storage : other).refreshes.takeLease(ada, { accountVersion, grantVersion, holder: `${n}` }, minute),
      );
      expect((await Promise.all(takers)).filter((taken) => taken)).toHaveLength(1);
      clock.turn(minute);
    }
    expect(await storage.accounts.find(ada)).toMatchObject({ version: accountVersion });
  });

  it('is not given to one that asks a little late, with the time of before', async () => {
    const { storage, clock } = await aWorld();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    const take = (holder: string) => storage.refreshes.takeLease(ada, { accountVersion, grantVersion, holder }, minute);
    expect(await take('first')).toBe(true);
    clock.turn(-5_000);
    expect(await take('second')).toBe(false);
    clock.turn(-60 * minute);
    expect(await take('third')).toBe(true);
  });

  it('lasts its whole time from when it was given, however long it was waited for', async () => {
    const { storage, clock, raw } = await aWorld();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    await raw.run('begin; update accounts set last_used_at = 1');
    const taken = storage.refreshes.takeLease(ada, { accountVersion, grantVersion, holder: 'me' }, minute);
    // Those before it in the event loop have run, and found the database locked.
    await new Promise((resolve) => setImmediate(resolve));
    clock.turn(20_000);
    await raw.run('commit');
    expect(await taken).toBe(true);
    expect(await raw.value('select lease_until from accounts')).toBe(clock.now() + minute);
  });

  it('is not given for a version that is no longer there, nor for another person', async () => {
    const { storage } = await aWorld();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    const { refreshes } = storage;
    const at = { accountVersion, grantVersion, holder: 'me' };
    expect(await refreshes.takeLease(ada, { ...at, accountVersion: accountVersion - 1 }, minute)).toBe(false);
    expect(await refreshes.takeLease(ada, { ...at, grantVersion: grantVersion - 1 }, minute)).toBe(false);
    expect(await refreshes.takeLease(ben, at, minute)).toBe(false);
  });

  it('is released by its holder only', async () => {
    const { storage } = await aWorld();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    const take = (holder: string) => storage.refreshes.takeLease(ada, { accountVersion, grantVersion, holder }, minute);
    expect(await take('first')).toBe(true);
    await storage.refreshes.releaseLease(ada, 'second');
    expect(await take('second')).toBe(false);
    await storage.refreshes.releaseLease(ada, 'first');
    expect(await take('second')).toBe(true);
    const tokens = { accessToken: 'late', accessTokenExpiresAt: 1 };
    const late = { accountVersion, grantVersion, holder: 'first' };
    expect(await storage.refreshes.saveRefreshed(ada, late, tokens)).toBeUndefined();
    expect(await storage.refreshes.endGrant(ada, late, { reason: 'idle_six_months', retain: false })).toBeUndefined();
  });
});

describe('the retained grant of a REVOKED account', () => {
  const ended = async (retain: boolean) => {
    const world = await aWorld();
    const { version: accountVersion, grantVersion } = await connect(world.storage, ada);
    const at = { accountVersion, grantVersion, holder: 'me' };
    const { refreshes } = world.storage;
    await refreshes.takeLease(ada, at, minute);
    const end = { reason: 'idle_six_months', evidence: { unusedSince: 7 }, retain } as const;
    const account = await refreshes.endGrant(ada, at, end);
    if (account === undefined) throw new Error('somebody else wrote first');
    return { ...world, account };
  };

  const tokens = { accessToken: 'new access token', accessTokenExpiresAt: start + 70 * minute };
  const reinstate = async ({ storage, account }: Pick<Awaited<ReturnType<typeof ended>>, 'storage' | 'account'>) => {
    const at = { accountVersion: account.version, grantVersion: account.grantVersion, holder: 'reviver' };
    if (!(await storage.refreshes.takeLease(ada, at, minute))) throw new Error('somebody else has the lease');
    return () => storage.refreshes.reinstate(ada, at, tokens);
  };

  it('serves nobody, and makes the account active again with the tokens that Google gave for it', async () => {
    const { storage, account } = await ended(true);
    expect(account.state).toEqual({ status: 'REVOKED', reason: 'idle_six_months', evidence: { unusedSince: 7 } });
    expect(await storage.accounts.readGrant(ada)).toEqual({ kind: 'none', account });
    const of = { clientId: aGrant().clientId, tokenEndpoint: aGrant().tokenEndpoint };
    expect(await storage.tokenEndpoint.refused(of, 'REVOKED', { size: 10 })).toEqual([ada]);
    expect(await storage.refreshes.readRetained(ada)).toMatchObject({ account, grant: aGrant() });
    const save = await reinstate({ storage, account });
    expect(await save()).toMatchObject({ state: { status: 'ACTIVE' } });
    expect(await storage.accounts.readGrant(ada)).toMatchObject({ kind: 'grant', grant: { ...aGrant(), ...tokens } });
    expect(await storage.refreshes.readRetained(ada)).toBeUndefined();
  });

  it('survives a rotation of the sealing key', async () => {
    const { open } = await ended(true);
    const renewed = await open(sealerWith(2, 1));
    expect((await renewed.operations.reseal(10)).next).toBeUndefined();
    const after = await open(sealerWith(2));
    expect(await after.refreshes.readRetained(ada)).toMatchObject({ grant: aGrant() });
  });

  it('cannot be brought back where it is erased meanwhile, or somebody connected', async () => {
    for (const happen of ['sweep', 'connect'] as const) {
      const { storage, clock, account } = await ended(true);
      const save = await reinstate({ storage, account });
      clock.turn(day);
      if (happen === 'sweep') await storage.operations.sweep(clock.now());
      else await connect(storage, ada);
      const before = await storage.accounts.find(ada);
      expect(await save()).toBeUndefined();
      expect(await storage.accounts.find(ada)).toEqual(before);
    }
  });

  it('is erased at once where its end is explained', async () => {
    const { storage } = await ended(false);
    expect(await storage.refreshes.readRetained(ada)).toBeUndefined();
  });
});

describe('the standing of the token endpoint', () => {
  const of = { clientId: aGrant().clientId, tokenEndpoint: aGrant().tokenEndpoint };
  const person = (n: number): AccountKey => ({ realm: 'default', identifier: `${n}` });
  const google = (n: number, hostedDomain?: string) => ({
    google: { sub: `sub-${n}`, email: `${n}@example.com`, ...(hostedDomain === undefined ? {} : { hostedDomain }) },
  });

  it('counts Google accounts and hosted domains of one client that were refused since it last accepted somebody', async () => {
    const { storage, clock, open } = await aWorld();
    for (const n of [0, 1, 2]) await connect(storage, person(n), aGrant(google(n)));
    for (const n of [3, 4]) await connect(storage, person(n), aGrant(google(n, 'company.example')));
    await connect(storage, person(5), aGrant({ ...google(5), clientId: 'another' }));
    await connect(storage, person(6), aGrant(google(0)));
    clock.turn(minute);
    for (const n of [0, 1, 3, 4, 5, 6]) {
      const grantVersion = (await storage.accounts.find(person(n)))?.grantVersion ?? 0;
      expect(await storage.tokenEndpoint.noteRefused(person(n), grantVersion - 1, clock.now())).toBeUndefined();
      expect(await storage.tokenEndpoint.noteRefused(person(n), grantVersion, clock.now())).toBe(start + minute);
      expect(await storage.tokenEndpoint.noteRefused(person(n), grantVersion, clock.now() + 1)).toBe(start + minute);
    }
    const other = await open();
    const refused = { googleAccounts: 4, parties: 3, since: start + minute, acceptedAt: start };
    expect(await other.tokenEndpoint.standing(of)).toEqual(refused);
    expect(await storage.tokenEndpoint.refused(of, 'ACTIVE', { size: 3 })).toEqual([0, 1, 3].map(person));
    await other.tokenEndpoint.noteAnswer(of, 'code_refused', clock.now());
    expect(await storage.tokenEndpoint.standing(of)).toEqual({ ...refused, codeRefusedAt: start + minute });
    await other.tokenEndpoint.noteAnswer(of, 'accepted', clock.now());
    expect(await storage.tokenEndpoint.standing(of)).toMatchObject({ googleAccounts: 0, parties: 0 });
  });

  it('chooses accounts to probe: those accepted last come first, and none of the same hosted domain', async () => {
    const { storage, clock } = await aWorld();
    for (const n of [0, 1, 2]) {
      await connect(storage, person(n), aGrant(google(n)));
      clock.turn(minute);
    }
    await connect(storage, person(3), aGrant(google(3, 'company.example')));
    const { grantVersion = 0 } = (await storage.accounts.find(person(1))) ?? {};
    await storage.tokenEndpoint.noteRefused(person(1), grantVersion, clock.now());
    const others = async (than: { sub: string; hostedDomain?: string }) =>
      (await storage.tokenEndpoint.others(of, than, 3)).map(({ sub }) => sub);
    expect(await others({ sub: 'sub-9', hostedDomain: 'company.example' })).toEqual(['sub-2', 'sub-0', 'sub-1']);
    expect(await others({ sub: 'sub-2' })).toEqual(['sub-3', 'sub-0', 'sub-1']);
  });
});

describe('the count of refresh tokens', () => {
  const sub = aGrant().google.sub;

  it('is kept per Google account and client, and shown by every account that uses them', async () => {
    const { storage, raw } = await aWorld();
    const { refreshTokenCount } = storage;
    await connect(storage, ada);
    expect(await refreshTokenCount.issued(sub, 'client.example', start)).toBe(1);
    expect(await refreshTokenCount.issued(sub, 'client.example', start + 1)).toBe(2);
    expect(await refreshTokenCount.issued(sub, 'another client', start)).toBe(1);
    expect(await refreshTokenCount.issued('another sub', 'client.example', start)).toBe(1);
    expect(await refreshTokenCount.issuedSince(sub, 'client.example', start)).toBe(1);
    expect(await storage.accounts.find(ada)).toMatchObject({ refreshTokensIssued: 2 });
    expect(await connect(storage, ben)).toMatchObject({ refreshTokensIssued: 2 });
    expect((await storage.operations.manyRefreshTokens(2)).map(({ key }) => key)).toEqual([ada, ben]);
    expect(await storage.operations.manyRefreshTokens(3)).toEqual([]);
    expect(JSON.stringify(await raw.all('select * from refresh_tokens_issued'))).not.toContain(sub);
  });

  it('goes on after a rotation, as long as the former key is kept', async () => {
    const { storage, open } = await aWorld(sealerWith(1));
    await storage.refreshTokenCount.issued(sub, 'client.example', start);
    const after = await open(sealerWith(2, 1));
    expect(await after.refreshTokenCount.issued(sub, 'client.example', start)).toBe(2);
  });

  it('of accounts that are here goes on after a rotation without the former key too', async () => {
    const { storage, open } = await aWorld(sealerWith(1));
    await connect(storage, ada);
    await storage.refreshTokenCount.issued(sub, 'client.example', start);
    const rotating = await open(sealerWith(2, 1));
    await rotating.operations.reseal(100);
    await rotating.refreshTokenCount.renew();
    const after = await open(sealerWith(2));
    expect(await after.refreshTokenCount.issued(sub, 'client.example', start)).toBe(2);
  });

  it('forgets tokens that died unused after six months, but not one that is in use', async () => {
    const { storage, clock, raw } = await aWorld();
    await connect(storage, ada);
    for (let n = 0; n < 5; n++) await storage.refreshTokenCount.issued(sub, 'client.example', start);
    clock.turn(184 * day);
    await storage.operations.sweep(clock.now());
    expect(await raw.value('select count(*) from refresh_tokens_issued')).toBe(0);
    expect(await storage.refreshTokenCount.issued(sub, 'client.example', clock.now())).toBe(2);
  });
});
