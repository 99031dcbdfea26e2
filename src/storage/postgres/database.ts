// Opens a PostgreSQL database: its connections, its schema, its locks, its clock.
import { createHash } from 'node:crypto';
import { Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { RandomBytes } from '../../lib/clock.ts';
import { databaseName, type PostgresLocation } from '../../model/database-location.ts';
import type { Dialect, Engine, LockName } from '../engine.ts';
import { type Adoption, migrate, type SchemaVersion } from '../migrate.ts';
import { migrations } from '../migrations.ts';
import type { Database, Schema } from '../schema.ts';
import { newerSchema, notADatabase } from '../storage-error.ts';
import {
  type Connections,
  createConnections,
  defaultTimes,
  type PostgresTimes,
  unhurried,
  withoutLimit,
} from './connections.ts';
import { toPostgres } from './ddl.ts';
import { createPostgresDialect } from './driver.ts';
import { isConnectionLost, isSafeToRetry } from './errors.ts';

const dialect: Dialect = {
  contains: (column, part) => sql<SqlBool>`strpos(lower(${column}), lower(${part} collate "C")) > 0`,
  isOneOf: (column, values) => sql<SqlBool>`${column} = any(${values})`,
  givenRows: (table, columns, rows) => sql`
    select ${sql.join(columns.map((column) => sql.ref(column)))}
    from pg_catalog.json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json)`,
  rowAddress: sql`ctid`,
  // As an array it is looked up row by row; joined with the table it might be read as a whole.
  isAddressIn: (selected) => sql<SqlBool>`ctid = any(array(${selected}))`,
};

/** A lock's number: of everything that PostgreSQL locks by number in this database, ours is one in 2^64. */
const lockNumber = (schema: string, { of }: LockName): string =>
  createHash('sha256')
    .update(JSON.stringify(['postern', schema, of]))
    .digest()
    .readBigInt64BE()
    .toString();

const lockWith = (schema: string, name: LockName): RawBuilder<unknown> =>
  name.shared === true
    ? sql`select pg_advisory_xact_lock_shared(${lockNumber(schema, name)}::bigint)`
    : sql`select pg_advisory_xact_lock(${lockNumber(schema, name)}::bigint)`;

const exists = async (db: Database, schema: string, relation: string): Promise<boolean> => {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select 1 from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = ${schema} and relname = ${relation}) as found`.execute(db);
  return rows[0]?.found === true;
};

const versionTable = 'postern_schema';
const deliverySequence = 'webhook_deliveries_sequence';
/** Of a named type and by its whole name: a function that somebody else put into the schema is not taken for PostgreSQL's. */
const sequence = sql`cast(${deliverySequence} as regclass)`;

/** Relations of a schema, without those that an extension made, as `pg_stat_statements` does wherever it is put. */
const relationsOf = (schema: string) => sql`pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where nspname = ${schema} and not exists (
    select 1 from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')`;

/** In one statement: another process may make the tables between two. */
const whatIsIn = async (db: Database, schema: string): Promise<'nothing' | 'postern' | 'something else'> => {
  const { rows } = await sql<{ versioned: boolean; empty: boolean }>`
    select exists (select 1 from ${relationsOf(schema)} and relname = ${versionTable}) as versioned,
      not exists (select 1 from ${relationsOf(schema)}) as empty`.execute(db);
  if (rows[0]?.versioned === true) return 'postern';
  return rows[0]?.empty === true ? 'nothing' : 'something else';
};

/** Triggers, views and rules: of ours there are none. */
const foreignObjects = (schema: string) => sql<{ found: number }>`
  select count(*) as found from ${relationsOf(schema)} and (
    relkind in ('v', 'm') or relhasrules
    or exists (select 1 from pg_trigger where tgrelid = pg_class.oid and not tgisinternal))`;

export const createSchemaVersion = (schema: string, place: string): SchemaVersion => ({
  place,
  read: async (db) => {
    const found = await whatIsIn(db, schema);
    if (found === 'something else') throw notADatabase(place);
    if (found === 'nothing') return 0;
    const { rows } = await sql<{ version: number }>`select version from ${sql.table(versionTable)}`.execute(db);
    const version = rows[0]?.version ?? 0;
    if (version > migrations.length) throw newerSchema(place, version, migrations.length);
    return version;
  },
  write: async (db, version) => {
    await sql`delete from ${sql.table(versionTable)}`.execute(db);
    await sql`insert into ${sql.table(versionTable)} (version) values (${version})`.execute(db);
  },
  begin: async (db) => {
    await lockWith(schema, { of: ['migrations'] }).execute(db);
    if (await exists(db, schema, versionTable)) return;
    const found = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db);
    // Whoever may not make schemas has one made for Postern.
    if (found.rows.length === 0) await sql`create schema ${sql.ref(schema)}`.execute(db);
    await sql`create table ${sql.table(versionTable)} (version bigint not null)`.execute(db);
    await sql`create sequence ${sql.table(deliverySequence)}`.execute(db);
  },
  hasForeignObjects: async (db) => ((await foreignObjects(schema).execute(db)).rows[0]?.found ?? 0) > 0,
  apply: async (db, migration) => {
    await sql.raw(toPostgres(migration)).execute(db);
  },
  tableExists: (db, table) => exists(db, schema, table),
  rowAddress: dialect.rowAddress,
});

const tablesOf = async (db: Database, schema: string): Promise<string[]> => {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = ${schema}`.execute(db);
  return rows.map(({ name }) => name);
};

/** Runs transactions, anew where others were in the way. Until it is committed, one that failed in whatever way is undone. */
const createTransaction =
  (db: Database, connections: Connections, schema: string): Engine['transaction'] =>
  (lock, work) =>
    connections.patiently(
      () =>
        db.transaction().execute(async (begun) => {
          if (lock !== undefined) await lockWith(schema, lock).execute(begun);
          return work(begun);
        }),
      (error) => isSafeToRetry(error) || isConnectionLost(error),
    );

/**
 * Connects to a PostgreSQL database and brings its schema up to date; of many processes that start at once one does.
 * @throws StorageError with a sentence that says what to do
 */
export const openPostgres = async (
  location: PostgresLocation,
  adoption: Adoption,
  options: { readonly random: RandomBytes; readonly times?: PostgresTimes; readonly unhurried?: boolean },
): Promise<Engine> => {
  const { schema } = location;
  const place = databaseName(location);
  const open = (poolSize: number, times: PostgresTimes) => {
    const connections = createConnections({ ...location, poolSize }, place, { random: options.random, times });
    const db: Database = new Kysely<Schema>({ dialect: createPostgresDialect(connections, place) });
    return { db, transaction: createTransaction(db, connections, schema), close: connections.end };
  };
  const { db, transaction, close } = open(
    location.poolSize,
    options.times ?? (options.unhurried === true ? unhurried : defaultTimes),
  );
  // A migration, and whoever waits for the one of another process, takes as long as it takes.
  const withoutHurry = async (work: (db: Database) => Promise<void>): Promise<void> => {
    const migrating = open(1, withoutLimit);
    try {
      await migrating.transaction(undefined, work);
    } finally {
      await migrating.close();
    }
  };
  try {
    await migrate(db, createSchemaVersion(schema, place), adoption, withoutHurry);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    db,
    place,
    dialect,
    transaction,
    lock: async (begun, name) => {
      await lockWith(schema, name).execute(begun);
    },
    nextDelivery: async (begun) => {
      const { rows } = await sql<{
        next: number;
      }>`select pg_catalog.nextval(${sequence}) as next`.execute(begun);
      return rows[0]?.next ?? 0;
    },
    readClock: async () => {
      const { rows } = await sql<{ now: number }>`
        select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db);
      return rows[0]?.now ?? 0;
    },
    ready: async () => {
      const { rows } = await sql<{ read_only: string }>`
        select current_setting('transaction_read_only') as read_only`.execute(db);
      return rows[0]?.read_only === 'off';
    },
    filled: async () => {
      await sql`
        select pg_catalog.setval(
          ${sequence}, greatest(pg_catalog.nextval(${sequence}), max(sequence))) from webhook_deliveries`.execute(db);
      // Until the server has seen by itself what the tables hold now, it would plan for empty ones.
      for (const table of await tablesOf(db, schema)) await sql`analyze ${sql.table(table)}`.execute(db);
    },
    erased: () => {},
    close,
  };
};
