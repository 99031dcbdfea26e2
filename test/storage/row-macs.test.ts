// Whoever can write to the database but has not the sealing key: what they put there counts for nothing.

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openStorage, type RefusedRow } from '../../src/storage/index.ts';
import {
  keyColumns,
  type ProtectedTable,
  protectedTableNames,
  protectedTables,
} from '../../src/storage/protected-tables.ts';
import { createRowMacs } from '../../src/storage/row-macs.ts';
import type { RawColumn, RawDatabase } from '../support/database.ts';
import { aFilledWorld, insertRows, type FilledRow as Row, serves, twoRowsIn } from './rows.ts';
import { ada, aTicket, aWorld, minute, sealerWith, start } from './support.ts';

/** Tables without a MAC, each with the reason why nobody gains anything by writing to it. */
const withoutMac: Readonly<Record<string, string>> = {
  refresh_tokens_issued: 'counts tokens for a warning; names nobody',
  sealing_key_in_use: 'chooses among the configured keys alone',
  processes: 'says which keys a process has; wrongly set, a rotation waits, or is refused',
  token_endpoint_answers: 'what Google said of the OAuth client; wrongly set, an end is believed sooner or later',
  rate_limits: 'counts what was asked of late; wrongly set, a limit holds somebody up for a while, or does not',
  copied_from:
    'says that a database is a copy; wrongly set, Postern does not start, or the next copy is refused or made over it',
  leases: 'says only which process does a round just now; wrongly set, a round waits or comes twice',
};

const texts = (row: Row): Record<string, string> => row as Record<string, string>;

/** Writes into the row with this MAC: no two have the same. */
const set = (raw: RawDatabase, table: string, { mac }: Row, column: string, value: unknown) =>
  raw.run(`update ${table} set ${column} = ? where mac = ?`, value, mac);

const setMac = (raw: RawDatabase, table: ProtectedTable, row: Row, mac: string | null | undefined) => {
  const names = keyColumns(table);
  const isThis = names.map((name) => `${name} = ?`).join(' and ');
  return raw.run(`update ${table} set mac = ? where ${isThis}`, mac, ...names.map((name) => row[name]));
};

/** Values that somebody might write into a column: none, what stands in another row, and something else of its type. */
const otherValues = (column: RawColumn, row: Row, other: Row): (string | number | null)[] => {
  const present = row[column.name] ?? null;
  const made = column.isInteger ? [0, 1, Number(present) + 1] : ['', `${present}x`];
  const candidates = [...(column.isNullable ? [null] : []), other[column.name] ?? null, ...made];
  return [...new Set(candidates)].filter((value) => value !== present && (value !== null || column.isNullable));
};

const isSigned = (table: string, column: string): boolean =>
  typeof (protectedTables as Record<string, Record<string, unknown>>)[table]?.[column] === 'string';

describe('The schema', () => {
  it('says of every table and column whether a MAC covers it, or why not', async () => {
    const { raw } = await aWorld();
    for (const table of await raw.tables()) {
      const columns = (await raw.columns(table)).map(({ name }) => name);
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
    for (const row of await twoRowsIn(raw, table)) expect(await serves[table](storage, texts(row))).toBe(true);
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it('is refused once any signed column was changed', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row, other] = await twoRowsIn(raw, table);
    for (const column of await raw.columns(table)) {
      if (!isSigned(table, column.name)) continue;
      const values = otherValues(column, row, other);
      for (const value of values) {
        await raw.run('begin');
        // Rows with a name that is taken already are put there over the other one, as a row would be moved.
        await raw.run(`delete from ${table} where mac = ?`, other.mac);
        await set(raw, table, row, column.name, value);
        await raw.run('commit');
        const now: Row = { ...row, [column.name]: value };
        const what = `${column.name} = ${value}`;
        expect(await serves[table](storage, texts(now)), what).toBe(false);
        const key = Object.fromEntries(keyColumns(table).map((name) => [name, now[name]]));
        // Asking for all of them takes long, and says the same of every value.
        if (value === values[0])
          expect(await storage.operations.refusedRows(), what).toContainEqual({ table, key, cause: 'altered' });
        await set(raw, table, row, column.name, row[column.name]);
        await insertRows(raw, table, [other]);
      }
    }
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it('is accepted whatever its unsigned columns hold', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row] = await twoRowsIn(raw, table);
    for (const { name, isInteger } of await raw.columns(table))
      if (!isSigned(table, name) && name !== 'mac') await set(raw, table, row, name, isInteger ? 1 : 'x');
    expect(await storage.operations.refusedRows()).toEqual([]);
    expect(await serves[table](storage, texts(row))).toBe(true);
  });

  it('is refused without its MAC, with a forged one, and with that of another row', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row, other] = await twoRowsIn(raw, table);
    const [ofAnotherTable] = await twoRowsIn(raw, table === 'sessions' ? 'browser_sessions' : 'sessions');
    const stolen = [other.mac, ofAnotherTable.mac].map(String);
    const mac = String(row.mac);
    const madeUp = [null, '', mac.slice(0, -43), `${mac.slice(0, -1)}.`, 'A'.repeat(60)];
    for (const forged of [...stolen, ...madeUp]) {
      await setMac(raw, table, row, forged);
      expect(await serves[table](storage, texts(row)), `${forged}`).toBe(false);
      expect(await storage.operations.refusedRows()).toHaveLength(1);
    }
    await setMac(raw, table, row, mac);
    expect(await serves[table](storage, texts(row))).toBe(true);
  });

  it('is refused where it is a copy of another row under a key of its own', async () => {
    const { storage, raw } = await aFilledWorld();
    const [row] = await twoRowsIn(raw, table);
    const copy: Row = { ...row, ...(table === 'tickets' ? { state_hash: 'of mine' } : {}) };
    copy[keyColumns(table).at(-1) ?? ''] = 'mine';
    await insertRows(raw, table, [copy]);
    expect(await serves[table](storage, texts(copy))).toBe(false);
    expect(await storage.operations.refusedRows()).toMatchObject([{ table, cause: 'altered' }]);
  });
});

describe('A row that is refused', () => {
  it('is not signed by any write, whatever is done to it', async () => {
    const { storage, raw } = await aFilledWorld();
    await raw.run("update accounts set expected_email = 'mallory@example.org' where realm = 'default'");
    await raw.run("update tickets set status = 'open', realm = 'google' where hash = 'ticket ada'");
    await raw.run("update pending_grants set api_key_id = 'service ben' where hash = 'pending ada'");
    await raw.run("update downloads set message_id = 'another' where hash = 'download ada'");
    await raw.run("update api_keys set realm = 'google' where id = 'service ada'");
    await raw.run("update authorization_rounds set realm = 'shop' where state_hash = 'state ada'");
    const before = await storage.operations.refusedRows();
    const version = Number(await raw.value("select version from accounts where realm = 'default'"));
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
    const { location, clock, storage, raw } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    await storage.tickets.open(aTicket('ticket'), 20);
    await raw.run("update tickets set redirect_uri = 'https://elsewhere.example'");
    const told: RefusedRow[] = [];
    const refused = (row: RefusedRow) => void told.push(row);
    const watched = await openStorage({
      location,
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
    await raw.run("update accounts set expected_email = 'mallory@example.org' where realm = 'default'");
    await expect(storage.accounts.getOrCreate(ada)).rejects.toMatchObject({ kind: 'row_refused' });
    expect(await storage.accounts.find(ada)).toBeUndefined();
    expect(await storage.operations.listAccounts({ realm: 'default' })).toEqual([]);
    expect(await storage.accounts.remove(ada)).toBe(true);
    expect(await storage.accounts.getOrCreate(ada)).toMatchObject({ state: { status: 'PENDING' }, pins: {} });
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it('and every other such row can be discarded, and nothing else', async () => {
    const { storage, raw } = await aFilledWorld();
    await raw.run("update accounts set google_sub = 'another' where realm = 'default'");
    await raw.run("update api_keys set secret_hash = 'mine' where id = 'service ben'");
    const count = (table: string) => raw.value(`select count(*) from ${table}`);
    await storage.operations.discardRefused(await storage.operations.refusedRows());
    expect(await storage.operations.refusedRows()).toEqual([]);
    expect([await count('accounts'), await count('api_keys')]).toEqual([1, 3]);
    expect((await storage.accounts.readGrant({ realm: 'google', identifier: 'ben@example.com' })).kind).toBe('grant');
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
