// Rows from before rows had MACs get one, once: in the migration that brings the column. Whoever can write to the file
// could take the MACs away and set the schema back, to have their own rows signed; so a database that holds anything
// sealed since then is not adopted a second time, and one that our key does not open is not adopted at all. They could
// put what is sealed aside meanwhile: so where nothing sealed proves that the database is ours, no key is signed. Rows that
// have a MAC are signed anew where a migration changes what it covers, and only those whose MAC was good before.
import type BetterSqlite3 from 'better-sqlite3';
import { accountKeyText } from '../model/account-key.ts';
import type { Adoption } from './migrate.ts';
import { keyColumns, type ProtectedTable, protectedTableNames } from './protected-tables.ts';
import type { RowMacs, RowValues } from './row-mac.ts';
import { type Envelope, envelopesIn, sealedAnew } from './sealed-columns.ts';
import { isOfProtectedRow, type Sealer } from './sealer.ts';
import { macsRemoved, wrongKey } from './storage-error.ts';

const rowsOf = (database: BetterSqlite3.Database, table: ProtectedTable): RowValues[] => {
  const exists = database.prepare('select 1 from sqlite_schema where type = ? and name = ?').get('table', table);
  return exists === undefined ? [] : database.prepare<[], RowValues>(`select * from ${table}`).all();
};

const whereKey = (table: ProtectedTable): string =>
  keyColumns(table)
    .map((key) => `${key} = ?`)
    .join(' and ');

const keyValues = (table: ProtectedTable, row: RowValues): unknown[] => keyColumns(table).map((key) => row[key]);

const remove = (database: BetterSqlite3.Database, table: ProtectedTable, row: RowValues): void => {
  database.prepare(`delete from ${table} where ${whereKey(table)}`).run(...keyValues(table, row));
};

const write = (database: BetterSqlite3.Database, table: ProtectedTable, row: RowValues, change: RowValues): void => {
  const assignments = Object.keys(change).map((column) => `${column} = ?`);
  database
    .prepare(`update ${table} set ${assignments.join(', ')} where ${whereKey(table)}`)
    .run(...Object.values(change), ...keyValues(table, row));
};

/** An account that says nothing but that somebody was named once: it grants nothing, and comes back by itself. */
const saysNothing = (table: ProtectedTable, row: RowValues): boolean =>
  table === 'accounts' &&
  row.status === 'PENDING' &&
  [row.google_sub, row.expected_email, row.expected_domain, row.expected_sub].every((value) => value === null);

export interface AdoptionOptions {
  /** Deletes the rows that no key opens, instead of adopting nothing. */
  readonly discardUnreadable?: boolean;
  /** Hears how many rows were signed. */
  readonly signedAtUpgrade?: (rows: number) => void;
}

const envelopesOf = (database: BetterSqlite3.Database): Envelope[] =>
  protectedTableNames.flatMap((table) => rowsOf(database, table).flatMap((row) => envelopesIn(table, row)));

export const createAdoption = (sealer: Sealer, macs: RowMacs, options: AdoptionOptions): Adoption => ({
  check: (database) => {
    const envelopes = envelopesOf(database);
    if (envelopes.some(({ envelope }) => isOfProtectedRow(envelope))) throw macsRemoved(database.name);
    const unreadable = envelopes.filter(({ envelope, place }) => sealer.open(envelope, place) === undefined);
    if (unreadable.length === 0 || options.discardUnreadable === true) return;
    const ofAccounts = unreadable.filter(({ place }) => place.table === 'accounts');
    const accounts = new Set(ofAccounts.map(({ place }) => accountKeyText(place.key))).size;
    throw wrongKey(database.name, { accounts, apiKeys: 0, others: unreadable.length - ofAccounts.length });
  },
  adopt: (database) => {
    const opens = ({ envelope, place }: Envelope) => sealer.open(envelope, place) !== undefined;
    const isOurs = options.discardUnreadable === true || envelopesOf(database).some(opens);
    let signed = 0;
    for (const table of protectedTableNames)
      for (const row of rowsOf(database, table)) {
        if (!isOurs && !saysNothing(table, row)) continue;
        const sealed = sealedAnew(table, row, sealer);
        if (sealed === undefined) remove(database, table, row);
        else write(database, table, row, { ...sealed, mac: macs.sign(table, { ...row, ...sealed }) });
        signed += sealed === undefined ? 0 : 1;
      }
    options.signedAtUpgrade?.(signed);
  },
  prepareSigning: (database, former) => {
    if (former.length > 0 && options.discardUnreadable !== true) demandKeyOf(database, macs);
    const genuine = former.map(({ table, columns }) => ({
      table,
      rows: rowsOf(database, table).filter((row) => macs.refusal(table, row, columns) === undefined),
    }));
    return () => {
      for (const { table, rows } of genuine)
        for (const row of rows) {
          const now = database.prepare<unknown[], RowValues>(`select * from ${table} where ${whereKey(table)}`);
          const changed = now.get(...keyValues(table, row));
          if (changed !== undefined) write(database, table, row, { mac: macs.sign(table, changed) });
        }
    };
  },
});

/** Under another key no row is genuine: it would lose what the migration signs anew, also for who puts the key back later. */
const demandKeyOf = (database: BetterSqlite3.Database, macs: RowMacs): void => {
  const count = (table: 'accounts' | 'api_keys') =>
    rowsOf(database, table).filter((row) => macs.refusal(table, row) === 'unknown_key').length;
  const [accounts, apiKeys] = [count('accounts'), count('api_keys')];
  if (accounts + apiKeys > 0) throw wrongKey(database.name, { accounts, apiKeys, others: 0 });
};
