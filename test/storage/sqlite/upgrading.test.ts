// Databases that a former Postern wrote. The fixture is never changed: it is what is out there.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { grantHashOf, openStorage, type Sealer, type Storage } from '../../../src/storage/index.ts';
import { protectedTableNames } from '../../../src/storage/protected-tables.ts';
import { ada, connect, handClock, minute, sealerWith, start, tempFolder } from '../support.ts';
import { endpoint, secret, takeEvents, typesOf } from '../webhooks/support.ts';
import { aFileWorld, snapshot } from './support.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const secondSchema = fixture('schema-2.sql');
const since = { second: ['authorization_records', 'authorization_keys', 'sign_ins', 'browser_sessions'] };
const ben = { realm: 'google', identifier: '400500600' };

interface Former {
  readonly path: string;
  readonly raw: BetterSqlite3.Database;
  /** How many rows were told to be signed, each time. */
  readonly signed: readonly number[];
  open(sealer?: Sealer, discardUnreadable?: boolean): Promise<Storage>;
}

/** A file as a Postern of this schema left it. */
const aFormer = (schema: 1 | 2 | 7 | 8 | 11 = 2): Former => {
  const path = join(tempFolder(), 'postern.db');
  const raw = new BetterSqlite3(path);
  const signed: number[] = [];
  onTestFinished(() => void raw.close());
  raw.exec(schema > 2 ? fixture(`schema-${schema}.sql`) : secondSchema);
  if (schema === 1) {
    for (const table of since.second) raw.exec(`drop table ${table}`);
    raw.pragma('user_version = 1');
  }
  return {
    path,
    raw,
    signed,
    open: async (sealer = sealerWith(1), discardUnreadable = false) => {
      const signedAtUpgrade = (rows: number) => void signed.push(rows);
      const options = { signedAtUpgrade, discardUnreadable };
      const storage = await openStorage({
        location: { engine: 'sqlite', path },
        sealer,
        clock: handClock(),
        random: randomBytes,
        ...options,
      });
      onTestFinished(() => storage.close());
      return storage;
    },
  };
};

const schemaOf = (database: BetterSqlite3.Database) => ({
  version: database.pragma('user_version', { simple: true }),
  objects: database.prepare('select type, name, tbl_name, sql from sqlite_schema order by name').all(),
});

/** What whoever wants their own rows signed would do: everything as the second schema has it, and no MAC. */
const setBack = (raw: BetterSqlite3.Database): void => {
  raw.pragma('foreign_keys = OFF');
  const tables = raw.prepare<[], string>("select name from sqlite_schema where type = 'table'").pluck().all();
  const kept = new Map(tables.map((table) => [table, snapshot(raw, table)]));
  for (const table of tables) raw.exec(`drop table ${table}`);
  raw.exec(secondSchema.replaceAll(/^insert .*$/gm, ''));
  for (const [table, { putBack }] of kept) if (secondSchema.includes(`CREATE TABLE ${table} `)) putBack();
  raw.pragma('foreign_keys = ON');
};

/** The tables of this file, whatever its schema, whose rows have a MAC today. */
const protectedIn = (raw: BetterSqlite3.Database): string[] => {
  const tables = raw.prepare<[], string>("select name from sqlite_schema where type = 'table'").pluck().all();
  return tables.filter((table) => (protectedTableNames as readonly string[]).includes(table));
};

const insertKey = (raw: BetterSqlite3.Database) =>
  raw.exec(`insert into api_keys (id, kind, realm, secret_hash, unverified_links, created_at)
    values ('mine', 'service', 'default', 'hash of mine', 1, 1)`);

describe('A database of schema', () => {
  it.each([1, 2, 7, 8, 11] as const)('%i has the newest schema after it was opened', async (schema) => {
    const { raw } = await aFileWorld();
    const former = aFormer(schema);
    await former.open();
    expect(schemaOf(former.raw)).toEqual(schemaOf(raw));
  });

  it.each([1, 2] as const)('%i keeps who is connected, and what they were given', async (schema) => {
    const { accounts, apiKeys, sessions, tickets, pendingGrants, downloads, operations } = await aFormer(schema).open();
    const grant = { refreshToken: 'refresh token of ada@example.com', accessToken: 'access token of ada@example.com' };
    expect(await accounts.readGrant(ada)).toMatchObject({
      kind: 'grant',
      grant,
      account: { pins: { expectedEmail: 'ada@example.com' }, google: { sub: '100200300' } },
    });
    expect(await accounts.readGrant(ben)).toMatchObject({ kind: 'grant' });
    expect(await apiKeys.list()).toMatchObject([
      { id: 'k1', label: 'backend' },
      { id: 'k2' },
      { revokedAt: start + 1 },
    ]);
    expect(await sessions.find('s1')).toMatchObject({ key: ada, apiKeyId: 'k1' });
    expect(await tickets.find('open ticket')).toMatchObject({ status: 'open', key: ada });
    expect((await pendingGrants.open('pending', start))?.grant).toMatchObject(grant);
    expect(await downloads.claim('download', start, start + minute)).toMatchObject({ fileName: 'Angebot.pdf' });
    expect(await operations.refusedRows()).toEqual([]);
  });

  it('8 has the client of the environment for everybody who was there, and no row is refused', async () => {
    const { accounts, apiKeys, connections, operations } = await aFormer(8).open();
    expect(await operations.refusedRows()).toEqual([]);
    expect(await accounts.readGrant(ada)).toMatchObject({ kind: 'grant', grant: { clientId: 'client.example' } });
    expect((await operations.listAccounts()).map(({ connection, allowed }) => [connection, allowed])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(await apiKeys.list()).toMatchObject([{ id: 'k1', connection: undefined }]);
    expect(await connections.list()).toEqual([]);
  });

  it.each([7, 8, 11] as const)('%i tells an endpoint of what changes from then on', async (schema) => {
    const storage = await aFormer(schema).open();
    await storage.webhookEndpoints.add(endpoint, secret, 10);
    const { version = 0 } = (await storage.accounts.find(ada)) ?? {};
    await storage.accounts.setState(ada, version, { status: 'PENDING', reason: 'disconnected' });
    await storage.accounts.remove(ada);
    const sent = await takeEvents({ storage, clock: handClock() });
    expect(typesOf(sent)).toEqual(['account.disconnected', 'account.deleted']);
  });

  it('11 keeps its links: they connect, end, and run out, each with its event', async () => {
    const storage = await aFormer(11).open();
    const { tickets } = storage;
    const key = { ...ada, identifier: 'ben@example.com' };
    expect(await storage.operations.refusedRows()).toEqual([]);
    await storage.webhookEndpoints.add(endpoint, secret, 10);
    expect(await tickets.find('declined ticket')).toMatchObject({ status: 'declined' });
    expect(await tickets.take('open ticket of ben', { stateHash: 'another' }, start)).toMatchObject({ key });
    await tickets.finish('open ticket of ben', 'refused');
    expect(await tickets.redeem('taken ticket of ben', 'state', start)).toMatchObject({ key });
    await connect(storage, key);
    await storage.webhookDeliveries.noteExpiredLinks(start + 20 * minute);
    const sent = await takeEvents({ storage, clock: handClock() });
    expect(sent.map(({ type, identifier }) => `${type} ${identifier}`).toSorted()).toEqual([
      'account.connected ben@example.com',
      'link.declined ben@example.com',
      'link.expired ada@example.com',
    ]);
  });

  it('2 schedules the daily check of an account a day after its last refresh', async () => {
    const { raw, open } = aFormer();
    const { checks } = await open();
    const accounts = raw.prepare<[], { client_id: string; token_endpoint: string; refreshed_at: number }>(
      "select client_id, token_endpoint, refreshed_at from accounts where identifier = 'ada@example.com'",
    );
    const row = accounts.get();
    const [clientId = '', tokenEndpoint = ''] = [row?.client_id, row?.token_endpoint];
    const due = (row?.refreshed_at ?? 0) + 24 * 60 * minute;
    expect(await checks.due({ clientId, tokenEndpoint }, due - 1, 10)).toEqual([]);
    expect(await checks.due({ clientId, tokenEndpoint }, due, 10)).toContainEqual(ada);
  });

  it('2 keeps the sign-ins of MCP clients', async () => {
    const { authorizationRecords, authorizationKeys, browserSessions } = await aFormer().open();
    expect(await authorizationRecords.find('RefreshToken', 'refresh')).toEqual({ payload: '{"jti":"refresh"}' });
    expect(await authorizationRecords.grantIsLive(grantHashOf('grant'), ben)).toBe(true);
    expect(await authorizationKeys.list('signing')).toMatchObject([{ id: 'sign', key: '{"kty":"EC"}' }]);
    expect(await browserSessions.find('browser', start)).toMatchObject({ key: ben });
  });

  it.each([2, 7] as const)('%i is opened by many at once, and brought up to date once', async (schema) => {
    const { open } = aFormer(schema);
    const opened = await Promise.all(Array.from({ length: 5 }, () => open()));
    for (const { accounts } of opened) expect(await accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
  });

  it('7 keeps links and how they ended; one whose browser was at Google ends, and may be made anew', async () => {
    const { open } = aFormer(7);
    const { tickets, pendingGrants, authorizationRounds } = await open();
    const statusOf = async (hash: string) => (await tickets.find(hash))?.status;
    expect(await statusOf('open ticket')).toBe('open');
    expect(await statusOf('at Google ticket')).toBe('void');
    expect(await statusOf('asked again ticket')).toBe('void');
    expect(await statusOf('redeemed ticket')).toBe('redeemed');
    expect(await statusOf('connected ticket')).toBe('connected');
    expect(await tickets.take('open ticket', { stateHash: 'new' }, start)).toMatchObject({ status: 'taken' });
    expect(await pendingGrants.open('pending ada', start)).toMatchObject({ key: ada });
    expect(await authorizationRounds.find('sign-in ada')).toBeUndefined();
  });

  it('7 keeps every other row and its MAC', async () => {
    const { raw, open, signed } = aFormer(7);
    const before = new Map(protectedIn(raw).map((table) => [table, raw.prepare(`select mac from ${table}`).all()]));
    const { accounts, apiKeys, sessions, downloads, operations, authorizationRecords } = await open();
    expect(signed).toEqual([]);
    for (const table of protectedIn(raw))
      if (table !== 'tickets' && before.has(table))
        expect(raw.prepare(`select mac from ${table}`).all(), table).toEqual(before.get(table));
    expect(await accounts.readGrant(ada)).toMatchObject({
      kind: 'grant',
      grant: { refreshToken: 'refresh token of ada' },
    });
    expect(await apiKeys.list()).toHaveLength(4);
    expect(await sessions.find('session ada')).toMatchObject({ key: ada });
    expect(await downloads.claim('download ada', start, start + minute)).toMatchObject({ fileName: 'ada' });
    expect(await authorizationRecords.grantIsLive(grantHashOf('grant ada'), ada)).toBe(true);
    expect(await operations.refusedRows()).toEqual([
      { table: 'tickets', key: { hash: 'forged ticket' }, cause: 'altered' },
    ]);
  });

  it('7 has no ticket signed that somebody else altered', async () => {
    const { open } = aFormer(7);
    const { tickets } = await open();
    expect(await tickets.find('forged ticket')).toBeUndefined();
  });

  const pointElsewhere = `update tickets set realm = 'google', identifier = 'ben@example.com', link_policy = 'loopback',
    replace_account = 1 where hash = 'open ticket'`;

  it('7 with a trigger is refused: it could change a row between the check of its MAC and the new one', async () => {
    const { raw, open } = aFormer(7);
    raw.exec(`create trigger change after update on tickets when new.status = 'void' begin ${pointElsewhere}; end`);
    await expect(open()).rejects.toMatchObject({ kind: 'row_refused', message: expect.stringContaining('trigger') });
  });

  it.each([
    ['a second row of the same key', '', 'open ticket'],
    ['a second row whose key differs in case alone', 'collate nocase', 'OPEN TICKET'],
  ])('7 has no ticket signed beside which there is %s', async (_, collation, forgedHash) => {
    const { raw, open } = aFormer(7);
    const { sql } = raw.prepare("select sql from sqlite_schema where name = 'tickets'").get() as { sql: string };
    raw.pragma('foreign_keys = OFF');
    raw.exec('create table former as select * from tickets');
    raw.exec('drop table tickets');
    raw.exec(sql.replace(/hash text primary key/i, `hash text ${collation}`));
    raw.exec("insert into tickets select * from former where hash = 'open ticket'");
    raw.exec(`update tickets set realm = 'google', identifier = 'ben@example.com', mac = 'x', hash = '${forgedHash}'`);
    raw.exec('insert into tickets select * from former');
    raw.exec('drop table former');
    const { operations, tickets } = await open();
    expect(await tickets.find('open ticket')).not.toMatchObject({ key: { realm: 'google' } });
    expect((await operations.refusedRows()).map(({ key }) => key)).toContainEqual({ hash: forgedHash });
  });

  it('7 is not brought up to date under a key that is not its own, and nothing is changed', async () => {
    const { raw, open } = aFormer(7);
    const before = schemaOf(raw);
    await expect(open(sealerWith(9))).rejects.toMatchObject({ kind: 'wrong_key' });
    expect(schemaOf(raw)).toEqual(before);
    expect(await (await open(sealerWith(9, 1))).tickets.find('open ticket')).toMatchObject({ status: 'open' });
  });

  it('7 is brought up to date where its key is lost, and the operator starts over', async () => {
    const { open } = aFormer(7);
    const { operations, accounts } = await open(sealerWith(9), true);
    await operations.discardRefused(await operations.refusedRows());
    expect(await operations.refusedRows()).toEqual([]);
    expect(await accounts.getOrCreate(ada)).toMatchObject({ state: { status: 'PENDING' } });
  });
});

describe('The MACs that rows get when a database is brought up to date', () => {
  it('are made once: a row that comes later without one does not get one at the next start', async () => {
    const { raw, open, signed } = aFormer();
    await (await open()).close();
    insertKey(raw);
    raw.exec("update api_keys set revoked_at = null, mac = null where id = 'k3'");
    const { apiKeys, operations } = await open();
    expect((await apiKeys.list()).map(({ id }) => id)).toEqual(['k1', 'k2']);
    expect(signed).toEqual([15]);
    expect(await operations.refusedRows()).toEqual([
      { table: 'api_keys', key: { id: 'k3' }, cause: 'no_mac' },
      { table: 'api_keys', key: { id: 'mine' }, cause: 'no_mac' },
    ]);
  });

  it('are not made a second time for whoever takes them away and sets the schema back', async () => {
    const { raw, open } = aFormer();
    await (await open()).close();
    setBack(raw);
    insertKey(raw);
    await expect(open()).rejects.toMatchObject({ kind: 'row_refused' });
    expect(raw.pragma('user_version', { simple: true })).toBe(2);
  });

  it('are not made where the schema’s number alone is set back', async () => {
    const { raw, open } = aFormer();
    await (await open()).close();
    insertKey(raw);
    raw.pragma('user_version = 2');
    await expect(open()).rejects.toMatchObject({ kind: 'row_refused' });
  });

  it('are not made for whoever puts what is sealed aside meanwhile', async () => {
    const { raw, open } = aFormer();
    await (await open()).close();
    const aside = protectedIn(raw).map((table) => snapshot(raw, table));
    setBack(raw);
    for (const table of protectedIn(raw)) raw.exec(`delete from ${table}`);
    insertKey(raw);
    await (await open()).close();
    for (const { putBack } of aside) putBack();
    const { accounts, apiKeys } = await open();
    expect(await accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    expect((await apiKeys.list()).map(({ id }) => id)).toEqual(['k1', 'k2', 'k3']);
  });

  it('are those of accounts that say nothing alone, where nothing was ever sealed', async () => {
    const { raw, open, signed } = aFormer();
    for (const table of protectedIn(raw)) raw.exec(`delete from ${table}`);
    insertKey(raw);
    raw.exec(`insert into accounts (realm, identifier, version, status, reason, state_since, created_at, grant_version, expected_email)
      values ('default', 'named', 1, 'PENDING', 'never_connected', 1, 1, 1, null),
             ('default', 'pinned', 1, 'PENDING', 'never_connected', 1, 1, 1, 'mine@example.com')`);
    const { accounts, operations } = await open();
    expect(await accounts.find({ realm: 'default', identifier: 'named' })).toMatchObject({
      state: { status: 'PENDING' },
    });
    expect((await operations.refusedRows()).map(({ table, cause }) => [table, cause])).toEqual([
      ['accounts', 'no_mac'],
      ['api_keys', 'no_mac'],
    ]);
    expect(signed).toEqual([1]);
  });

  it('are not made under a key that does not open what is sealed there, and nothing is changed', async () => {
    const { raw, open } = aFormer();
    const before = schemaOf(raw);
    await expect(open(sealerWith(9))).rejects.toMatchObject({ kind: 'wrong_key' });
    expect(schemaOf(raw)).toEqual(before);
    expect(await (await open(sealerWith(9, 1))).accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
  });

  it('are made of what is left where the key is lost, and the operator starts over', async () => {
    const { open } = aFormer();
    const { accounts, apiKeys, operations } = await open(sealerWith(9), true);
    expect(await operations.listAccounts()).toEqual([]);
    expect(await accounts.getOrCreate(ada)).toMatchObject({ state: { status: 'PENDING' } });
    expect((await apiKeys.list()).map(({ id }) => id)).toEqual(['k1', 'k2', 'k3']);
    expect(await operations.refusedRows()).toEqual([]);
  });

  it('are signed anew for whoever has a copy from before the MACs and its key, which is a known limit', async () => {
    const { raw, open } = aFormer();
    const former = protectedIn(raw).map((table) => snapshot(raw, table));
    await (await open()).close();
    setBack(raw);
    for (const table of protectedIn(raw)) raw.exec(`delete from ${table}`);
    for (const { putBack } of former) putBack();
    expect(await (await open()).accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    const rotated = aFormer();
    await expect(rotated.open(sealerWith(2))).rejects.toMatchObject({ kind: 'wrong_key' });
  });
});
