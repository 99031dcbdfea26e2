import { describe, expect, it } from 'vitest';
import type { AccountKey } from '../../src/model/account-key.ts';
import { type AuthorizationKey, grantHashOf, type Sealer } from '../../src/storage/index.ts';
import { ada, aGrant, aRecord, aRound, aTicket, aWorld, ben, connect, minute, sealerWith, start } from './support.ts';

const inOtherRealm: AccountKey = { realm: 'google', identifier: ada.identifier };

describe('A page of accounts', () => {
  it('finds nothing of a text that no database holds', async () => {
    const { storage } = await aWorld();
    await connect(storage, ada);
    for (const filter of [{ connections: ['a\0b'] }, { text: 'a\0b' }, { mailbox: 'a\0b' }, { identifier: 'a\0b' }])
      expect(await storage.operations.pageOfAccounts('default', { filter, limit: 10 })).toMatchObject({ accounts: [] });
  });
});

describe('operations over all accounts', () => {
  it('lists accounts, of all realms or of one', async () => {
    const { storage } = await aWorld();
    for (const key of [inOtherRealm, ben, ada]) await storage.accounts.getOrCreate(key);
    const keys = async (filter?: { realm: string }) =>
      (await storage.operations.listAccounts(filter)).map((account) => account.key);
    expect(await keys()).toEqual([ada, ben, inOtherRealm]);
    expect(await keys({ realm: 'google' })).toEqual([inOtherRealm]);
    expect(await keys({ realm: 'none' })).toEqual([]);
  });

  it('counts accounts by status', async () => {
    const { storage } = await aWorld();
    expect(await storage.operations.countsByStatus()).toEqual({ PENDING: 0, ACTIVE: 0, REVOKED: 0 });
    await connect(storage, ada);
    await storage.accounts.getOrCreate(ben);
    expect(await storage.operations.countsByStatus()).toEqual({ PENDING: 1, ACTIVE: 1, REVOKED: 0 });
    // A grant with which nothing can be read is no active account, for the operator as for everybody.
    const at = { accountVersion: start + 1, grantVersion: start + 1 };
    await storage.accounts.setRefusals(ada, at, { mail: { reason: 'no_mailbox', since: start } });
    expect(await storage.operations.countsByStatus()).toEqual({ PENDING: 1, ACTIVE: 0, REVOKED: 1 });
  });

  it('counts the others that hold a grant of the same Google account, through whatever client', async () => {
    const { storage } = await aWorld();
    const siblings = (key: AccountKey) => storage.operations.othersWithGrantOf(aGrant().google.sub, key, start);
    await connect(storage, ada);
    expect(await siblings(ada)).toBe(0);
    await connect(storage, inOtherRealm, aGrant({ clientId: 'another.example' }));
    await connect(storage, ben, aGrant({ google: { sub: 'another', email: 'ben@example.com' } }));
    expect(await siblings(ada)).toBe(1);
    expect(await siblings(ben)).toBe(2);
    await storage.accounts.setState(inOtherRealm, start + 1, { status: 'REVOKED', reason: 'idle_six_months' });
    expect(await siblings(ada)).toBe(0);
  });

  it('sweeps away tickets and downloads a day after they ran out, authorization rounds an hour after, not before', async () => {
    const { storage, raw } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    const download = { key: ada, grantVersion: 1, messageId: 'm', partId: '1', fileName: 'a', mimeType: 'text/plain' };
    for (const [name, expiresAt] of [
      ['old', start],
      ['new', start + 1],
    ] as const) {
      await storage.tickets.open(aTicket(name, { expiresAt }), 20);
      await storage.downloads.add({ ...download, hash: name, size: 1, expiresAt }, 100);
      await storage.authorizationRounds.add(aRound({ stateHash: name, expiresAt }));
    }
    await storage.operations.sweep(start + 60 * minute + 1);
    expect(await raw.values('select hash from tickets order by hash')).toEqual(['new', 'old']);
    expect(await raw.values('select state_hash from authorization_rounds')).toEqual(['new']);
    await storage.operations.sweep(start + 24 * 60 * minute + 1);
    for (const table of ['tickets', 'downloads'])
      expect(await raw.values(`select hash from ${table}`)).toEqual(['new']);
  });

  it('sweeps away what nobody swept for long, more than one statement takes, and nothing else', async () => {
    const { storage, raw } = await aWorld();
    const rows = 12_000;
    const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})`;
    const round = (number: string, until: number) => `
      insert into authorization_rounds (state_hash, realm, browser_hash, nonce, code_verifier, details, created_at, expires_at)
      ${numbers} select ${number}, 'google', 'b', 'n', 'v', 'd', ${start}, ${until} from n`;
    await raw.run(round("'old ' || i", start));
    await raw.run(round("'new ' || i", start + 9 * 60 * minute));
    await raw.run(`
      insert into refresh_tokens_issued (google_account, client_id, issued_at)
      ${numbers} select 'account', 'client', i from n`);
    await storage.operations.sweep(start + 2 * 60 * minute);
    expect(await raw.value('select count(*) from authorization_rounds')).toBe(rows);
    expect(await raw.value("select count(*) from authorization_rounds where state_hash like 'old%'")).toBe(0);
    expect(await raw.value('select count(*) from refresh_tokens_issued')).toBe(0);
  });

  it('sweeps away what the authorization server keeps and browser sessions as soon as they ran out', async () => {
    const { storage, raw } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    for (const expiresAt of [start + minute, start + minute + 1]) {
      await storage.authorizationRecords.put(aRecord({ id: `${expiresAt}`, expiresAt }));
      await storage.browserSessions.add({ hash: `${expiresAt}`, key: ada, createdAt: start, expiresAt });
    }
    await storage.authorizationRecords.put({ model: 'Client', id: 'for good', payload: '{}' });
    await storage.operations.sweep(start + minute);
    const left = (table: string) => raw.values(`select expires_at from ${table} order by expires_at nulls last`);
    expect(await left('authorization_records')).toEqual([start + minute + 1, null]);
    expect(await left('browser_sessions')).toEqual([start + minute + 1]);
  });
});

const signingKey: AuthorizationKey = { id: 'k1', purpose: 'signing', key: 'the signing key', createdAt: start };
const person = (n: number): AccountKey => ({ realm: 'default', identifier: `person ${n}` });

describe('rotating the sealing key', () => {
  it('reaches every sealed column, after which the former key is not needed', async () => {
    const { storage, open, raw } = await aWorld(sealerWith(1));
    await connect(storage, ada);
    await storage.tickets.open(aTicket('ticket'), 20);
    await storage.tickets.take('ticket', { stateHash: 's' }, start);
    await storage.authorizationRecords.put(aRecord());
    await storage.authorizationRecords.put(aRecord({ model: 'Grant', id: 'grant', owner: ada }));
    await storage.authorizationKeys.addUnlessNewer(signingKey, start - 1);
    await storage.authorizationRounds.add(aRound());
    const before = await storage.accounts.find(ada);
    const { operations } = await open(sealerWith(2, 1));
    expect(await operations.reseal(100)).toEqual({ resealed: 6, unreadable: 0, next: undefined });
    expect(await operations.reseal(100)).toEqual({ resealed: 0, unreadable: 0, next: undefined });
    const after = await open(sealerWith(2));
    expect(await after.accounts.readGrant(ada)).toMatchObject({ kind: 'grant', account: before, grant: aGrant() });
    expect(await after.tickets.redeem('ticket', 's', start)).toMatchObject({ status: 'redeemed' });
    expect(await after.authorizationRecords.find('RefreshToken', aRecord().id)).toEqual({ payload: aRecord().payload });
    expect(await after.authorizationRecords.grantIsLive(grantHashOf('grant'), ada)).toBe(true);
    expect(await after.authorizationKeys.list('signing')).toEqual([signingKey]);
    const round = await after.authorizationRounds.find('state');
    expect(round?.details).toBe(aRound().details);
    expect(await round?.redeem(start)).toBe(aRound().codeVerifier);
    expect(await raw.value('select refresh_token_prefix_hmac from accounts')).toBe(
      sealerWith(2).hmac('refresh token prefix', '1//refresh-token'),
    );
  });

  it('can stop after any batch and go on later', async () => {
    const { storage, open } = await aWorld(sealerWith(1));
    for (let n = 0; n < 7; n++) await connect(storage, person(n));
    const { operations } = await open(sealerWith(2, 1));
    const first = await operations.reseal(3);
    const second = await operations.reseal(2, first.next);
    // Another run, which begins anew.
    const third = await operations.reseal(3);
    expect([first, second, third].map(({ resealed }) => resealed)).toEqual([3, 2, 2]);
    expect(third.next).toBeUndefined();
    const after = await open(sealerWith(2));
    for (let n = 0; n < 7; n++) expect(await after.accounts.readGrant(person(n))).toHaveProperty('kind', 'grant');
  });

  it('seals what somebody else wrote meanwhile, and not what was there before', async () => {
    const { storage, open, raw } = await aWorld(sealerWith(1));
    await storage.authorizationRecords.put(aRecord());
    const rowNow = async () => (await raw.all('select payload, mac from authorization_records'))[0] ?? {};
    const put = ({ payload, mac }: Record<string, unknown>) =>
      raw.run('update authorization_records set payload = ?, mac = ?', payload, mac);
    const former = await rowNow();
    await storage.authorizationRecords.put(aRecord({ payload: 'written meanwhile' }));
    const newer = await rowNow();
    await put(former);
    const rotation = sealerWith(2, 1);
    const read = Promise.withResolvers<void>();
    const disturbed: Sealer = {
      ...rotation,
      open: (envelope, place) => {
        read.resolve();
        return rotation.open(envelope, place);
      },
    };
    const rotating = await open(disturbed);
    await raw.run('begin');
    await put(newer);
    const resealed = rotating.operations.reseal(100);
    await read.promise;
    await raw.run('commit');
    expect(await resealed).toEqual({ resealed: 1, unreadable: 0, next: undefined });
    const after = await open(sealerWith(2));
    expect(await after.authorizationRecords.find('RefreshToken', aRecord().id)).toEqual({
      payload: 'written meanwhile',
    });
  });

  it('reports what no key opens, leaves it as it is, and does not stop at it', async () => {
    const { storage, open, raw } = await aWorld(sealerWith(1));
    const lost = await open(sealerWith(9));
    for (let n = 0; n < 4; n++) await connect(n < 2 ? lost : storage, person(n));
    const row = () => raw.value('select access_token from accounts where identifier = ?', 'person 0');
    const before = await row();
    const { operations } = await open(sealerWith(2, 1));
    const first = await operations.reseal(3);
    expect(first).toMatchObject({ resealed: 1, unreadable: 2 });
    expect(await operations.reseal(3, first.next)).toEqual({ resealed: 1, unreadable: 0, next: undefined });
    expect(await operations.reseal(3)).toEqual({ resealed: 0, unreadable: 2, next: undefined });
    expect(await row()).toEqual(before);
  });

  it('makes nothing unreadable while others go on writing, with the former key or the new one', async () => {
    const { storage, open } = await aWorld(sealerWith(1, 2));
    const renewed = await open(sealerWith(2, 1));
    const people = Array.from({ length: 8 }, (_, n) => person(n));
    for (const key of people) await connect(storage, key);

    const write = async (key: AccountKey, round: number): Promise<number> => {
      const { accounts, refreshes } = round % 2 ? storage : renewed;
      const reading = await accounts.readGrant(key);
      if (reading.kind !== 'grant') throw new Error(`${key.identifier} became ${reading.kind}`);
      const refreshToken = round % 3 === 0 ? { refreshToken: `rotated ${round}` } : {};
      const tokens = { accessToken: `${key.identifier}, ${round}`, accessTokenExpiresAt: round, ...refreshToken };
      const at = { ...reading.grant, holder: 'me' };
      await refreshes.takeLease(key, at, minute);
      return (await refreshes.saveRefreshed(key, at, tokens)) === undefined ? 0 : 1;
    };
    const writers = people.map(async (key) => {
      let saved = 0;
      for (let round = 0; round < 30; round++) saved += await write(key, round);
      return saved;
    });
    let resealed = 0;
    const rotator = async () => {
      for (let pass = 0; pass < 30; pass++) resealed += (await renewed.operations.reseal(5)).resealed;
    };
    const [saved] = await Promise.all([Promise.all(writers), rotator()]);
    expect(saved).toEqual(people.map(() => 30));
    expect(resealed).toBeGreaterThan(0);

    for (let next = (await renewed.operations.reseal(5)).next; next !== undefined; )
      ({ next } = await renewed.operations.reseal(5, next));
    const after = await open(sealerWith(2));
    for (const key of people)
      expect(await after.accounts.readGrant(key)).toMatchObject({
        kind: 'grant',
        grant: { accessToken: `${key.identifier}, 29`, refreshToken: 'rotated 27' },
      });
  });
});

describe('a table with more rows than are read at once', () => {
  it('is listed, looked through and sealed anew whole, each row once', async () => {
    const { storage, open, raw } = await aWorld(sealerWith(1));
    await connect(storage, person(1));
    const [row = {}] = await raw.all('select * from accounts');
    const others = 1200;
    const columns = Object.keys(row);
    // Written by somebody else: before the genuine one and behind it.
    const values = columns.map((column) =>
      column === 'identifier' ? "case when n % 2 = 0 then 'a' else 'z' end || n" : column,
    );
    await raw.run(`
      insert into accounts (${columns.join(', ')})
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${others})
      select ${values.join(', ')} from numbers cross join accounts`);
    await connect(storage, { realm: 'another', identifier: 'person 1' });
    await connect(storage, { realm: 'zone', identifier: 'person 1' });

    const { operations } = storage;
    const realms = async (realm?: string) => (await operations.listAccounts({ realm })).map(({ key }) => key.realm);
    expect(await realms()).toEqual(['another', 'default', 'zone']);
    expect(await realms('default')).toEqual(['default']);
    expect(await operations.listAccounts({ most: 2 })).toHaveLength(2);
    const refused = (await operations.refusedRows()).map(({ key }) => key.identifier);
    expect(new Set(refused).size).toBe(others);
    expect(refused).toHaveLength(others);

    const rotating = (await open(sealerWith(2, 1))).operations;
    const steps = [await rotating.reseal(1000)];
    for (let { next } = steps[0] ?? {}; next !== undefined; next = steps.at(-1)?.next)
      steps.push(await rotating.reseal(1000, next));
    const sum = (of: 'resealed' | 'unreadable') => steps.reduce((all, step) => all + step[of], 0);
    expect([sum('resealed'), sum('unreadable')]).toEqual([3, others]);
  });
});

describe('the keys of a database', () => {
  it('are told apart, and what is under those that are not ours is counted', async () => {
    const { open } = await aWorld(sealerWith(1));
    const writing = [sealerWith(1), sealerWith(2), sealerWith(3)];
    for (const [index, sealer] of writing.entries()) {
      const storage = await open(sealer);
      for (let n = 0; n <= index; n++) await connect(storage, person(10 * index + n));
    }
    await expect((await open(sealerWith(2, 1))).demandKey()).rejects.toMatchObject({
      kind: 'wrong_key',
      message: expect.stringMatching(/\b3 accounts\b/),
    });
    await (await open(sealerWith(3, 2, 1))).demandKey();
  });
});

describe('accounts of a client', () => {
  it('are counted no further than asked', async () => {
    const { storage } = await aWorld();
    for (let n = 0; n < 3; n++) await connect(storage, person(n));
    await connect(storage, person(3), aGrant({ clientId: 'another.example' }));
    const { clientId, tokenEndpoint } = aGrant();
    expect(await storage.checks.count({ clientId, tokenEndpoint }, 2)).toBe(2);
    expect(await storage.checks.count({ clientId, tokenEndpoint }, 100)).toBe(3);
  });
});

describe('a named lease', () => {
  it('goes to one holder, who may renew it, and to the next when it has run out or was released', async () => {
    const { storage, open } = await aWorld();
    const other = (await open()).checks;
    const { checks } = storage;
    expect(await checks.takeLease('work', 'a', start, start + minute)).toBe(true);
    expect(await other.takeLease('work', 'b', start, start + minute)).toBe(false);
    expect(await other.takeLease('other work', 'b', start, start + minute)).toBe(true);
    expect(await checks.takeLease('work', 'a', start + 1, start + 1 + minute)).toBe(true);
    expect(await other.takeLease('work', 'b', start + minute, start + 2 * minute)).toBe(false);
    expect(await other.takeLease('work', 'b', start + 1 + minute, start + 2 * minute)).toBe(true);
    await checks.releaseLease('work', 'a');
    expect(await checks.takeLease('work', 'a', start + 1 + minute, start + 2 * minute)).toBe(false);
    await other.releaseLease('work', 'b');
    expect(await checks.takeLease('work', 'a', start + 1 + minute, start + 2 * minute)).toBe(true);
  });

  it('is free where the clock was set back meanwhile', async () => {
    const { storage } = await aWorld();
    await storage.checks.takeLease('work', 'a', start + 60 * minute, start + 61 * minute);
    expect(await storage.checks.takeLease('work', 'b', start, start + minute)).toBe(true);
  });
});
