// Whoever can write to the database file but has not the sealing key: what they put there counts for nothing.

import { randomBytes } from 'node:crypto';
import type BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openStorage, type RefusedRow } from '../../src/storage/index.ts';
import { keyColumns, protectedTableNames, protectedTables } from '../../src/storage/protected-tables.ts';
import { createRowMacs } from '../../src/storage/row-macs.ts';
import { fillEveryTable, serves } from './rows.ts';
import { ada, aTicket, aWorld, minute, sealerWith, start, type World } from './support.ts';

/** Tables without a MAC, each with the reason why nobody gains anything by writing to it. */
const withoutMac: Readonly<Record<string, string>> = {
  refresh_tokens_issued: 'counts tokens for a warning; names nobody',
  sealing_key_in_use: 'chooses among the configured keys alone',
  processes: 'says which keys a process has; wrongly set, a rotation waits, or is refused',
  token_endpoint_answers: 'what Google said of the OAuth client; wrongly set, an end is believed sooner or later',
  rate_limits: 'counts what was asked of late; wrongly set, a limit holds somebody up for a while, or does not',
  leases: 'says only which process does a round just now; wrongly set, a round waits or comes twice',
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: 0 | 1;
}
type RawRow = Record<string, string | number | null>;

const tablesIn = (raw: BetterSqlite3.Database): string[] =>
  raw.prepare<[], string>("select name from sqlite_schema where type = 'table' order by name").pluck().all();
const columnsIn = (raw: BetterSqlite3.Database, table: string): Column[] =>
  raw.prepare<[string], Column>('select name, type, "notnull" from pragma_table_info(?)').all(table);
const rowsIn = (raw: BetterSqlite3.Database, table: string): RawRow[] =>
  raw.prepare<[], RawRow>(`select rowid as _row, * from ${table} order by rowid`).all();

/** A world whose every table is filled, for somebody whom no constraint of the schema stops. */
const aFilledWorld = async (): Promise<World> => {
  const world = await aWorld();
  await fillEveryTable(world.storage);
  world.raw.pragma('foreign_keys = OFF');
  world.raw.pragma('ignore_check_constraints = ON');
  return world;
};

const set = (raw: BetterSqlite3.Database, table: string, row: RawRow, column: string, value: unknown): void => {
  raw.prepare(`update ${table} set ${column} = ? where rowid = ?`).run(value, row._row);
};

/** Values that somebody might write into a column: none, what stands in another row, and something else of its type. */
const otherValues = (column: Column, row: RawRow, other: RawRow): (string | number | null)[] => {
  const present = row[column.name] ?? null;
  const made = column.type === 'INTEGER' ? [0, 1, Number(present) + 1] : ['', `${present}x`];
  const candidates = [...(column.notnull ? [] : [null]), other[column.name] ?? null, ...made];
  return [...new Set(candidates)].filter((value) => value !== present && !(value === null && column.notnull));
};

const isSigned = (table: string, column: string): boolean =>
  typeof (protectedTables as Record<string, Record<string, unknown>>)[table]?.[column] === 'string';

describe('The schema', () => {
  it('says of every table and column whether a MAC covers it, or why not', async () => {
    const { raw } = await aWorld();
    for (const table of tablesIn(raw)) {
      const columns = columnsIn(raw, table).map(({ name }) => name);
      const uses: Record<string, unknown> | undefined = (protectedTables as Record<string, Record<string, unknown>>)[
        table
      ];
      if (uses === undefined) expect(withoutMac[table], `${table} has no MAC, and no reason why not`).toBeDefined();
      else expect([...Object.keys(uses), 'mac'].sort(), table).toEqual(columns.sort());
    }
  });
});

describe.each(protectedTableNames)('A row of %s', (table) => {
  it('is accepted as it was written', async () => {
    const { storage, raw } = await aFilledWorld();
    for (const row of rowsIn(raw, table).slice(-2))
      expect(await serves[table](storage, row as Record<string, string>)).toBe(true);
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it('is refused once any signed column was changed', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row = {}, other = {}] = rowsIn(raw, table).slice(-2);
    for (const column of columnsIn(raw, table)) {
      if (!isSigned(table, column.name)) continue;
      for (const value of otherValues(column, row, other)) {
        raw.exec('savepoint change');
        // Rows with a name that is taken already are put there over the other one, as a row would be moved.
        raw.prepare(`delete from ${table} where rowid = ?`).run(other._row);
        set(raw, table, row, column.name, value);
        raw.exec('release change');
        const now = rowsIn(raw, table).find(({ _row }) => _row === row._row) ?? {};
        const what = `${column.name} = ${value}`;
        const key = Object.fromEntries(keyColumns(table).map((name) => [name, now[name]]));
        expect(await storage.operations.refusedRows(), what).toContainEqual({ table, key, cause: 'altered' });
        expect(await serves[table](storage, now as Record<string, string>), what).toBe(false);
        set(raw, table, row, column.name, row[column.name]);
        const { _row, ...whole } = other;
        const names = Object.keys(whole);
        raw
          .prepare(`insert into ${table} (rowid, ${names}) values (${['?', ...names.map(() => '?')]})`)
          .run(_row, ...Object.values(whole));
      }
    }
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it('is accepted whatever its unsigned columns hold', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row = {}] = rowsIn(raw, table).slice(-2);
    for (const column of columnsIn(raw, table))
      if (!isSigned(table, column.name) && column.name !== 'mac')
        set(raw, table, row, column.name, column.type === 'INTEGER' ? 1 : 'x');
    expect(await storage.operations.refusedRows()).toEqual([]);
    expect(await serves[table](storage, row as Record<string, string>)).toBe(true);
  });

  it('is refused without its MAC, with a forged one, and with that of another row', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row = {}, other = {}] = rowsIn(raw, table).slice(-2);
    const another = table === 'sessions' ? 'browser_sessions' : 'sessions';
    const stolen = [other.mac, rowsIn(raw, another)[0]?.mac];
    const madeUp = [null, '', String(row.mac).slice(0, -43), `${String(row.mac).slice(0, -1)}.`, 'A'.repeat(60)];
    for (const mac of [...stolen, ...madeUp]) {
      set(raw, table, row, 'mac', mac);
      expect(await serves[table](storage, row as Record<string, string>), `${mac}`).toBe(false);
      expect(await storage.operations.refusedRows()).toHaveLength(1);
    }
    set(raw, table, row, 'mac', row.mac);
    expect(await serves[table](storage, row as Record<string, string>)).toBe(true);
  });

  it('is refused where it is a copy of another row under a key of its own', async () => {
    const { storage, raw } = await aFilledWorld();
    const [{ _row, ...row } = {}] = rowsIn(raw, table).slice(-1);
    const copy: RawRow = { ...row, ...(table === 'tickets' ? { state_hash: 'of mine' } : {}) };
    copy[keyColumns(table).at(-1) ?? ''] = 'mine';
    const names = Object.keys(copy);
    raw.prepare(`insert into ${table} (${names}) values (${names.map(() => '?')})`).run(...Object.values(copy));
    expect(await serves[table](storage, copy as Record<string, string>)).toBe(false);
    expect(await storage.operations.refusedRows()).toMatchObject([{ table, cause: 'altered' }]);
  });
});

describe('A row that is refused', () => {
  it('is not signed by any write, whatever is done to it', async () => {
    const { storage, raw } = await aFilledWorld();
    raw.exec("update accounts set expected_email = 'mallory@example.org' where realm = 'default'");
    raw.exec("update tickets set status = 'open', realm = 'google' where hash = 'ticket ada'");
    raw.exec("update pending_grants set api_key_id = 'service ben' where hash = 'pending ada'");
    raw.exec("update downloads set message_id = 'another' where hash = 'download ada'");
    raw.exec("update api_keys set realm = 'google' where id = 'service ada'");
    raw.exec("update authorization_rounds set realm = 'shop' where state_hash = 'state ada'");
    const before = await storage.operations.refusedRows();
    const version = raw.prepare<[], number>("select version from accounts where realm = 'default'").pluck().get() ?? 0;
    await storage.accounts.setPins(ada, version, {});
    await storage.accounts.setState(ada, version, { status: 'PENDING', reason: 'disconnected' });
    await storage.accounts.markUsed(ada, start + minute);
    await storage.tickets.take('ticket ada', { stateHash: 's' }, start);
    await storage.tickets.finish('ticket ada', 'failed');
    await storage.tickets.connected({ realm: 'google', identifier: ada.identifier }, 'ticket ada');
    await storage.tickets.voidAll({ realm: 'google', identifier: ada.identifier });
    await storage.pendingGrants.refuse('pending ada');
    await storage.downloads.claim('download ada', start, start + minute);
    await storage.downloads.release('download ada');
    await storage.apiKeys.revoke('service ada', start);
    await storage.apiKeys.markUsed('service ada', start + minute);
    expect(await storage.authorizationRounds.find('state ada')).toBeUndefined();
    await storage.operations.sweep(start);
    await storage.operations.reseal(1000);
    expect(await storage.operations.refusedRows()).toEqual(before);
    expect(before).toHaveLength(6);
  });

  it('is reported once, however often it is read', async () => {
    const { path, clock, storage, raw } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    await storage.tickets.open(aTicket('ticket'), 20);
    raw.exec("update tickets set redirect_uri = 'https://elsewhere.example'");
    const told: RefusedRow[] = [];
    const refused = (row: RefusedRow) => void told.push(row);
    const watched = await openStorage({
      location: { engine: 'sqlite', path },
      sealer: sealerWith(1),
      clock,
      random: randomBytes,
      refused,
    });
    for (let times = 0; times < 5; times++) expect(await watched.tickets.find('ticket')).toBeUndefined();
    expect(told).toEqual([{ table: 'tickets', key: { hash: 'ticket' }, cause: 'altered' }]);
    await watched.close();
  });

  it('of an account can be deleted with everything of that person, and does not come back by itself', async () => {
    const { storage, raw } = await aFilledWorld();
    raw.exec("update accounts set expected_email = 'mallory@example.org' where realm = 'default'");
    await expect(storage.accounts.getOrCreate(ada)).rejects.toMatchObject({ kind: 'row_refused' });
    expect(await storage.accounts.find(ada)).toBeUndefined();
    expect(await storage.operations.listAccounts({ realm: 'default' })).toEqual([]);
    expect(await storage.accounts.remove(ada)).toBe(true);
    expect(await storage.accounts.getOrCreate(ada)).toMatchObject({ state: { status: 'PENDING' }, pins: {} });
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it('and every other such row can be discarded, and nothing else', async () => {
    const { storage, raw } = await aFilledWorld();
    raw.exec("update accounts set google_sub = 'another' where realm = 'default'");
    raw.exec("update api_keys set secret_hash = 'mine' where id = 'service ben'");
    const count = (table: string) => raw.prepare(`select count(*) from ${table}`).pluck().get();
    await storage.operations.discardRefused(await storage.operations.refusedRows());
    expect(await storage.operations.refusedRows()).toEqual([]);
    expect([count('accounts'), count('api_keys')]).toEqual([1, 3]);
    expect((await storage.accounts.readGrant({ realm: 'google', identifier: 'ben@example.com' })).kind).toBe('grant');
  });
});

describe('A trigger or a view in the schema', () => {
  it('gets nothing signed when Postern’s own writes fire it', async () => {
    const { storage, raw } = await aFilledWorld();
    raw.exec(`create trigger theirs after insert on tickets begin
      update api_keys set secret_hash = 'mine', mac = (select mac from api_keys limit 1) where id = 'service ada';
      insert into api_keys (id, kind, realm, secret_hash, unverified_links, created_at, mac)
        select 'mine', kind, realm, 'mine', 0, created_at, mac from api_keys where id = 'service ben';
      update tickets set realm = 'google', identifier = 'ben@example.com' where hash = new.hash;
    end`);
    await storage.tickets.open(aTicket('set off'), 20);
    expect(await storage.apiKeys.find('mine')).toBeUndefined();
    expect(await storage.apiKeys.find('service ada')).toBeUndefined();
    expect(await storage.tickets.find('set off')).toBeUndefined();
  });

  it('cannot pass off another row as a genuine one, and gets nothing of it signed', async () => {
    const { storage, raw } = await aFilledWorld();
    const columns = columnsIn(raw, 'tickets').map(({ name }) => name);
    const shown = columns.map((name) =>
      name === 'realm' ? "case when random() % 2 then realm else 'google' end realm" : name,
    );
    raw.exec('alter table tickets rename to their_tickets');
    raw.exec(`create view tickets as select ${shown} from their_tickets`);
    raw.exec(`create trigger theirs instead of update on tickets begin
      update their_tickets set status = new.status, state_hash = new.state_hash, mac = new.mac where hash = new.hash; end`);
    const realms = new Set<string>();
    for (let times = 0; times < 200; times++) {
      realms.add((await storage.tickets.find('ticket ada'))?.key.realm ?? 'none');
      await storage.tickets.finish('ticket ada', 'failed');
    }
    expect([...realms].sort()).toEqual(['default', 'none']);
  });

  it.each([
    { table: 'accounts', names: ['realm', 'identifier'] },
    { table: 'api_keys', names: ['id'] },
    { table: 'sessions', names: ['id'] },
    { table: 'pending_grants', names: ['hash'] },
    { table: 'authorization_records', names: ['id_hash', 'realm', 'identifier'] },
    { table: 'browser_sessions', names: ['hash'] },
  ] as const)('cannot pass off a genuine row of $table as another one', async (attacked) => {
    const { storage, raw } = await aFilledWorld();
    const { table, names } = attacked;
    const [asked, given] = rowsIn(raw, table);
    const isName = (column: string) => (names as readonly string[]).includes(column);
    const shown = columnsIn(raw, table).map(({ name }) =>
      isName(name)
        ? `case when random() % 2 then ${raw.prepare('select quote(?)').pluck().get(asked?.[name])} else ${name} end ${name}`
        : name,
    );
    raw.exec(`alter table ${table} rename to theirs`);
    raw.exec(`create view ${table} as select ${shown} from theirs where rowid = ${given?._row}`);
    const row = Object.fromEntries(Object.entries(asked ?? {}).map(([name, value]) => [name, String(value)]));
    for (let times = 0; times < 500; times++) expect(await serves[table](storage, row)).toBe(false);
  });
});

describe('The text under a MAC', () => {
  const macs = createRowMacs(sealerWith(1));
  const session = {
    id: 'a',
    secret_hash: 'b',
    realm: 'r',
    identifier: 'i',
    api_key_id: 'k',
    created_at: 1,
    expires_at: 2,
  };
  const signed = { ...session, mac: macs.sign('sessions', session) };

  it('is that of one row of one table, whatever its values are made of', () => {
    expect(macs.refusal('sessions', signed)).toBeUndefined();
    for (const other of [
      { ...signed, id: 'ab', secret_hash: '' },
      { ...signed, created_at: '1' },
      { ...signed, secret_hash: 'b","identifier' },
      { ...signed, realm: 'i', identifier: 'r' },
      { ...signed, api_key_id: null },
    ])
      expect(macs.refusal('sessions', other)).toBe('altered');
    expect(macs.refusal('browser_sessions', { ...signed, hash: 'a' })).toBe('altered');
  });

  it('is the same after the row was stored, also where text is not well-formed', async () => {
    const { storage } = await aWorld();
    const key = { realm: 'default', identifier: 'lone \ud800 surrogate' };
    await storage.accounts.getOrCreate(key);
    expect(await storage.operations.refusedRows()).toEqual([]);
    expect(await storage.operations.listAccounts()).toHaveLength(1);
  });

  it('says under which key it was made, and one that is not ours is not called altered', () => {
    const under9 = createRowMacs(sealerWith(9)).sign('sessions', session);
    expect(macs.refusal('sessions', { ...session, mac: under9 })).toBe('unknown_key');
    expect(createRowMacs(sealerWith(9, 1)).refusal('sessions', signed)).toBeUndefined();
  });
});
