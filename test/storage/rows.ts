// One row, and a second one of somebody else, in every table whose rows have a MAC, and how each of them is used.

import { randomUUID } from 'node:crypto';
import type { Storage } from '../../src/storage/index.ts';
import { keyColumns, type ProtectedTable } from '../../src/storage/protected-tables.ts';
import type { RawDatabase, RawRow } from '../support/database.ts';
import { ada, aGrant, aRecord, aRound, aTicket, aWorld, ben, connect, minute, start, type World } from './support.ts';

/** Every table is filled for two people, with nothing in common that could differ. */
export const fillEveryTable = async (storage: Storage): Promise<void> => {
  const people = [
    { key: ada, name: 'ada', at: start },
    { key: { ...ben, realm: 'google' }, name: 'ben', at: start + 1 },
  ] as const;
  for (const { key, name, at } of people) {
    const google = { sub: `sub of ${name}`, email: `${name}@mail.example`, hostedDomain: `${name}.example` };
    const grant = aGrant({ google, clientId: `client of ${name}`, refreshToken: `refresh token of ${name}` });
    const { version } = await storage.accounts.getOrCreate(key);
    const pins = { expectedEmail: google.email, expectedDomain: google.hostedDomain, expectedSub: google.sub };
    await storage.accounts.setPins(key, version, pins);
    await connect(storage, key, grant);
    const serviceKey = { kind: 'service', realm: key.realm, unverifiedLinks: name === 'ben', createdAt: at } as const;
    const returnUrls = [`https://${name}.example/done`];
    const service = { id: `service ${name}`, label: name, secretHash: `hash of ${name}`, returnUrls };
    const logo = { mediaType: name === 'ada' ? 'image/png' : 'image/webp', data: btoa(name) } as const;
    await storage.apiKeys.add({ ...serviceKey, ...service, productName: `product of ${name}` }, logo);
    await storage.apiKeys.add({
      ...{ id: `user ${name}`, kind: 'user', ...key, secretHash: `user hash of ${name}` },
      ...{ unverifiedLinks: false, createdAt: at },
    });
    const times = { createdAt: at, expiresAt: at + 10 * minute };
    const apiKeyId = `service ${name}`;
    await storage.sessions.add({ id: `session ${name}`, secretHash: `session of ${name}`, key, apiKeyId, ...times });
    const returning = { returnUrl: `https://${name}.example/done`, returnState: name, loginHint: google.email };
    await storage.tickets.open(aTicket(`ticket ${name}`, { key, apiKeyId, ...returning, ...times }), 20);
    await storage.tickets.take(`ticket ${name}`, { stateHash: `state ${name}` }, at);
    const pending = { hash: `pending ${name}`, key, ticketHash: `ticket ${name}`, apiKeyId, ...times };
    await storage.pendingGrants.add({ ...pending, grant, emailVerified: true });
    const file = { grantVersion: at, messageId: name, partId: name, fileName: name, mimeType: name, size: at };
    await storage.downloads.add({ hash: `download ${name}`, key, ...file, expiresAt: times.expiresAt }, 100);
    const record = aRecord({ model: 'Grant', id: `grant ${name}`, uid: name, owner: key, expiresAt: times.expiresAt });
    await storage.authorizationRecords.put({ ...record, grantId: `another ${name}` });
    const signing = { id: `signing ${name}`, purpose: name === 'ada' ? 'signing' : 'cookies', key: name } as const;
    await storage.authorizationKeys.addUnlessNewer({ ...signing, createdAt: at }, at);
    const bound = { stateHash: `state ${name}`, browserHash: name, nonce: name, codeVerifier: name };
    await storage.authorizationRounds.add(aRound({ ...bound, realm: `realm of ${name}`, details: name, ...times }));
    await storage.browserSessions.add({ hash: `browser ${name}`, key, ...times });
    const request = {
      hash: `request ${name}`,
      apiKeyId,
      bodyHash: name,
      holder: name,
      now: at,
      leaseUntil: at + minute,
    };
    await storage.idempotencyKeys.begin({ ...request, expiresAt: times.expiresAt });
    const answer = { status: 201, contentType: null, body: name };
    await storage.idempotencyKeys.finish({ ...request, expiresAt: times.expiresAt }, answer, key);
    const client = { clientId: `client id of ${name}`, secret: `secret of ${name}`, kind: 'web' } as const;
    await storage.connections.add({ name: `acme-${name}`, ...client, createdAt: at });
    await storage.connections.setDefault(`acme-${name}`, `realm of ${name}`);
    const endpoint = {
      id: `endpoint ${name}`,
      realm: key.realm,
      url: `https://${name}.example/`,
      createdAt: at,
    } as const;
    const wants = [name === 'ada' ? 'link.made' : 'account.deleted'] as const;
    const webhook = { ...endpoint, events: wants, allowPrivate: name === 'ben' };
    await storage.webhookEndpoints.add(webhook, `first secret of ${name}`, 10);
    await storage.webhookEndpoints.replaceSecret(endpoint.id, `secret of ${name}`, at + minute);
    const other = { ...key, identifier: `other than ${name}` };
    await storage.accounts.getOrCreate(other);
    await storage.tickets.open(aTicket(`another ticket ${name}`, { key: other, apiKeyId, ...times }), 20);
    await storage.accounts.remove(other);
  }
};

type TextRow = Readonly<Record<string, string>>;

/** Whether a row is good for what it is made for, found under the names that it has now. */
export const serves: Readonly<Record<ProtectedTable, (storage: Storage, row: TextRow) => Promise<boolean>>> = {
  accounts: async ({ accounts }, { realm = '', identifier = '' }) =>
    (await accounts.readGrant({ realm, identifier })).kind === 'grant',
  tickets: async ({ tickets }, { hash = '', state_hash = '' }) =>
    (await tickets.redeem(hash, state_hash, start)) !== undefined,
  api_keys: async ({ apiKeys }, { id = '' }) => (await apiKeys.find(id)) !== undefined,
  product_logos: async ({ apiKeys }, { api_key_id = '' }) => (await apiKeys.findLogo(api_key_id)) !== undefined,
  sessions: async ({ sessions }, { id = '' }) => (await sessions.find(id)) !== undefined,
  pending_grants: async ({ pendingGrants }, { hash = '' }) => (await pendingGrants.open(hash, start)) !== undefined,
  downloads: async ({ downloads }, { hash = '' }) => (await downloads.claim(hash, start, start + minute)) !== undefined,
  authorization_records: async ({ authorizationRecords }, { id_hash = '', realm = '', identifier = '' }) =>
    authorizationRecords.grantIsLive(id_hash, { realm, identifier }),
  authorization_keys: async ({ authorizationKeys }, { id }) => {
    const keys = [...(await authorizationKeys.list('signing')), ...(await authorizationKeys.list('cookies'))];
    return keys.some((key) => key.id === id);
  },
  authorization_rounds: async ({ authorizationRounds }, { state_hash = '' }) =>
    (await (await authorizationRounds.find(state_hash))?.redeem(start)) !== undefined,
  browser_sessions: async ({ browserSessions }, { hash = '' }) =>
    (await browserSessions.find(hash, start)) !== undefined,
  idempotency_keys: async ({ idempotencyKeys }, { hash = '' }) =>
    (await idempotencyKeys.find(hash, start)) !== undefined,
  connections: async ({ connections }, { name = '' }) => (await connections.find(name))?.openSecret() !== undefined,
  connection_defaults: async ({ accounts }, { realm = '' }) =>
    (await accounts.getOrCreate({ realm, identifier: randomUUID() })).connection !== undefined,
  webhook_endpoints: async ({ webhookEndpoints }, { id = '' }) =>
    (await webhookEndpoints.secrets(id, start)).length > 0,
  // What comes of a delivery that does not count is in test/storage/webhooks/outbox.test.ts: it is set aside.
  webhook_deliveries: async ({ operations }, { event_id, endpoint_id }) =>
    !(await operations.refusedRows()).some(
      ({ table, key }) =>
        table === 'webhook_deliveries' && key.event_id === event_id && key.endpoint_id === endpoint_id,
    ),
};

export type FilledRow = Record<string, string | number | null>;

/** The first two rows, by their keys. */
export const twoRowsIn = async (raw: RawDatabase, table: ProtectedTable): Promise<[FilledRow, FilledRow]> => {
  const rows = await raw.all(`select * from ${table} order by ${keyColumns(table)} limit 2`);
  const [row, other] = rows as FilledRow[];
  if (row === undefined || other === undefined) throw new Error(`${table} has no two rows`);
  return [row, other];
};

let filled: Promise<ReadonlyMap<string, readonly RawRow[]>> | undefined;

/** What fillEveryTable writes: read once, as it takes longer than anything that is done with it. */
const rowsOfFilled = async (): Promise<ReadonlyMap<string, readonly RawRow[]>> => {
  const { storage, raw } = await aWorld();
  await fillEveryTable(storage);
  const rows = new Map<string, readonly RawRow[]>();
  for (const table of await raw.tables()) rows.set(table, await raw.all(`select * from ${table}`));
  return rows;
};

/** A world whose every table is filled, for somebody whom no constraint of the schema stops. */
export const aFilledWorld = async (): Promise<World> => {
  const world = await aWorld();
  await world.raw.ignoreConstraints();
  filled ??= rowsOfFilled();
  for (const [table, rows] of await filled) await insertRows(world.raw, table, rows);
  return world;
};

/** Rows of one table, all with the same columns. */
export const insertRows = async (raw: RawDatabase, table: string, rows: readonly RawRow[]): Promise<void> => {
  const names = Object.keys(rows[0] ?? {});
  const places = rows.map(() => `(${names.map(() => '?').join(', ')})`).join(', ');
  const values = rows.flatMap((row) => names.map((name) => row[name]));
  if (rows.length > 0) await raw.run(`insert into ${table} (${names.join(', ')}) values ${places}`, ...values);
};
