// The databases of the bench: PostgreSQL with the settings of a server that keeps what it acknowledged, and SQLite. And the
// same database as somebody else sees it: for rows in bulk, sizes, and what the server counts.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { locationOf } from '../../src/config/database.ts';
import type { DatabaseLocation, PostgresLocation } from '../../src/model/database-location.ts';
import { startPostgres } from '../../test/support/postgres-server.ts';

type Row = Record<string, unknown>;

export interface BenchDatabase {
  readonly engine: DatabaseLocation['engine'];
  readonly location: DatabaseLocation;
  /** As POSTERN_DATABASE_URL. */
  readonly url: string;
  /** For SQL that both engines take. */
  all(query: string): Promise<Row[]>;
  /** Runs statements that make many rows, then brings what the planner knows up to date. */
  fill(statements: readonly string[]): Promise<void>;
  /** An expression: eight hexadecimal digits of a number below 2^32. */
  hex(number: string): string;
  /** Bytes of all tables and indexes. */
  bytes(): Promise<number>;
  /** Bytes that `work` writes to the write-ahead log right after a checkpoint, and once more when its pages are in there. */
  logOf(work: () => Promise<void>): Promise<readonly [number, number]>;
  /** Statements that were run since the start, of the bench itself too; undefined: nobody counts them. */
  statements(): Promise<number | undefined>;
  /** Milliseconds of processor time that the server has used; undefined where it is not on this machine, or no server. */
  serverMs(): Promise<number | undefined>;
  close(): Promise<void>;
}

const schema = 'postern_bench';

/** Durable, and large enough for what is measured; everything else as it comes. */
const settings = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=1GB',
  'max_wal_size=8GB',
  'max_connections=100',
  'shared_preload_libraries=pg_stat_statements',
];

/** Of /proc/<pid>/stat, behind the program's name: parent, and ticks (10 ms) in user and kernel mode, of ended children too. */
const statOf = (pid: string | number): { readonly parent: number; readonly ms: number; readonly endedMs: number } => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [user = 0, kernel = 0, endedUser = 0, endedKernel = 0] = fields.slice(11);
  return { parent, ms: 10 * (user + kernel), endedMs: 10 * (endedUser + endedKernel) };
};

/** Milliseconds of processor time of a process; undefined where /proc says nothing. */
export const processorMs = (pid: number): number | undefined => {
  try {
    return statOf(pid).ms;
  } catch {
    return undefined;
  }
};

const serverMs = (backend: number): number | undefined => {
  try {
    const server = statOf(backend).parent;
    const { ms, endedMs } = statOf(server);
    const children = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').trim().split(' ');
    return ms + endedMs + children.reduce((sum, child) => sum + (processorMs(Number(child)) ?? 0), 0);
  } catch {
    return undefined;
  }
};

/** @param own the URL of a server of one's own: its schema postern_bench is made anew, and removed at the end */
export const openPostgresBench = async (own: string | undefined): Promise<BenchDatabase> => {
  const server = own === undefined ? await startPostgres(settings) : { url: own, stop: async () => {} };
  const url = new URL(server.url);
  if (own === undefined) url.searchParams.set('sslmode', 'disable');
  url.searchParams.set('schema', schema);
  const location = locationOf(url.href, { platform: 'linux', home: '/', cwd: '/' }, (problem) => {
    throw new Error(`POSTERN_BENCH_DATABASE_URL ${problem}`);
  }) as PostgresLocation;
  const { host, port, database, user, password, tls } = location;
  const ssl = tls === undefined ? false : { rejectUnauthorized: tls.mode === 'verify-full', ca: tls.authority };
  const client = new pg.Client({ host, port, database, user, password, ssl });
  await client.connect();
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.query(`set search_path = ${schema}, public`);
  const counts = await client.query('create extension if not exists pg_stat_statements with schema public').then(
    () => true,
    () => false,
  );
  const all = async (query: string): Promise<Row[]> => (await client.query(query)).rows;
  const number = async (query: string): Promise<number> => Number(Object.values((await all(query))[0] ?? {})[0]);
  const backend = await number('select pg_backend_pid()');
  const isHere = ['127.0.0.1', '::1', 'localhost'].includes(host);
  return {
    engine: 'postgres',
    location,
    url: url.href,
    all,
    fill: async (statements) => {
      for (const statement of statements) await client.query(statement);
      await client.query('vacuum analyze');
      await client.query('checkpoint').catch(() => undefined);
    },
    hex: (value) => `lpad(to_hex(${value}), 8, '0')`,
    bytes: () =>
      number(`select sum(pg_total_relation_size(oid)) from pg_class
        where relkind = 'r' and relnamespace = '${schema}'::regnamespace`),
    logOf: async (work) => {
      await client.query('checkpoint').catch(() => undefined);
      const position = () => number(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`);
      const before = await position();
      await work();
      const between = await position();
      await work();
      return [between - before, (await position()) - between];
    },
    statements: async () =>
      counts
        ? number(`select sum(calls) from pg_stat_statements
            where dbid = (select oid from pg_database where datname = current_database())`)
        : undefined,
    serverMs: async () => (isHere ? serverMs(backend) : undefined),
    close: async () => {
      await client.query(`drop schema if exists ${schema} cascade`);
      await client.end();
      await server.stop();
    },
  };
};

/** @param folder where its file is made; whoever made the folder removes it */
export const openSqliteBench = async (folder: string): Promise<BenchDatabase> => {
  const path = join(folder, 'postern.db');
  const database = new BetterSqlite3(path);
  const all = async (query: string): Promise<Row[]> => database.prepare<[], Row>(query).all();
  const number = (query: string): number => database.prepare<[], number>(query).pluck().get() ?? 0;
  return {
    engine: 'sqlite',
    location: { engine: 'sqlite', path },
    url: `sqlite:${path}`,
    all,
    fill: async (statements) => {
      database.pragma('synchronous = OFF');
      database.pragma('cache_size = -1000000');
      const tables = "tbl_name in ('accounts', 'api_keys', 'refresh_tokens_issued', 'tickets')";
      const indexes = await all(
        `select name, sql from sqlite_schema where sql is not null and type = 'index' and ${tables}`,
      );
      database.transaction(() => {
        // Made anew at the end: that takes a tenth of keeping them up to date row by row.
        for (const { name } of indexes) database.exec(`drop index ${name}`);
        for (const statement of statements) database.exec(statement);
        for (const { sql } of indexes) database.exec(String(sql));
      })();
      database.pragma('wal_checkpoint(TRUNCATE)');
      database.pragma('shrink_memory');
    },
    hex: (value) => `printf('%08x', ${value})`,
    bytes: async () => number('pragma page_count') * number('pragma page_size'),
    logOf: async (work) => {
      const log = `${path}-wal`;
      database.pragma('wal_checkpoint(TRUNCATE)');
      // Whoever reads keeps the log from being emptied.
      const reader = new BetterSqlite3(path, { readonly: true });
      reader.exec('begin');
      reader.prepare('select count(*) from leases').get();
      await work();
      const between = statSync(log).size;
      await work();
      const { size } = statSync(log);
      reader.close();
      return [between, size - between];
    },
    statements: async () => undefined,
    serverMs: async () => undefined,
    close: async () => {
      database.close();
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    },
  };
};
