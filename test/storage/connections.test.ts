// Connections: OAuth clients beside the environment's, and which accounts get them.
import { describe, expect, it } from 'vitest';
import { ada, aWorld, connect, sealerWith, start } from './support.ts';

const acme = {
  name: 'acme',
  clientId: 'client of acme',
  secret: 'secret of acme',
  kind: 'web',
  createdAt: start,
} as const;
const other = { ...acme, name: 'other', clientId: 'client of other' };
const person = (realm: string) => ({ realm, identifier: 'somebody' });

describe('A connection', () => {
  it('keeps its secret sealed for its client, and says nothing of it otherwise', async () => {
    const { storage, raw } = await aWorld();
    expect(await storage.connections.add({ ...acme, capabilities: ['mail'] })).toBe('added');
    const found = await storage.connections.find('acme');
    expect(found).toMatchObject({ clientId: 'client of acme', kind: 'web', capabilities: ['mail'] });
    expect(found?.openSecret()).toBe('secret of acme');
    expect(JSON.stringify(await raw.all('select * from connections'))).not.toContain('secret of acme');
  });

  it('has a name and a client of its own', async () => {
    const { connections } = (await aWorld()).storage;
    await connections.add(acme);
    expect(await connections.add({ ...other, name: 'acme' })).toBe('name_taken');
    expect(await connections.add({ ...acme, name: 'other' })).toBe('client_taken');
    expect(await connections.replace(other)).toBe('unknown');
    expect(await connections.replace({ ...acme, clientId: 'another client' })).toBe('other_client');
    expect((await connections.list()).map(({ name }) => name)).toEqual(['acme']);
  });

  it('gets another secret, another version and other capabilities, which its accounts follow', async () => {
    const { storage } = await aWorld();
    const { connections, accounts } = storage;
    await connections.add(acme);
    await accounts.getOrCreate(ada, {}, 'acme');
    await connect(storage, ada);
    const before = await connections.find('acme');
    expect(await connections.replace({ ...acme, secret: 'newer', capabilities: ['contacts'] })).toBe('replaced');
    const found = await connections.find('acme');
    expect(found?.openSecret()).toBe('newer');
    expect(found?.version).not.toBe(before?.version);
    expect(await accounts.find(ada)).toMatchObject({
      connection: 'acme',
      allowed: ['contacts'],
      capabilities: { mail: { status: 'not_granted', reason: 'not_allowed_by_connection' } },
    });
    await connections.replace(acme);
    expect(await accounts.find(ada)).toMatchObject({ capabilities: { mail: { status: 'ready' } } });
  });

  it('is not removed while an account, a key or a realm names it', async () => {
    const { connections, accounts, apiKeys } = (await aWorld()).storage;
    await connections.add(acme);
    await accounts.getOrCreate(ada, {}, 'acme');
    const key = { id: 'k', kind: 'service', realm: 'default', secretHash: 'hash', unverifiedLinks: false } as const;
    await apiKeys.add({ ...key, connection: 'acme', createdAt: start });
    await connections.setDefault('acme', 'customers');
    expect(await connections.remove('acme')).toEqual({ accounts: 1, apiKeys: 1, realms: ['customers'] });
    await accounts.remove(ada);
    await apiKeys.revoke('k', start);
    await connections.setDefault('default', 'customers');
    expect(await connections.remove('acme')).toBe('removed');
    expect(await connections.remove('acme')).toBe('unknown');
  });

  it('gets no key once it is gone: whoever comes first, removing it or making the key, the other is refused', async () => {
    const { connections, apiKeys } = (await aWorld()).storage;
    const key = { id: 'k', kind: 'service', realm: 'default', secretHash: 'hash', unverifiedLinks: false } as const;
    await expect(apiKeys.add({ ...key, connection: 'acme', createdAt: start })).rejects.toThrow('no connection acme');
    expect(await apiKeys.list()).toEqual([]);
    await apiKeys.add({ ...key, connection: 'default', createdAt: start });
    expect(await apiKeys.find('k')).toMatchObject({ connection: 'default' });
    for (let round = 0; round < 5; round++) {
      await connections.add(acme);
      const id = `k${round}`;
      const made = apiKeys.add({ ...key, id, connection: 'acme', createdAt: start }).then(
        () => 'made',
        () => 'refused',
      );
      const removed = connections.remove('acme');
      expect([await made, await removed]).toEqual(
        (await apiKeys.find(id)) ? ['made', expect.objectContaining({ apiKeys: 1 })] : ['refused', 'removed'],
      );
      await apiKeys.revoke(id, start);
      await connections.remove('acme');
    }
  });

  it('counts who uses the environment’s client under its name', async () => {
    const { connections, accounts } = (await aWorld()).storage;
    await connections.add(acme);
    await accounts.getOrCreate(ada, {}, 'acme');
    await accounts.getOrCreate(person('default'));
    expect(await connections.use('default')).toEqual({ accounts: 1, apiKeys: 0, realms: [] });
  });

  it('is sealed anew with a new key', async () => {
    const { storage, raw, open } = await aWorld();
    await storage.connections.add(acme);
    const { operations } = await open(sealerWith(2, 1));
    expect(await operations.reseal(10)).toMatchObject({ unreadable: 0, next: undefined });
    const after = await open(sealerWith(2));
    expect((await after.connections.find('acme'))?.openSecret()).toBe('secret of acme');
    expect(await raw.value('select count(*) from connections')).toBe(1);
  });

  it('is missed where the sealing key is another one', async () => {
    const { storage, open } = await aWorld();
    await storage.connections.add(acme);
    await expect((await open(sealerWith(9))).demandKey()).rejects.toMatchObject({ kind: 'wrong_key' });
  });
});

describe('A new account', () => {
  it('has the connection that is named, else its realm’s, else everybody’s, else the environment’s client', async () => {
    const { connections, accounts } = (await aWorld()).storage;
    const connectionOf = async (realm: string, named?: string) =>
      (await accounts.getOrCreate(person(realm), {}, named)).connection;
    await connections.add(acme);
    await connections.add(other);
    expect(await connectionOf('one')).toBeUndefined();
    expect(await connectionOf('two', 'acme')).toBe('acme');
    await connections.setDefault('acme', 'three');
    expect(await connectionOf('three')).toBe('acme');
    await connections.setDefault('other');
    expect(await connectionOf('four')).toBe('other');
    await connections.setDefault('default', 'five');
    expect(await connectionOf('five')).toBeUndefined();
    expect(await connectionOf('three')).toBe('acme');
    expect(await connections.setDefault('nobody')).toBe('unknown');
  });

  it('of somebody who signs in with Google here has the environment’s client, whatever the default is', async () => {
    const { connections, accounts } = (await aWorld()).storage;
    await connections.add(acme);
    await connections.setDefault('acme');
    expect((await accounts.getOrCreate(person('google'))).connection).toBeUndefined();
  });

  it('keeps its connection, whoever asks for it later', async () => {
    const { connections, accounts } = (await aWorld()).storage;
    await connections.add(acme);
    await accounts.getOrCreate(ada);
    expect((await accounts.getOrCreate(ada, {}, 'acme')).connection).toBeUndefined();
  });

  it('is not made with a connection that is not there, or that somebody else wrote', async () => {
    const { storage, raw } = await aWorld();
    const { connections, accounts } = storage;
    await expect(accounts.getOrCreate(ada, {}, 'acme')).rejects.toMatchObject({ kind: 'row_refused' });
    await connections.add(acme);
    await raw.run("update connections set client_id = 'of the attacker'");
    await expect(accounts.getOrCreate(ada, {}, 'acme')).rejects.toMatchObject({ kind: 'row_refused' });
    expect(await accounts.find(ada)).toBeUndefined();
  });
});
