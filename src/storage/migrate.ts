// Brings a database to the newest schema, or says why not, in one transaction.
//
// Rows from before rows had MACs get one, once: in the migration that brings the column. Whoever can write to the file could
// take the MACs away and set the schema back, to have their own rows signed; so a database that holds anything sealed since
// then is not adopted a second time, and one that our key does not open is not adopted at all. They could put what is sealed
// aside meanwhile: so where nothing sealed proves that the database is ours, no key is signed. Rows that have a MAC are signed
// anew where a migration changes what it covers: only those whose MAC was good before, and as they were then. Whoever can
// write to the file may have changed what its tables hold twice or what happens at a write, so that what is read after the
// migrations need not be what was checked before them.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { accountKeyText } from '../model/account-key.ts';
import { type FormerlySigned, firstWithMacs, formerlySigned } from './formerly-signed.ts';
import { migrations } from './migrations.ts';
import { keyColumns, type ProtectedTable, protectedTableNames, signedColumns } from './protected-tables.ts';
import type { RowMacs, RowValues } from './row-macs.ts';
import type { Database } from './schema.ts';
import { type Envelope, envelopesIn, sealedAnew } from './sealed-columns.ts';
import { isOfProtectedRow, type Sealer } from './sealer.ts';
import { changedByTrigger, macsRemoved, wrongKey } from './storage-error.ts';

/** How a database says which schema it has, and what of bringing it up to date is its own. */
export interface SchemaVersion {
  /** What messages call the database. */
  readonly place: string;
  /**
   * The schema it has; 0 for an empty one.
   * @throws StorageError `newer_schema`, or `not_a_database` where it is another program's
   */
  read(db: Database): Promise<number>;
  write(db: Database, version: number): Promise<void>;
  /** The first thing in the transaction: nobody else migrates until its end. */
  begin(db: Database): Promise<void>;
  /** Triggers, views and the like: Postern makes none. */
  hasForeignObjects(db: Database): Promise<boolean>;
  /** Runs the statements of one of migrations.ts. */
  apply(db: Database, migration: string): Promise<void>;
  tableExists(db: Database, table: string): Promise<boolean>;
  /** See Dialect. */
  readonly rowAddress: RawBuilder<unknown>;
}

/** What a migration cannot do in SQL; each throws a StorageError where it must not be done. */
export interface Adoption {
  /** Looks at a database from before rows had MACs. */
  check(opened: Opened): Promise<void>;
  /** Signs every row of it. */
  adopt(opened: Opened): Promise<void>;
  /** Looks for the genuine rows of tables whose MACs will cover something else. @returns signs them anew */
  prepareSigning(opened: Opened, former: readonly FormerlySigned[]): Promise<() => Promise<void>>;
}

/** A database in the transaction that brings it up to date. */
interface Opened extends Pick<SchemaVersion, 'place' | 'tableExists' | 'rowAddress'> {
  readonly db: Database;
}

/**
 * Runs the missing migrations in one transaction that nobody else can come into, so that of many processes starting at once
 * one migrates and the others find it done. A database that is up to date is only read.
 * @param transact runs a transaction
 * @throws StorageError `newer_schema`, `not_a_database`, or what the adoption throws
 */
export const migrate = async (
  db: Database,
  version: SchemaVersion,
  adoption: Adoption,
  transact: (work: (db: Database) => Promise<void>) => Promise<void>,
): Promise<void> => {
  if ((await version.read(db)) === migrations.length) return;
  await transact(async (begun) => {
    await version.begin(begun);
    const former = await version.read(begun);
    if (former === migrations.length) return;
    if (await version.hasForeignObjects(begun)) throw changedByTrigger(version.place);
    const opened = {
      db: begun,
      place: version.place,
      tableExists: version.tableExists,
      rowAddress: version.rowAddress,
    };
    const adopts = former > 0 && former < firstWithMacs;
    if (adopts) await adoption.check(opened);
    const changed = former < firstWithMacs ? [] : formerlySigned.filter(({ upTo }) => former <= upTo);
    const signAnew = await adoption.prepareSigning(opened, changed);
    for (const migration of migrations.slice(former)) await version.apply(begun, migration);
    await signAnew();
    if (adopts) await adoption.adopt(opened);
    await version.write(begun, migrations.length);
  });
};

const rowsOf = async ({ db, tableExists }: Opened, table: ProtectedTable): Promise<RowValues[]> =>
  (await tableExists(db, table)) ? (await sql<RowValues>`select * from ${sql.table(table)}`.execute(db)).rows : [];

const whereKey = (table: ProtectedTable, row: RowValues): RawBuilder<SqlBool> =>
  sql<SqlBool>`${sql.join(
    keyColumns(table).map((key) => sql`${sql.ref(key)} = ${row[key]}`),
    sql` and `,
  )}`;

const keyValues = (table: ProtectedTable, row: RowValues): unknown[] => keyColumns(table).map((key) => row[key]);

const remove = async ({ db }: Opened, table: ProtectedTable, row: RowValues): Promise<void> => {
  await sql`delete from ${sql.table(table)} where ${whereKey(table, row)}`.execute(db);
};

const write = async ({ db }: Opened, table: ProtectedTable, row: RowValues, change: RowValues): Promise<void> => {
  const assignments = Object.entries(change).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
  await sql`update ${sql.table(table)} set ${sql.join(assignments)} where ${whereKey(table, row)}`.execute(db);
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

const envelopesOf = async (opened: Opened): Promise<Envelope[]> => {
  const envelopes: Envelope[] = [];
  for (const table of protectedTableNames)
    envelopes.push(...(await rowsOf(opened, table)).flatMap((row) => envelopesIn(table, row)));
  return envelopes;
};

export const createAdoption = (sealer: Sealer, macs: RowMacs, options: AdoptionOptions): Adoption => ({
  check: async (opened) => {
    const envelopes = await envelopesOf(opened);
    if (envelopes.some(({ envelope }) => isOfProtectedRow(envelope))) throw macsRemoved(opened.place);
    const unreadable = envelopes.filter(({ envelope, place }) => sealer.open(envelope, place) === undefined);
    if (unreadable.length === 0 || options.discardUnreadable === true) return;
    const ofAccounts = unreadable.filter(({ place }) => place.table === 'accounts');
    const accounts = new Set(ofAccounts.map(({ place }) => accountKeyText(place.key))).size;
    throw wrongKey(opened.place, {
      accounts,
      apiKeys: 0,
      others: unreadable.length - ofAccounts.length,
      connections: 0,
    });
  },
  adopt: async (opened) => {
    const opens = ({ envelope, place }: Envelope) => sealer.open(envelope, place) !== undefined;
    const isOurs = options.discardUnreadable === true || (await envelopesOf(opened)).some(opens);
    let signed = 0;
    for (const table of protectedTableNames)
      for (const row of await rowsOf(opened, table)) {
        if (!isOurs && !saysNothing(table, row)) continue;
        const sealed = sealedAnew(table, row, sealer);
        if (sealed === undefined) await remove(opened, table, row);
        else await write(opened, table, row, { ...sealed, mac: macs.sign(table, { ...row, ...sealed }) });
        signed += sealed === undefined ? 0 : 1;
      }
    options.signedAtUpgrade?.(signed);
  },
  prepareSigning: async (opened, former) => {
    if (former.length > 0 && options.discardUnreadable !== true) await demandKeyOf(opened, macs);
    const genuine: { readonly table: ProtectedTable; readonly rows: RowValues[] }[] = [];
    for (const { table, columns, migrated } of former) {
      const rows = (await rowsOf(opened, table)).filter((row) => macs.refusal(table, row, columns) === undefined);
      genuine.push({ table, rows: rows.map(migrated) });
    }
    return async () => {
      for (const { table, rows } of genuine) await signRows(opened, macs, table, rows);
    };
  },
});

/** Signs those of these rows that the table holds, once and as they are here. */
const signRows = async (opened: Opened, macs: RowMacs, table: ProtectedTable, rows: readonly RowValues[]) => {
  const { db, rowAddress } = opened;
  const name = sql.table(table);
  const present = (await sql<AddressedRow>`select ${rowAddress} as row_address, ${name}.* from ${name}`.execute(db))
    .rows;
  const byKey = Map.groupBy(present, (row) => keyInAnyCase(table, row));
  for (const row of rows) {
    const [found, ...others] = byKey.get(keyInAnyCase(table, row)) ?? [];
    if (found !== undefined && others.length === 0 && saysTheSame(table, found, row))
      await sql`
        update ${name} set mac = ${macs.sign(table, row)} where ${rowAddress} = ${found.row_address}`.execute(db);
  }
};

type AddressedRow = RowValues & { readonly row_address: unknown };

/** A table that was made anew by somebody else may find a row under another's key. */
const keyInAnyCase = (table: ProtectedTable, row: RowValues): string =>
  JSON.stringify(keyValues(table, row)).toLowerCase();

const saysTheSame = (table: ProtectedTable, one: RowValues, other: RowValues): boolean =>
  signedColumns(table).every((column) => (one[column] ?? null) === (other[column] ?? null));

/** Under another key no row is genuine: it would lose what the migration signs anew, also for who puts the key back later. */
const demandKeyOf = async (opened: Opened, macs: RowMacs): Promise<void> => {
  const count = async (table: 'accounts' | 'api_keys') =>
    (await rowsOf(opened, table)).filter((row) => macs.refusal(table, row) === 'unknown_key').length;
  const [accounts, apiKeys] = [await count('accounts'), await count('api_keys')];
  if (accounts + apiKeys > 0) throw wrongKey(opened.place, { accounts, apiKeys, others: 0, connections: 0 });
};
