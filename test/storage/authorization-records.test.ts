import { describe, expect, it } from 'vitest';
import { grantHashOf } from '../../src/storage/index.ts';
import { ada, aRecord, aRound, aWorld, ben, contentsOf, minute, sealerWith, start, type World } from './support.ts';

const { model, id, payload } = aRecord();

const withPeople = async (): Promise<World> => {
  const world = await aWorld();
  for (const key of [ada, ben]) await world.storage.accounts.getOrCreate(key);
  return world;
};

describe('a record of the authorization server', () => {
  it('is found by its id within its model, until it expires or is removed', async () => {
    const { storage, clock } = await aWorld();
    const records = storage.authorizationRecords;
    expect(await records.put(aRecord())).toBe(true);
    expect(await records.find(model, id)).toEqual({ payload });
    expect(await records.find('AuthorizationCode', id)).toBeUndefined();
    expect(await records.find(model, 'another')).toBeUndefined();
    clock.turn(10 * minute - 1);
    expect(await records.find(model, id)).toEqual({ payload });
    clock.turn(1);
    expect(await records.find(model, id)).toBeUndefined();
    await records.put(aRecord({ expiresAt: start + 60 * minute }));
    expect(await records.find(model, id)).toEqual({ payload });
    await records.remove('AuthorizationCode', id);
    expect(await records.find(model, id)).toEqual({ payload });
    await records.remove(model, id);
    expect(await records.find(model, id)).toBeUndefined();
  });

  it('stays for good when it has no expiry', async () => {
    const { storage, clock } = await aWorld();
    await storage.authorizationRecords.put({ model: 'Client', id: 'client', payload: '{}' });
    clock.turn(10 * 365 * 24 * 60 * minute);
    expect(await storage.authorizationRecords.find('Client', 'client')).toEqual({ payload: '{}' });
    expect(await storage.authorizationRecords.count('Client')).toBe(1);
  });

  it('is found by its uid too, within its model', async () => {
    const { storage, clock } = await aWorld();
    const records = storage.authorizationRecords;
    await records.put(aRecord({ model: 'Interaction', uid: 'uid' }));
    expect(await records.findByUid('Interaction', 'uid')).toEqual({ payload });
    expect(await records.findByUid('Session', 'uid')).toBeUndefined();
    expect(await records.findByUid('Interaction', id)).toBeUndefined();
    expect(await records.find('Interaction', 'uid')).toBeUndefined();
    clock.turn(10 * minute);
    expect(await records.findByUid('Interaction', 'uid')).toBeUndefined();
  });

  it('can be replaced, and stays consumed', async () => {
    const { storage, clock, raw } = await aWorld();
    const records = storage.authorizationRecords;
    await records.put(aRecord({ uid: 'first', grantId: 'first grant' }));
    await records.consume(model, id);
    clock.turn(minute);
    await records.put(aRecord({ payload: '{"second":true}', uid: 'second', expiresAt: start + 20 * minute }));
    expect(await records.find(model, id)).toEqual({ payload: '{"second":true}', consumedAt: start });
    expect(await records.findByUid(model, 'first')).toBeUndefined();
    expect(await records.findByUid(model, 'second')).toMatchObject({ payload: '{"second":true}' });
    await records.removeGrant('first grant');
    expect(await raw.all('select created_at, expires_at from authorization_records')).toEqual([
      { created_at: start, expires_at: start + 20 * minute },
    ]);
  });

  it('is consumed exactly once, however many try at once', async () => {
    const { storage, open, clock } = await aWorld();
    const other = await open();
    await storage.authorizationRecords.put(aRecord());
    const tries = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).authorizationRecords.consume(model, id),
    );
    expect((await Promise.all(tries)).filter((won) => won)).toHaveLength(1);
    expect(await other.authorizationRecords.find(model, id)).toEqual({ payload, consumedAt: start });
    clock.turn(minute);
    expect(await storage.authorizationRecords.consume(model, id)).toBe(false);
    expect(await storage.authorizationRecords.find(model, id)).toEqual({ payload, consumedAt: start });
  });

  it('is not consumed once it expired or was removed', async () => {
    const { storage, clock } = await aWorld();
    await storage.authorizationRecords.put(aRecord());
    clock.turn(10 * minute);
    expect(await storage.authorizationRecords.consume(model, id)).toBe(false);
    expect(await storage.authorizationRecords.consume(model, 'never there')).toBe(false);
  });

  it('is counted with the others of its model that have not expired', async () => {
    const { storage, clock } = await aWorld();
    const records = storage.authorizationRecords;
    await records.put(aRecord());
    await records.put(aRecord({ id: 'second', expiresAt: start + minute }));
    await records.put(aRecord({ model: 'Client' }));
    expect(await records.count(model)).toBe(2);
    clock.turn(minute);
    expect(await records.count(model)).toBe(1);
    expect(await records.count('Grant')).toBe(0);
  });
});

describe('a full store', () => {
  it('makes room by removing the record without owner that expires first, and none that stays longer', async () => {
    const { storage, clock } = await withPeople();
    const records = storage.authorizationRecords;
    await records.put(aRecord({ id: 'over', expiresAt: start }));
    await records.put(aRecord({ id: 'of ada', owner: ada, expiresAt: start + 1 }));
    await records.put(aRecord({ id: 'of another kind', model: 'Client', expiresAt: start + 1 }));
    await records.put(aRecord({ id: 'second', expiresAt: start + 2 * minute }));
    await records.put(aRecord({ id: 'first', expiresAt: start + minute }));
    await records.put(aRecord({ id: 'long', expiresAt: start + 3 * minute }));
    await records.put(aRecord({ id: 'for ever' }));
    const left = async () => {
      const found = await Promise.all(
        ['of ada', 'first', 'second', 'long', 'for ever'].map(async (name) => [name, await records.find(model, name)]),
      );
      return found.filter(([, record]) => record !== undefined).map(([name]) => name);
    };
    expect(clock.now()).toBe(start);
    expect(await records.makeRoom(model, start + 2 * minute)).toBe(true);
    expect(await left()).toEqual(['of ada', 'second', 'long', 'for ever']);
    expect(await records.makeRoom(model, start + 2 * minute)).toBe(true);
    expect(await records.makeRoom(model, start + 2 * minute)).toBe(false);
    expect(await left()).toEqual(['of ada', 'long', 'for ever']);
    expect(await records.find('Client', 'of another kind')).toBeDefined();
  });
});

describe('a record that belongs to somebody', () => {
  it('is not kept for an account that does not exist, and what was there stays as it was', async () => {
    const { storage } = await aWorld();
    const records = storage.authorizationRecords;
    expect(await records.put(aRecord({ owner: ada }))).toBe(false);
    expect(await records.find(model, id)).toBeUndefined();
    await records.put(aRecord());
    expect(await records.put(aRecord({ owner: ada, payload: '{"changed":true}' }))).toBe(false);
    expect(await records.find(model, id)).toEqual({ payload });
  });

  it('may have been nobody’s before, and goes with its account', async () => {
    const { storage } = await withPeople();
    const records = storage.authorizationRecords;
    await records.put(aRecord());
    expect(await records.put(aRecord({ owner: ada, payload: '{"of":"ada"}' }))).toBe(true);
    expect(await records.find(model, id)).toEqual({ payload: '{"of":"ada"}' });
    await records.put(aRecord({ id: 'of ben', owner: ben }));
    await records.put(aRecord({ id: 'of nobody' }));
    await storage.accounts.remove(ada);
    expect(await records.find(model, id)).toBeUndefined();
    expect(await records.find(model, 'of ben')).toEqual({ payload });
    expect(await records.find(model, 'of nobody')).toEqual({ payload });
  });

  it('goes with all of theirs where the account stays', async () => {
    const { storage } = await withPeople();
    const records = storage.authorizationRecords;
    for (const owner of [ada, ben]) await records.put(aRecord({ id: `of ${owner.identifier}`, owner }));
    await records.put(aRecord({ id: 'of nobody' }));
    await records.removeOf(ada);
    expect(await records.find(model, `of ${ada.identifier}`)).toBeUndefined();
    expect(await records.find(model, `of ${ben.identifier}`)).toEqual({ payload });
    expect(await records.find(model, 'of nobody')).toEqual({ payload });
  });

  it('is never left behind by a deletion that comes at the same time', async () => {
    const { storage, open, raw } = await aWorld();
    const other = await open();
    for (let round = 0; round < 10; round++) {
      await storage.accounts.getOrCreate(ada);
      const put = (n: number) =>
        (n % 2 ? storage : other).authorizationRecords.put(aRecord({ id: `${n}`, owner: ada }));
      await Promise.all([put(1), put(2), storage.accounts.remove(ada), put(3), put(4)]);
      expect(await raw.value('select count(*) from authorization_records')).toBe(0);
    }
  });
});

describe('a grant', () => {
  const grant = aRecord({ model: 'Grant', id: 'the-grant', owner: ada });
  const underGrant = { grantId: 'the-grant', owner: ada };

  it('is live for its account alone, until it expires', async () => {
    const { storage, clock } = await withPeople();
    const live = (grantId: string, key = ada) => storage.authorizationRecords.grantIsLive(grantHashOf(grantId), key);
    expect(await live('the-grant')).toBe(false);
    await storage.authorizationRecords.put(grant);
    expect(await live('the-grant')).toBe(true);
    expect(await live('the-grant', ben)).toBe(false);
    expect(await live('another')).toBe(false);
    expect(await storage.authorizationRecords.grantIsLive('the-grant', ada)).toBe(false);
    clock.turn(10 * minute);
    expect(await live('the-grant')).toBe(false);
  });

  it('is live only with a record of its own and an owner', async () => {
    const { storage } = await withPeople();
    await storage.authorizationRecords.put(aRecord(underGrant));
    expect(await storage.authorizationRecords.grantIsLive(grantHashOf('the-grant'), ada)).toBe(false);
    await storage.authorizationRecords.put({ model: 'Grant', id: 'the-grant', payload: '{}' });
    expect(await storage.authorizationRecords.grantIsLive(grantHashOf('the-grant'), ada)).toBe(false);
  });

  it('is removed with everything that was made under it, and with nothing else', async () => {
    const { storage } = await withPeople();
    const records = storage.authorizationRecords;
    await records.put(grant);
    await records.put(aRecord(underGrant));
    await records.put(aRecord({ model: 'AuthorizationCode', ...underGrant }));
    await records.put(aRecord({ id: 'of another', grantId: 'another', owner: ada }));
    await records.removeGrant('the-grant');
    expect(await records.grantIsLive(grantHashOf('the-grant'), ada)).toBe(false);
    expect(await records.find(model, id)).toBeUndefined();
    expect(await records.find('AuthorizationCode', id)).toBeUndefined();
    expect(await records.find(model, 'of another')).toEqual({ payload });
  });
});

describe('a copied or altered database', () => {
  it('holds nothing that could be used: no id, no uid, no payload, no key, no verifier', async () => {
    const { storage, raw, location } = await withPeople();
    const secrets = ['id-secret', 'uid-secret', 'grant-secret', 'payload-secret', 'signing-secret', 'verifier-secret'];
    await storage.authorizationRecords.put({
      ...{ model: 'RefreshToken', id: 'id-secret', uid: 'uid-secret', grantId: 'grant-secret', owner: ada },
      payload: '{"secret":"payload-secret"}',
    });
    await storage.authorizationRecords.put(aRecord({ model: 'Grant', id: 'grant-secret', payload: '"grant-secret"' }));
    const key = { id: 'kid', purpose: 'signing', key: 'signing-secret', createdAt: start } as const;
    await storage.authorizationKeys.addUnlessNewer(key, start - 1);
    await storage.authorizationRounds.add(aRound({ codeVerifier: 'verifier-secret' }));
    await storage.browserSessions.add({ hash: 'hash', key: ada, createdAt: start, expiresAt: start + minute });

    const tables = ['authorization_records', 'authorization_keys', 'authorization_rounds', 'browser_sessions'];
    for (const table of tables) expect(await raw.all(`select * from ${table}`), table).not.toEqual([]);
    const contents = await contentsOf({ location, raw });
    expect(contents).toContain(ada.identifier);
    for (const secret of secrets) expect(contents.includes(secret), secret).toBe(false);
  });

  it('does not let a hash be used as the id', async () => {
    const { storage, raw } = await aWorld();
    await storage.authorizationRecords.put(aRecord({ uid: id }));
    const [row = {}] = await raw.all('select id_hash, uid_hash from authorization_records');
    const hashes = Object.values(row).map(String);
    expect(new Set(hashes).size).toBe(2);
    for (const hash of hashes) {
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(await storage.authorizationRecords.find(model, hash)).toBeUndefined();
      expect(await storage.authorizationRecords.findByUid(model, hash)).toBeUndefined();
      expect(await storage.authorizationRecords.consume(model, hash)).toBe(false);
    }
  });

  it('does not open a record that was given to somebody else', async () => {
    const { storage, raw } = await withPeople();
    const records = storage.authorizationRecords;
    await records.put(aRecord({ model: 'Grant', id: 'of ada', owner: ada }));
    await raw.run(
      'update authorization_records set identifier = ? where identifier = ?',
      ben.identifier,
      ada.identifier,
    );
    expect(await records.find('Grant', 'of ada')).toBeUndefined();
    expect(await records.grantIsLive(grantHashOf('of ada'), ben)).toBe(false);
  });

  it('does not open a payload that was copied from another record of the same person', async () => {
    const { storage, raw } = await withPeople();
    await storage.authorizationRecords.put(aRecord({ owner: ada }));
    await storage.authorizationRecords.put(aRecord({ model: 'Grant', id: 'grant', owner: ada }));
    const payloadOf = '(select payload from authorization_records where model = ?)';
    await raw.run(`update authorization_records set payload = ${payloadOf} where model = ?`, 'Grant', model);
    expect(await storage.authorizationRecords.find(model, id)).toBeUndefined();
    expect(await storage.authorizationRecords.find('Grant', 'grant')).toEqual({ payload });
  });

  it('is of no use with another sealing key, under which a record can be made anew', async () => {
    const { storage, open } = await aWorld();
    await storage.authorizationRecords.put(aRecord());
    const withOtherKey = await open(sealerWith(9));
    expect(await withOtherKey.authorizationRecords.find(model, id)).toBeUndefined();
    expect(await withOtherKey.authorizationRecords.put(aRecord())).toBe(true);
    expect(await withOtherKey.authorizationRecords.find(model, id)).toEqual({ payload });
  });
});
