import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountKey, accountKeyText, identifierSchema } from '../../src/model/account-key.ts';
import { capabilityStates } from '../../src/model/capability.ts';
import { engine } from '../support/database.ts';
import { ada, aGrant, aRecord, aTicket, aWorld, ben, connect, minute, sealerWith, start } from './support.ts';

describe('an account', () => {
  it('begins as never connected, however many ask for it at once', async () => {
    const { storage, open, raw } = await aWorld();
    const other = await open();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? storage : other).accounts.getOrCreate(ada)),
    );
    expect(new Set(made.map((account) => JSON.stringify(account))).size).toBe(1);
    expect(made[0]).toEqual({
      key: ada,
      state: { status: 'PENDING', reason: 'never_connected' },
      stateSince: start,
      createdAt: start,
      pins: {},
      version: start,
      grantVersion: start,
      grantedScopes: [],
      asked: [],
      extraCapabilities: [],
      refusals: {},
      capabilities: capabilityStates([], {}),
    });
    expect(await raw.value('select count(*) from accounts')).toBe(1);
  });

  it('becomes active with its grant, which can be read back whole', async () => {
    const { storage, clock } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    clock.turn(minute);
    const account = await connect(storage, ada, aGrant({ refreshTokenExpiresAt: start + 7 }));
    expect(account).toMatchObject({
      state: { status: 'ACTIVE' },
      stateSince: start + minute,
      connectedAt: start + minute,
      version: start + 1,
      grantVersion: start + 1,
      google: aGrant().google,
      grantedScopes: aGrant().grantedScopes,
    });
    expect(await storage.accounts.readGrant(ada)).toEqual({
      kind: 'grant',
      account,
      grant: {
        ...aGrant({ refreshTokenExpiresAt: start + 7 }),
        accountVersion: start + 1,
        grantVersion: start + 1,
        grantedAt: start + minute,
        refreshedAt: start + minute,
        refusals: {},
      },
    });
  });

  it('keeps what a refresh brought and leaves the rest of the grant alone', async () => {
    const { storage, clock } = await aWorld();
    await connect(storage, ada);
    clock.turn(minute);
    const at = { accountVersion: start + 1, grantVersion: start + 1, holder: 'me' };
    await storage.refreshes.takeLease(ada, at, minute);
    const account = await storage.refreshes.saveRefreshed(ada, at, { accessToken: 'newer', accessTokenExpiresAt: 5 });
    expect(account).toMatchObject({ version: start + 2, grantVersion: start + 1, stateSince: start });
    expect(await storage.accounts.readGrant(ada)).toMatchObject({
      grant: {
        ...aGrant(),
        accessToken: 'newer',
        accessTokenExpiresAt: 5,
        refreshedAt: start + minute,
        grantedAt: start,
      },
    });
    await storage.refreshes.takeLease(ada, { ...at, accountVersion: start + 2 }, minute);
    await storage.refreshes.saveRefreshed(
      ada,
      { ...at, accountVersion: start + 2 },
      { accessToken: 'newest', accessTokenExpiresAt: 6, refreshToken: 'rotated', grantedScopes: ['openid'] },
    );
    expect(await storage.accounts.readGrant(ada)).toMatchObject({
      account: { grantedScopes: ['openid'] },
      grant: { accessToken: 'newest', refreshToken: 'rotated', requestedScopes: aGrant().requestedScopes },
    });
  });

  it('forgets the former grant whole when a new one replaces it', async () => {
    const { storage } = await aWorld();
    await connect(storage, ada, aGrant({ refreshTokenExpiresAt: 9 }));
    const { refreshToken: _, ...withoutRefreshToken } = aGrant({ accessToken: 'second' });
    await connect(storage, ada, withoutRefreshToken);
    const reading = await storage.accounts.readGrant(ada);
    expect(reading).toMatchObject({ kind: 'grant', grant: { accessToken: 'second', grantVersion: start + 2 } });
    expect(reading).toHaveProperty('grant.refreshToken', undefined);
    expect(reading).toHaveProperty('grant.refreshTokenExpiresAt', undefined);
  });

  it.each([
    { status: 'PENDING', reason: 'awaiting_verification' },
    { status: 'PENDING', reason: 'disconnected' },
    { status: 'REVOKED', reason: 'idle_six_months' },
  ] as const)('loses every trace of its tokens when it becomes $status ($reason)', async (state) => {
    const { storage, raw, clock } = await aWorld();
    const { version } = await connect(storage, ada);
    clock.turn(minute);
    const account = await storage.accounts.setState(ada, version, state);
    expect(account).toMatchObject({ state, stateSince: start + minute, grantedScopes: [] });
    expect(await storage.accounts.readGrant(ada)).toEqual({ kind: 'none', account });
    expect((await raw.all('select * from accounts'))[0]).toMatchObject({
      access_token: null,
      refresh_token: null,
      refresh_token_prefix_hmac: null,
      refresh_token_double_sha512: null,
    });
  });

  it('remembers whose mailbox it was when access ended, but not after the person disconnected it', async () => {
    const { storage } = await aWorld();
    const { version } = await connect(storage, ada);
    const revoked = await storage.accounts.setState(ada, version, { status: 'REVOKED', reason: 'session_policy' });
    expect(revoked).toHaveProperty('google', aGrant().google);
    const disconnected = { status: 'PENDING', reason: 'disconnected' } as const;
    expect(await storage.accounts.setState(ada, version + 1, disconnected)).toHaveProperty('google', undefined);
  });

  it('cannot be called active without a grant', async () => {
    const { storage } = await aWorld();
    const { version } = await storage.accounts.getOrCreate(ada);
    await expect(storage.accounts.setState(ada, version, { status: 'ACTIVE' })).rejects.toThrow(/check/i);
  });

  it('remembers since when a state holds, also when it is set again', async () => {
    const { storage, clock } = await aWorld();
    const { version } = await storage.accounts.getOrCreate(ada);
    clock.turn(minute);
    const state = { status: 'PENDING', reason: 'consent_declined' } as const;
    await storage.accounts.setState(ada, version, state);
    clock.turn(minute);
    expect(await storage.accounts.setState(ada, version + 1, state)).toMatchObject({ stateSince: start + minute });
  });

  it('takes pins, all at once', async () => {
    const { storage } = await aWorld();
    const { version } = await storage.accounts.getOrCreate(ada);
    await storage.accounts.setPins(ada, version, { expectedEmail: 'ada@example.com', expectedDomain: 'example.com' });
    const account = await storage.accounts.setPins(ada, version + 1, { expectedSub: '42' });
    expect(account?.pins).toEqual({ expectedSub: '42' });
  });

  it('notes its last use at most once a minute, without disturbing anybody who is about to write', async () => {
    const { storage } = await aWorld();
    const { version } = await storage.accounts.getOrCreate(ada);
    await storage.accounts.markUsed(ada, start);
    await storage.accounts.markUsed(ada, start + minute - 1);
    expect(await storage.accounts.find(ada)).toMatchObject({ lastUsedAt: start, version });
    await storage.accounts.markUsed(ada, start + minute);
    expect(await storage.accounts.find(ada)).toMatchObject({ lastUsedAt: start + minute, version });
    await storage.accounts.markUsed(ben, start);
    expect(await storage.accounts.find(ben)).toBeUndefined();
  });

  it('leaves no row in any table when it is removed, and others lose nothing', async () => {
    const { storage, raw } = await aWorld();
    const service = { id: 'service', kind: 'service', realm: ada.realm, secretHash: 'hash' } as const;
    await storage.apiKeys.add({ ...service, unverifiedLinks: false, createdAt: start });
    for (const key of [ada, ben]) {
      const name = key.identifier;
      await connect(storage, key);
      await storage.tickets.open(aTicket(`ticket of ${name}`, { key }), 20);
      await storage.apiKeys.add({
        ...{ id: `key of ${name}`, kind: 'user', secretHash: 'hash', unverifiedLinks: false, createdAt: start },
        ...key,
      });
      const session = { id: `session of ${name}`, secretHash: 'hash', key, apiKeyId: `key of ${name}` };
      await storage.sessions.add({ ...session, createdAt: start, expiresAt: start + minute });
      const download = {
        ...{ hash: `download of ${name}`, key, grantVersion: 1, messageId: 'm', partId: '1', fileName: 'a.txt' },
        ...{ mimeType: 'text/plain', size: 1, expiresAt: start + minute },
      };
      await storage.downloads.add(download, 100);
      await storage.authorizationRecords.put(aRecord({ id: `record of ${name}`, owner: key }));
      const browserSession = { hash: `browser of ${name}`, key, createdAt: start, expiresAt: start + minute };
      await storage.browserSessions.add(browserSession);
      const request = { hash: `request of ${name}`, apiKeyId: 'service', bodyHash: 'b', holder: 'h', now: start };
      const times = { leaseUntil: start + minute, expiresAt: start + minute };
      await storage.idempotencyKeys.begin({ ...request, ...times });
      await storage.idempotencyKeys.finish({ ...request, ...times }, { status: 201, contentType: null, body: '' }, key);
    }
    expect(await storage.accounts.remove(ada)).toBe(true);
    expect(await storage.accounts.remove(ada)).toBe(false);
    const tables: string[] = [];
    for (const table of await raw.tables())
      if ((await raw.columns(table)).some(({ name }) => name === 'identifier')) tables.push(table);
    const known = ['accounts', 'api_keys', 'tickets', 'downloads', 'sessions'];
    expect(tables).toEqual(expect.arrayContaining([...known, 'authorization_records', 'browser_sessions']));
    for (const table of tables) {
      const left = await raw.values(`select identifier from ${table} where identifier is not null`);
      expect(left, table).not.toContain(ada.identifier);
      // These two are empty: nobody waits for a confirmation, and no endpoint for an event.
      if (table !== 'pending_grants' && table !== 'webhook_deliveries') expect(left, table).toEqual([ben.identifier]);
    }
  });
});

describe('optimistic locking of an account', () => {
  it('lets one of twenty writers win that read the same version', async () => {
    const { storage, open } = await aWorld();
    const other = await open();
    let { version } = await connect(storage, ada);
    for (let round = 0; round < 10; round++) {
      const writers = Array.from({ length: 20 }, (_, n) => {
        const { accounts } = n % 2 ? storage : other;
        if (n % 3 === 0) return accounts.setPins(ada, version, { expectedSub: `${n}` });
        if (n % 3 === 1) return accounts.saveGrant(ada, version, aGrant({ accessToken: `${n}` }));
        return accounts.setPins(ada, version, {});
      });
      const winners = (await Promise.all(writers)).filter((account) => account !== undefined);
      expect(winners).toHaveLength(1);
      version += 1;
      expect(await storage.accounts.find(ada)).toEqual(winners[0]);
    }
  });

  it('keeps a late refresh from overwriting a newer grant', async () => {
    const { storage } = await aWorld();
    const before = await connect(storage, ada);
    await storage.refreshes.takeLease(
      ada,
      { accountVersion: before.version, grantVersion: before.grantVersion, holder: 'me' },
      minute,
    );
    await connect(storage, ada, aGrant({ accessToken: 'newer grant' }));
    const stale = { accessToken: 'stale', accessTokenExpiresAt: 1 };
    const { accounts, refreshes } = storage;
    for (const accountVersion of [before.version, before.version + 1])
      expect(
        await refreshes.saveRefreshed(ada, { accountVersion, grantVersion: before.grantVersion, holder: 'me' }, stale),
      ).toBeUndefined();
    expect(await accounts.setState(ada, before.version, { status: 'REVOKED', reason: 'admin_policy' })).toBeUndefined();
    expect(await accounts.readGrant(ada)).toMatchObject({ kind: 'grant', grant: { accessToken: 'newer grant' } });
  });

  it('keeps a late write from bringing back an account that was removed', async () => {
    const { storage } = await aWorld();
    const { version } = await connect(storage, ada);
    await storage.accounts.remove(ada);
    expect(await storage.accounts.saveGrant(ada, version, aGrant())).toBeUndefined();
    expect(await storage.accounts.readGrant(ada)).toEqual({ kind: 'none', account: undefined });
  });
});

describe('the identifiers of a refresh token in Google’s RISC events', () => {
  it('are stored with every new refresh token: a keyed hash of 16 characters, and the double SHA-512', async () => {
    const { storage, raw } = await aWorld();
    const sha512 = (data: string | Buffer) => createHash('sha512').update(data).digest();
    const identifiers = async () =>
      (
        await raw.all('select refresh_token_prefix_hmac as prefix, refresh_token_double_sha512 as double from accounts')
      )[0];
    const expected = (token: string) => ({
      prefix: sealerWith(1).hmac('refresh token prefix', token.slice(0, 16)),
      double: sha512(sha512(token)).toString('base64'),
    });
    await connect(storage, ada);
    expect(await identifiers()).toEqual(expected('1//refresh-token-of-this-grant'));
    const tokens = { accessToken: 'a', accessTokenExpiresAt: 1, refreshToken: '1//another-refresh-token' };
    const at = { accountVersion: start + 1, grantVersion: start + 1, holder: 'me' };
    await storage.refreshes.takeLease(ada, at, minute);
    await storage.refreshes.saveRefreshed(ada, at, tokens);
    expect(await identifiers()).toEqual(expected('1//another-refresh-token'));
    expect(JSON.stringify(await raw.all('select * from accounts'))).not.toContain('1//another-refre');
  });
});

describe('account keys', () => {
  it('stay apart, whatever characters realms and identifiers have', async () => {
    const { storage, raw } = await aWorld();
    const odd = fc.constantFrom(
      'İ',
      'ı',
      'ß',
      'ss',
      'ſ',
      's',
      'S',
      "'",
      '"',
      '%',
      '_',
      '\\',
      '\u200b',
      '😀',
      'é',
      '/',
      '.',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      fc.array(odd, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }),
      fc.constant('😀'.repeat(256)),
    );
    const identifier = text.filter((candidate) => identifierSchema.safeParse(candidate).success);
    const key: fc.Arbitrary<AccountKey> = fc.record({
      realm: fc.constantFrom('default', 'google', 'local'),
      identifier,
    });
    const keys = fc.uniqueArray(key, { selector: accountKeyText, minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(keys, async (people) => {
        await raw.run('delete from accounts');
        for (const person of people)
          await connect(storage, person, aGrant({ accessToken: `token of ${accountKeyText(person)}` }));
        for (const person of people)
          expect(await storage.accounts.readGrant(person)).toMatchObject({
            kind: 'grant',
            account: { key: person },
            grant: { accessToken: `token of ${accountKeyText(person)}` },
          });
        expect(await storage.operations.listAccounts()).toHaveLength(people.length);
        expect(await storage.accounts.remove(people[0] ?? ada)).toBe(true);
        expect(await storage.operations.listAccounts()).toHaveLength(people.length - 1);
      }),
      { numRuns: engine === 'postgres' ? 12 : 60 },
    );
  });
});
