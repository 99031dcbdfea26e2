// The database of a test, in whichever engine its project is for; and the same database as somebody else sees it, for
// looking and for tampering.
import { randomBytes } from 'node:crypto';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { inject } from 'vitest';
import { locationOf } from '../../src/config/database.ts';
import type { DatabaseLocation, PostgresLocation } from '../../src/model/database-location.ts';
import { openPostgres } from '../../src/storage/postgres/database.ts';
import { makeDatabase, nothingToAdopt } from './migrated-database.ts';

/** Which database this run of a test is on. */
export const engine = process.env.POSTERN_TEST_ENGINE === 'postgres' ? 'postgres' : 'sqlite';

const schemaAt = (schema: string): PostgresLocation => {
  const url = `${inject('postgresUrl')}?schema=${schema}&sslmode=disable`;
  const location = locationOf(url, { platform: 'linux', home: '/', cwd: '/' }, (problem) => {
    throw new Error(problem);
  });
  if (location?.engine !== 'postgres') throw new Error('POSTERN_TEST_DATABASE_URL is not PostgreSQL.');
  return location;
};

/** Schemas that no test uses any more, with rows of the last one. */
const free: string[] = [];

const emptied = async (location: PostgresLocation): Promise<void> => {
  const raw = await openRaw(location);
  try {
    const tables = await raw.all(`select tablename from pg_tables where schemaname = '${location.schema}'`);
    const ours = tables.map(({ tablename }) => tablename).filter((name) => name !== 'postern_schema');
    await raw.run(ours.map((name) => `delete from ${String(name)}`).join(';'));
  } finally {
    await raw.close();
  }
};

const newSchema = async (): Promise<PostgresLocation> => {
  const location = schemaAt(`t_${process.pid}_${randomBytes(4).toString('hex')}`);
  await (await openPostgres(location, nothingToAdopt, { random: randomBytes })).close();
  return location;
};

/** Schemas by the names under which the tests of this process ask for them. */
const named = new Map<string, PostgresLocation>();

/**
 * A database at the newest schema: the same for the same name.
 * @param path a file that names it, in a folder of the test's own; absent: one that only the caller knows
 */
export const databaseAt = async (path: string): Promise<DatabaseLocation> => {
  if (engine === 'sqlite') {
    await makeDatabase(path);
    return { engine, path };
  }
  const known = named.get(path);
  if (known !== undefined) return known;
  const used = free.pop();
  const location = used === undefined ? await newSchema() : schemaAt(used);
  if (used !== undefined) await emptied(location);
  named.set(path, location);
  return location;
};

/** A database that several may name, or one of the caller's own, in memory where that can be. */
export const databaseOf = async (
  path: string | undefined,
): Promise<{ readonly location: DatabaseLocation; giveBack(): void }> => {
  if (path !== undefined) return { location: await databaseAt(path), giveBack: () => {} };
  if (engine === 'sqlite') return { location: { engine, path: ':memory:' }, giveBack: () => {} };
  const name = randomBytes(8).toString('hex');
  return { location: await databaseAt(name), giveBack: () => giveBack(name) };
};

/** Nobody uses it any more. */
export const giveBack = (path: string): void => {
  const location = named.get(path);
  if (location !== undefined && named.delete(path)) free.push(location.schema);
};

/** As POSTERN_DATABASE_URL. */
export const urlOf = (location: DatabaseLocation): string => {
  if (location.engine === 'sqlite') return `sqlite:${location.path}`;
  const { host, port, database, user, password = '', schema } = location;
  return `postgres://${user}:${password}@${host}:${port}/${database}?schema=${schema}&sslmode=disable`;
};

type RawRow = Record<string, unknown>;

/** The database as whoever has its file, or its password, sees it. Parameters are `?`. */
export interface RawDatabase {
  all(query: string, ...parameters: unknown[]): Promise<RawRow[]>;
  /** @returns how many rows it changed; several statements may stand in one without parameters */
  run(query: string, ...parameters: unknown[]): Promise<number>;
  close(): Promise<void>;
}

const openRawSqlite = (path: string): RawDatabase => {
  const database = new BetterSqlite3(path, { timeout: 0 });
  return {
    all: async (query, ...parameters) => database.prepare<unknown[], RawRow>(query).all(...parameters),
    run: async (query, ...parameters) => {
      if (parameters.length > 0) return database.prepare<unknown[]>(query).run(...parameters).changes;
      database.exec(query);
      return database.prepare<[], number>('select changes()').pluck().get() ?? 0;
    },
    close: async () => void database.close(),
  };
};

const openRawPostgres = async ({ schema, ...location }: PostgresLocation): Promise<RawDatabase> => {
  const { host, port, database, user, password } = location;
  const types = { getTypeParser: (oid: number) => (oid === 20 ? Number : pg.types.getTypeParser(oid)) };
  const client = new pg.Client({ host, port, database, user, password, types: types as pg.CustomTypesConfig });
  await client.connect();
  await client.query(`set search_path = ${schema}`);
  const numbered = (query: string): string => {
    let number = 0;
    return query.replaceAll('?', () => `$${++number}`);
  };
  return {
    all: async (query, ...parameters) => (await client.query(numbered(query), parameters)).rows,
    run: async (query, ...parameters) => {
      const result =
        parameters.length > 0 ? await client.query(numbered(query), parameters) : await client.query(query);
      return (Array.isArray(result) ? result.at(-1) : result)?.rowCount ?? 0;
    },
    close: () => client.end(),
  };
};

export const openRaw = async (location: DatabaseLocation): Promise<RawDatabase> =>
  location.engine === 'sqlite' ? openRawSqlite(location.path) : openRawPostgres(location);
