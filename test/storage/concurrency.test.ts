// Several processes on one database at the same moment: each of them is a storage of its own, with connections of its own.
import { describe, expect, it } from 'vitest';
import type { AccountKey } from '../../src/model/account-key.ts';
import type { Storage } from '../../src/storage/index.ts';
import { ada, aGrant, aRecord, aRound, aTicket, aWorld, ben, connect, minute, start, type World } from './support.ts';
import { endpoint, secret, takeEvents, typesOf } from './webhooks/support.ts';

const times = { createdAt: start, expiresAt: start + 10 * minute };
const rounds = 12;

interface Processes extends World {
  readonly processes: readonly Storage[];
  /** What each of them is asked at once, in turn. */
  readonly all: <R>(many: number, ask: (storage: Storage, n: number) => Promise<R>) => Promise<R[]>;
}

const someProcesses = async (): Promise<Processes> => {
  const world = await aWorld();
  const processes = [world.storage, await world.open(), await world.open()] as const;
  const all: Processes['all'] = (many, ask) =>
    Promise.all(Array.from({ length: many }, (_, n) => ask(processes[n % 3] ?? world.storage, n)));
  return { ...world, processes, all };
};

const person = (n: number): AccountKey => ({ realm: 'default', identifier: `person ${n}` });

describe('Of many processes', () => {
  it('no more open links together than an account may have', async () => {
    const { storage, all } = await someProcesses();
    await storage.accounts.getOrCreate(ada);
    const opened = await all(15, ({ tickets }, n) => tickets.open(aTicket(`ticket ${n}`), 4));
    expect(opened.filter((result) => result === 'opened')).toHaveLength(4);
  });

  it('one redeems a ticket, a round, a record, a download, and one gets a lease', async () => {
    const { storage, all } = await someProcesses();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    await storage.tickets.open(aTicket('ticket'), 4);
    await storage.tickets.take('ticket', { stateHash: 'state' }, start);
    await storage.authorizationRounds.add(aRound());
    await storage.authorizationRecords.put(aRecord({ owner: ada }));
    const file = { grantVersion, messageId: 'm', partId: '1', fileName: 'a', mimeType: 'text/plain', size: 1 };
    await storage.downloads.add({ hash: 'download', key: ada, ...file, expiresAt: times.expiresAt }, 100);
    const succeed: Record<string, (process: Storage, n: number) => Promise<unknown>> = {
      ticket: ({ tickets }) => tickets.redeem('ticket', 'state', start),
      round: async ({ authorizationRounds }) => (await authorizationRounds.find('state'))?.redeem(start),
      record: ({ authorizationRecords }) => authorizationRecords.consume(aRecord().model, aRecord().id),
      download: ({ downloads }) => downloads.claim('download', start, start + minute),
      refresh: ({ refreshes }, n) => refreshes.takeLease(ada, { accountVersion, grantVersion, holder: `${n}` }, minute),
      work: ({ checks }, n) => checks.takeLease('work', `${n}`, start, start + minute),
      key: async ({ authorizationKeys }, n) => {
        const key = { id: `${n}`, purpose: 'signing', key: 'key', createdAt: start } as const;
        return (await authorizationKeys.addUnlessNewer(key, start - 1))[0]?.id === `${n}`;
      },
      request: async ({ idempotencyKeys }, n) => {
        const request = { hash: 'request', apiKeyId: 'service', bodyHash: 'body', holder: `${n}`, now: start };
        return (await idempotencyKeys.begin({ ...request, leaseUntil: start + minute, ...times })).kind === 'begun';
      },
    };
    const service = { id: 'service', kind: 'service', realm: 'default', secretHash: 'hash' } as const;
    await storage.apiKeys.add({ ...service, unverifiedLinks: false, createdAt: start });
    for (const [what, ask] of Object.entries(succeed)) {
      const got = await all(12, ask);
      expect(
        got.filter((result) => result !== undefined && result !== false),
        what,
      ).toHaveLength(1);
    }
  });

  it('one confirms a pending grant or refuses it, and whose grant was refused does not have it', async () => {
    const { storage, processes, all } = await someProcesses();
    const [, other = storage] = processes;
    for (let n = 0; n < rounds; n++) {
      const key = person(n);
      const { version } = await storage.accounts.getOrCreate(key);
      const pending = { hash: `${n}`, key, ticketHash: 'ticket', apiKeyId: 'service', ...times };
      await storage.pendingGrants.add({ ...pending, grant: aGrant(), emailVerified: true });
      const [confirmed, refused] = await Promise.all([
        storage.pendingGrants.confirm(`${n}`, version, aGrant(), start),
        other.pendingGrants.refuse(`${n}`),
      ]);
      const { kind } = await storage.accounts.readGrant(key);
      expect([typeof confirmed, kind, refused], `round ${n}`).toEqual(
        refused ? ['string', 'none', true] : ['object', 'grant', false],
      );
    }
    await all(1, async () => {});
  });

  it('none fails because an account is deleted meanwhile, and nothing is left of it', async () => {
    const { storage, all, raw } = await someProcesses();
    const service = { id: 'service', kind: 'service', realm: 'default', secretHash: 'hash' } as const;
    await storage.apiKeys.add({ ...service, unverifiedLinks: false, createdAt: start });
    await storage.webhookEndpoints.add(endpoint, secret, 10);
    const file = { grantVersion: 1, messageId: 'm', partId: '1', fileName: 'a', mimeType: 'text/plain', size: 1 };
    const writes: ((storage: Storage, n: string) => Promise<unknown>)[] = [
      ({ accounts }) => accounts.remove(ada),
      ({ tickets }, n) => tickets.open(aTicket(`ticket ${n}`), 1000),
      ({ sessions }, n) => sessions.add({ id: n, secretHash: 'hash', key: ada, apiKeyId: 'service', ...times }),
      ({ browserSessions }, n) => browserSessions.add({ hash: n, key: ada, ...times }),
      ({ downloads }, n) => downloads.add({ hash: n, key: ada, ...file, expiresAt: times.expiresAt }, 100),
      ({ pendingGrants }, n) =>
        pendingGrants.add({
          ...{ hash: n, key: ada, ticketHash: 'ticket', apiKeyId: 'service', ...times },
          ...{ grant: aGrant(), emailVerified: true },
        }),
      ({ authorizationRecords }, n) => authorizationRecords.put(aRecord({ id: n, owner: ada })),
      async ({ idempotencyKeys }, n) => {
        const request = { hash: n, apiKeyId: 'service', bodyHash: 'body', holder: n, now: start };
        await idempotencyKeys.begin({ ...request, leaseUntil: start + minute, ...times });
        const answer = { status: 201, contentType: null, body: '' };
        await idempotencyKeys.finish({ ...request, leaseUntil: start + minute, ...times }, answer, ada);
      },
    ];
    for (let round = 0; round < rounds; round++) {
      await storage.accounts.getOrCreate(ada);
      await all(2 * writes.length, async (process, n) => writes[n % writes.length]?.(process, `${round} ${n}`));
    }
    await storage.accounts.remove(ada);
    for (const table of await raw.tables()) {
      const isOfAccounts = (await raw.columns(table)).some(({ name }) => name === 'identifier');
      if (!isOfAccounts || table === 'webhook_deliveries') continue;
      expect(await raw.value(`select count(*) from ${table} where identifier = ?`, ada.identifier), table).toBe(0);
    }
  });

  it('each gets an account that is asked for, also while others delete it', async () => {
    const { all } = await someProcesses();
    for (let round = 0; round < rounds; round++)
      await all(12, async ({ accounts }, n) => {
        if (n % 4 === 3) await accounts.remove(ada);
        else expect(await accounts.getOrCreate(ada)).toMatchObject({ key: ada });
      });
  });

  it('none makes an account with a connection that another one removed', async () => {
    const { storage, all } = await someProcesses();
    const acme = { clientId: 'client', secret: 'secret', kind: 'web', createdAt: start } as const;
    for (let n = 0; n < rounds; n++) {
      const name = `acme-${n}`;
      await storage.connections.add({ ...acme, name, clientId: name });
      const [made, , removed] = await all<unknown>(3, ({ accounts, connections }, which) =>
        which === 2
          ? connections.remove(name)
          : accounts.getOrCreate({ realm: 'shop', identifier: `${n} ${which}` }, {}, name).catch((error) => error.kind),
      );
      const isThere = (await storage.connections.find(name)) !== undefined;
      expect(isThere, `round ${n}`).toBe(removed !== 'removed');
      if (!isThere) expect(made).toBe('row_refused');
      else expect(await storage.connections.use(name)).toMatchObject({ accounts: expect.any(Number) });
    }
  });

  it('each counts the refresh tokens that all of them were given', async () => {
    const { storage, all } = await someProcesses();
    const { sub } = aGrant().google;
    await connect(storage, ada);
    await all(12, ({ refreshTokenCount }) => refreshTokenCount.issued(sub, 'client.example', start));
    expect(await storage.accounts.find(ada)).toMatchObject({ refreshTokensIssued: 12 });
  });
});

describe('The events of many processes', () => {
  it('are all given out, whichever end while others are written', async () => {
    const world = await someProcesses();
    const { storage, clock, processes } = world;
    await storage.webhookEndpoints.add(endpoint, secret, 10);
    await connect(storage, ada);
    const [, writer = storage, deliverer = storage] = processes;
    let written = 0;
    const writing = (async () => {
      for (; written < 40; written++) await writer.tickets.open(aTicket(`ticket ${written}`), 1000);
    })();
    const sent: string[] = [];
    const deliver = async () => void sent.push(...typesOf(await takeEvents({ storage: deliverer, clock })));
    while (written < 40) await deliver();
    await writing;
    await deliver();
    expect(sent).toEqual(['account.created', 'account.connected', ...Array(40).fill('link.made')]);
    expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 0, dead: 0 });
  });

  it('are written or not, but fail no write, while their endpoint is disabled, redelivered to, and removed', async () => {
    const world = await someProcesses();
    const { storage, all, clock } = world;
    await storage.accounts.getOrCreate(ben);
    for (let round = 0; round < rounds; round++) {
      await storage.webhookEndpoints.add(endpoint, secret, 10);
      await storage.tickets.open(aTicket(`ticket ${round}`, { key: ben }), 1000);
      await all(9, async ({ tickets, accounts, webhookEndpoints, webhookDeliveries }, n) => {
        if (n === 0) await webhookEndpoints.disable(endpoint.id, 'gone', clock.now());
        else if (n === 1) await webhookDeliveries.redeliver(endpoint.id, undefined, 100);
        else if (n === 2) await takeEvents({ storage, clock });
        else if (n === 5) await webhookEndpoints.remove(endpoint.id);
        else if (n % 2) await accounts.getOrCreate(person(100 * round + n));
        else await tickets.open(aTicket(`ticket ${round} ${n}`, { key: ben }), 1000);
      });
      await storage.webhookEndpoints.remove(endpoint.id);
      expect(await storage.webhookDeliveries.count(endpoint.id)).toEqual({ waiting: 0, dead: 0 });
    }
  });

  it('of an endpoint that is disabled do not wait: what was written before is dead, and nothing comes after', async () => {
    const { storage, all, clock } = await someProcesses();
    for (let round = 0; round < rounds; round++) {
      const id = `whe_${round}`;
      await storage.webhookEndpoints.add({ ...endpoint, id, realm: `realm-${round}` }, secret, 10);
      await all(6, async ({ accounts, webhookEndpoints }, n) => {
        if (n === 3) await webhookEndpoints.disable(id, 'gone', clock.now());
        else await accounts.getOrCreate({ realm: `realm-${round}`, identifier: `${n}` });
      });
      expect(await storage.webhookDeliveries.count(id), `round ${round}`).toMatchObject({ waiting: 0 });
    }
  });
});
