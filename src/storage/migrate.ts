// Brings a database file to the newest schema, or says why not. Synchronous: nothing can come between its statements.
//
// Rows from before rows had MACs get one, once: in the migration that brings the column. Whoever can write to the file could
// take the MACs away and set the schema back, to have their own rows signed; so a database that holds anything sealed since
// then is not adopted a second time, and one that our key does not open is not adopted at all. They could put what is sealed
// aside meanwhile: so where nothing sealed proves that the database is ours, no key is signed. Rows that have a MAC are signed
// anew where a migration changes what it covers: only those whose MAC was good before, and as they were then. Whoever can
// write to the file may have changed what its tables hold twice or what happens at a write, so that what is read after the
// migrations need not be what was checked before them.
import type BetterSqlite3 from 'better-sqlite3';
import { accountKeyText } from '../model/account-key.ts';
import { type FormerlySigned, firstWithMacs, formerlySigned } from './formerly-signed.ts';
import { migrations } from './migrations.ts';
import type { RowMacs, RowValues } from './protected-rows.ts';
import { keyColumns, type ProtectedTable, protectedTableNames, signedColumns } from './protected-tables.ts';
import { type Envelope, envelopesIn, sealedAnew } from './sealed-columns.ts';
import { isOfProtectedRow, type Sealer } from './sealer.ts';
import { changedByTrigger, macsRemoved, newerSchema, notADatabase, wrongKey } from './storage-error.ts';

/** "Pstn", in the file's header: tells our databases from those of other programs. */
const applicationId = 0x5073746e;

const readNumber = (database: BetterSqlite3.Database, pragma: 'user_version' | 'application_id'): number =>
  Number(database.pragma(pragma, { simple: true }));

/** The schema the file has; 0 for an empty one. */
export const schemaOf = (database: BetterSqlite3.Database): number => {
  const schema = readNumber(database, 'user_version');
  const owner = readNumber(database, 'application_id');
  const tables = database.prepare<[], number>('select count(*) from sqlite_schema').pluck().get() ?? 0;
  if (owner !== applicationId && (owner !== 0 || schema !== 0 || tables > 0)) throw notADatabase(database.name);
  if (schema > migrations.length) throw newerSchema(database.name, schema, migrations.length);
  return schema;
};

/** What a migration cannot do in SQL; each throws a StorageError where it must not be done. */
export interface Adoption {
  /** Looks at a database from before rows had MACs. */
  check(database: BetterSqlite3.Database): void;
  /** Signs every row of it. */
  adopt(database: BetterSqlite3.Database): void;
  /** Looks for the genuine rows of tables whose MACs will cover something else. @returns signs them anew */
  prepareSigning(database: BetterSqlite3.Database, former: readonly FormerlySigned[]): () => void;
}

/**
 * Runs the missing migrations in one transaction that holds the write lock from its start, so that of many processes
 * starting at once one migrates and the others find it done. A file that is up to date is only read.
 * @throws StorageError `newer_schema`, `not_a_database`, or what the adoption throws; SQLITE_BUSY, worth another try.
 */
export const migrate = (database: BetterSqlite3.Database, adoption: Adoption): void => {
  if (schemaOf(database) === migrations.length) return;
  const bringUpToDate = database.transaction(() => {
    const former = schemaOf(database);
    if (hasTriggers(database)) throw changedByTrigger(database.name);
    const adopts = former > 0 && former < firstWithMacs;
    if (adopts) adoption.check(database);
    const changed = former < firstWithMacs ? [] : formerlySigned.filter(({ upTo }) => former <= upTo);
    const signAnew = adoption.prepareSigning(database, changed);
    for (const migration of migrations.slice(former)) database.exec(migration);
    signAnew();
    if (adopts) adoption.adopt(database);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
  });
  bringUpToDate.immediate();
};

/** Postern makes none: they are somebody else's, and would run while rows are signed. */
const hasTriggers = (database: BetterSqlite3.Database): boolean =>
  database.prepare("select 1 from sqlite_schema where type in ('trigger', 'view')").get() !== undefined;

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
    throw wrongKey(database.name, {
      accounts,
      apiKeys: 0,
      others: unreadable.length - ofAccounts.length,
      connections: 0,
    });
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
    const genuine = former.map(({ table, columns, migrated }) => ({
      table,
      rows: rowsOf(database, table)
        .filter((row) => macs.refusal(table, row, columns) === undefined)
        .map(migrated),
    }));
    return () => {
      for (const { table, rows } of genuine) {
        const present = database.prepare<[], NumberedRow>(`select rowid as row_number, * from ${table}`).all();
        const byKey = Map.groupBy(present, (row) => keyInAnyCase(table, row));
        const setMac = database.prepare(`update ${table} set mac = ? where rowid = ?`);
        for (const row of rows) {
          const [found, ...others] = byKey.get(keyInAnyCase(table, row)) ?? [];
          if (found !== undefined && others.length === 0 && saysTheSame(table, found, row))
            setMac.run(macs.sign(table, row), found.row_number);
        }
      }
    };
  },
});

type NumberedRow = RowValues & { readonly row_number: number };

/** A table that was made anew by somebody else may find a row under another's key. */
const keyInAnyCase = (table: ProtectedTable, row: RowValues): string =>
  JSON.stringify(keyValues(table, row)).toLowerCase();

const saysTheSame = (table: ProtectedTable, one: RowValues, other: RowValues): boolean =>
  signedColumns(table).every((column) => (one[column] ?? null) === (other[column] ?? null));

/** Under another key no row is genuine: it would lose what the migration signs anew, also for who puts the key back later. */
const demandKeyOf = (database: BetterSqlite3.Database, macs: RowMacs): void => {
  const count = (table: 'accounts' | 'api_keys') =>
    rowsOf(database, table).filter((row) => macs.refusal(table, row) === 'unknown_key').length;
  const [accounts, apiKeys] = [count('accounts'), count('api_keys')];
  if (accounts + apiKeys > 0) throw wrongKey(database.name, { accounts, apiKeys, others: 0, connections: 0 });
};
