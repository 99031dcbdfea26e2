// The database of a test, in whichever engine its project is for; and the same database as somebody else sees it, for
// looking and for tampering.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { inject } from 'vitest';
import { locationOf } from '../../src/config/database.ts';
import type { DatabaseLocation, PostgresLocation } from '../../src/model/database-location.ts';
import { openPostgres } from '../../src/storage/postgres/database.ts';
import { makeDatabase, nothingToAdopt } from './migrated-database.ts';

/** Which database this run of a test is on. */
export const engine = process.env.POSTERN_TEST_ENGINE === 'postgres' ? 'postgres' : 'sqlite';

/** Few connections: several worlds are open at once, and a server of somebody's own has perhaps a hundred. */
const urlAt = (schema: string): string => {
  const url = new URL(inject('postgresUrl'));
  url.searchParams.set('schema', schema);
  url.searchParams.set('pool_size', '3');
  return url.href;
};

const schemaAt = (schema: string): PostgresLocation => {
  const location = locationOf(urlAt(schema), { platform: 'linux', home: '/', cwd: '/' }, (problem) => {
    throw new Error(problem);
  });
  if (location?.engine !== 'postgres') throw new Error('POSTERN_TEST_DATABASE_URL is not PostgreSQL.');
  return location;
};

const clientOf = ({ host, port, database, user, password, tls }: PostgresLocation): pg.Client => {
  const ssl = tls !== undefined && { rejectUnauthorized: tls.mode === 'verify-full', ca: tls.authority };
  const types = { getTypeParser: (oid: number) => (oid === 20 ? Number : pg.types.getTypeParser(oid)) };
  return new pg.Client({ host, port, database, user, password, ssl, types: types as pg.CustomTypesConfig });
};

/** Schemas that no test uses any more, with rows of the last one: making one takes longer than most tests. */
const free: string[] = [];

/** Schemas that tests changed. */
const altered = new Set<string>();

/** Statements that put back what a test took from a schema. */
const repairs = new Map<string, string>();

/** Stays open as long as this process. */
let emptying: Promise<pg.Client> | undefined;

const connectForEmptying = async (location: PostgresLocation): Promise<pg.Client> => {
  const client = clientOf(location);
  client.on('error', () => {});
  await client.connect();
  await client.query('set session_replication_role = replica');
  return client;
};

const emptied = async (location: PostgresLocation): Promise<void> => {
  emptying ??= connectForEmptying(location);
  const client = await emptying;
  const { schema } = location;
  const { rows } = await client.query('select tablename from pg_tables where schemaname = $1', [schema]);
  const ours = rows.map(({ tablename }) => String(tablename)).filter((table) => table !== 'postern_schema');
  await client.query(
    [
      `set search_path = ${schema}`,
      ...ours.map((table) => `delete from ${table}`),
      'alter sequence webhook_deliveries_sequence restart',
      repairs.get(schema) ?? '',
    ].join(';'),
  );
  repairs.delete(schema);
};

const newSchema = async (): Promise<PostgresLocation> => {
  const location = newLocation();
  await (await openPostgres(location, nothingToAdopt, { random: randomBytes })).close();
  return location;
};

/** A schema that nobody made yet. */
export const newLocation = (): PostgresLocation => schemaAt(inject('schemaPrefix') + randomBytes(4).toString('hex'));

/** Schemas by the names under which the tests of this process ask for them. */
const named = new Map<string, PostgresLocation>();

/**
 * A database at the newest schema: the same for the same name, as long as its folder is there.
 * @param path a file that names it, in a folder of the test's own; absent: one that only the caller knows
 */
export const databaseAt = async (path: string): Promise<DatabaseLocation> => {
  if (engine === 'sqlite') {
    await makeDatabase(path);
    return { engine, path };
  }
  const known = named.get(path);
  if (known !== undefined) return known;
  for (const name of named.keys()) if (isAbsolute(name) && !existsSync(dirname(name))) giveBack(name);
  const used = free.pop();
  const location = used === undefined ? await newSchema() : schemaAt(used);
  if (used !== undefined) await emptied(location);
  named.set(path, location);
  return location;
};

/** A database that several may name, or one of the caller's own, in memory where that can be. */
export const databaseOf = async (path?: string): Promise<{ readonly location: DatabaseLocation; giveBack(): void }> => {
  if (path !== undefined) return { location: await databaseAt(path), giveBack: () => {} };
  if (engine === 'sqlite') return { location: { engine, path: ':memory:' }, giveBack: () => {} };
  const name = randomBytes(8).toString('hex');
  return { location: await databaseAt(name), giveBack: () => giveBack(name) };
};

/** Nobody uses it any more. */
export const giveBack = (path: string): void => {
  const location = named.get(path);
  if (location !== undefined && named.delete(path) && !altered.has(location.schema)) free.push(location.schema);
};

/** A copy of the database, under a name of its own: what a backup is. */
export const copyDatabase = async (from: DatabaseLocation, path: string): Promise<void> => {
  if (from.engine === 'sqlite') return copyFile(from.path, path);
  const copy = await databaseAt(path);
  const raw = await openRaw(copy);
  try {
    await raw.ignoreConstraints();
    for (const table of await raw.tables()) await raw.run(`insert into ${table} select * from ${from.schema}.${table}`);
  } finally {
    await raw.close();
  }
};

/** Everything that lies in the database, by the place where it does: files, or tables with their names. */
export const storedBytes = async (location: DatabaseLocation): Promise<Map<string, string>> => {
  if (location.engine === 'sqlite') {
    const names = (await readdir(dirname(location.path))).filter((name) => name.startsWith(basename(location.path)));
    const read = (name: string) => readFile(join(dirname(location.path), name), 'latin1');
    return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
  }
  const raw = await openRaw(location);
  try {
    const stored = new Map<string, string>();
    for (const table of await raw.tables()) {
      const rows = await raw.all(`select * from ${table}`);
      stored.set(table, rows.flatMap((row) => Object.values(row)).join('\n'));
    }
    return stored;
  } finally {
    await raw.close();
  }
};

/** As POSTERN_DATABASE_URL. */
export const urlOf = (location: DatabaseLocation): string =>
  location.engine === 'sqlite' ? `sqlite:${location.path}` : urlAt(location.schema);

export type RawRow = Record<string, unknown>;

export interface RawColumn {
  readonly name: string;
  readonly isInteger: boolean;
  readonly isNullable: boolean;
}

/** The database as whoever has its file, or its password, sees it. Parameters are `?`. */
export interface RawDatabase {
  all(query: string, ...parameters: unknown[]): Promise<RawRow[]>;
  /** The first column of every row. */
  values(query: string, ...parameters: unknown[]): Promise<unknown[]>;
  /** The first column of the first row. */
  value(query: string, ...parameters: unknown[]): Promise<unknown>;
  /** @returns how many rows it changed; several statements may stand in one without parameters */
  run(query: string, ...parameters: unknown[]): Promise<number>;
  /** Postern's, by name. */
  tables(): Promise<string[]>;
  columns(table: string): Promise<RawColumn[]>;
  /** How a statement would be run, as this engine says it; PostgreSQL without reading whole tables where it can. */
  explain(statement: string, values: readonly unknown[]): Promise<RawRow[]>;
  /** Changes the schema, which no other test gets then. */
  alter(statements: string): Promise<void>;
  /** What is written from here is stopped by no foreign key and by no check. */
  ignoreConstraints(): Promise<void>;
  /** Lets nobody else write until it is released, as a program does that is in the middle of a transaction. */
  holdWrites(): Promise<HeldWrites>;
  close(): Promise<void>;
}

interface HeldWrites {
  /** Resolves once somebody who wants to write has come. */
  inTheWay(): Promise<void>;
  release(): Promise<void>;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const valuesOf = (rows: readonly RawRow[]): unknown[] => rows.map((row) => Object.values(row)[0]);

const openRawSqlite = (path: string): RawDatabase => {
  const database = new BetterSqlite3(path, { timeout: 0 });
  const all: RawDatabase['all'] = async (query, ...parameters) =>
    database.prepare<unknown[], RawRow>(query).all(...parameters);
  const columns = 'select name, type = \'INTEGER\' as is_integer, "notnull" as not_null from pragma_table_info(?)';
  return {
    all,
    values: async (query, ...parameters) => valuesOf(await all(query, ...parameters)),
    value: async (query, ...parameters) => valuesOf(await all(query, ...parameters))[0],
    run: async (query, ...parameters) => {
      if (parameters.length > 0) return database.prepare<unknown[]>(query).run(...parameters).changes;
      database.exec(query);
      return database.prepare<[], number>('select changes()').pluck().get() ?? 0;
    },
    tables: async () =>
      valuesOf(await all("select name from sqlite_schema where type = 'table' order by name")).map(String),
    columns: async (table) =>
      (await all(columns, table)).map(({ name, is_integer, not_null }) => ({
        name: String(name),
        isInteger: is_integer === 1,
        isNullable: not_null === 0,
      })),
    explain: (statement) => all(`explain query plan ${statement}`, ...(statement.match(/\?/g) ?? []).map(() => null)),
    alter: async (statements) => void database.exec(statements),
    ignoreConstraints: async () => {
      database.pragma('foreign_keys = OFF');
      database.pragma('ignore_check_constraints = ON');
    },
    holdWrites: async () => {
      database.exec('begin immediate');
      return {
        // Whoever finds it locked tries again later, of which nothing can be seen.
        inTheWay: async () => {
          for (let turn = 0; turn < 20; turn++) await nextTurn();
        },
        release: async () => void database.exec('commit'),
      };
    },
    close: async () => void database.close(),
  };
};

const columnsOfPostgres = `select column_name as name, data_type, is_nullable from information_schema.columns
  where table_schema = current_schema() and table_name = ? order by ordinal_position`;

const openRawPostgres = async (location: PostgresLocation): Promise<RawDatabase> => {
  const { schema } = location;
  const client = clientOf(location);
  await client.connect();
  await client.query(`set search_path = ${schema}`);
  const numbered = (query: string): string => {
    let number = 0;
    return query.replaceAll('?', () => `$${++number}`);
  };
  const all: RawDatabase['all'] = async (query, ...parameters) =>
    (await client.query(numbered(query), parameters)).rows;
  return {
    all,
    values: async (query, ...parameters) => valuesOf(await all(query, ...parameters)),
    value: async (query, ...parameters) => valuesOf(await all(query, ...parameters))[0],
    run: async (query, ...parameters) => {
      const result =
        parameters.length > 0 ? await client.query(numbered(query), parameters) : await client.query(query);
      return (Array.isArray(result) ? result.at(-1) : result)?.rowCount ?? 0;
    },
    tables: async () =>
      valuesOf(await all('select tablename from pg_tables where schemaname = ? order by 1', schema))
        .map(String)
        .filter((table) => table !== 'postern_schema'),
    columns: async (table) =>
      (await all(columnsOfPostgres, table)).map(({ name, data_type, is_nullable }) => ({
        name: String(name),
        isInteger: data_type === 'bigint',
        isNullable: is_nullable === 'YES',
      })),
    explain: async (statement, values) => {
      await client.query('set enable_seqscan = off');
      return (await client.query(`explain (format json) ${statement}`, [...values])).rows;
    },
    alter: async (statements) => {
      altered.add(schema);
      await client.query(statements);
    },
    ignoreConstraints: async () => {
      const checks = await all(`
        select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
        from pg_constraint where contype = 'c' and connamespace = current_schema()::regnamespace`);
      const alter = (statement: (check: RawRow) => string) =>
        checks.map((check) => `alter table ${check.table} ${statement(check)}`).join(';');
      await client.query(`set session_replication_role = replica; ${alter(({ name }) => `drop constraint ${name}`)}`);
      // The next test has them again.
      repairs.set(
        schema,
        alter(({ name, definition }) => `add constraint ${name} ${definition}`),
      );
    },
    holdWrites: async () => {
      const tables = valuesOf(await all('select tablename from pg_tables where schemaname = ?', schema));
      await client.query(`begin; lock table ${tables.join(', ')} in share mode`);
      const waiting = `select 1 from pg_locks where not granted and relation in
        (select oid from pg_class where relnamespace = '${schema}'::regnamespace)`;
      return {
        inTheWay: async () => {
          while ((await client.query(waiting)).rows.length === 0) await nextTurn();
        },
        release: async () => void (await client.query('commit')),
      };
    },
    close: () => client.end(),
  };
};

export const openRaw = async (location: DatabaseLocation): Promise<RawDatabase> =>
  location.engine === 'sqlite' ? openRawSqlite(location.path) : openRawPostgres(location);
