import { existsSync, statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { isPostgresAvailable } from './test/support/postgres-server.ts';
import { storedTests } from './test/support/stored-tests.ts';

/**
 * A file system in memory, on Linux, for the tests' temporary folders. Every transaction waits until its database is on
 * the disk: on a busy one the suite would wait several minutes. A container may have made it too small to be of use.
 */
const memory = '/dev/shm';
const enough = 1_000_000_000;
const inMemory = () => {
  if (process.platform !== 'linux' || !existsSync(memory)) return {};
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize < enough ? {} : { TMPDIR: memory };
};

/** Programs that tests start are compiled once, not by each start: that takes longer than most of what they do. */
const compileCache = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.compile-cache', import.meta.url)) };

const env = { ...inMemory(), ...compileCache };
const common = { testTimeout: 20_000, hookTimeout: 60_000, restoreMocks: true, env };

/** Those that need a process of their own: they start others, or replace a module for everybody in it. */
const apart = ['test/e2e/**/*.test.ts', 'test/behaviour/faults.test.ts'];

/** Tests of what is stored. */
const stored = storedTests(['test/**/*.test.ts']);

/** They have a database, but are about what is said to callers, to people and on the command line: once is enough. */
const ofNoDatabase = [
  ...['test/{mcp,cli,identity}/**', 'test/http/{limits,mcp,pages}/**', 'test/behaviour/hostile-mail.test.ts'],
  ...['test/contract/{catalogue,api-documentation}.test.ts'],
  'test/e2e/!(crashes|rotation|several-processes|webhook-crashes).test.ts',
  // Troubles of a file.
  'test/behaviour/faults.test.ts',
];

/** Tests of what one engine alone has; what goes from one database to another is tried where there is PostgreSQL. */
const ofOneEngine = {
  sqlite: ['test/storage/sqlite/**'],
  postgres: ['test/several-processes/**', 'test/storage/postgres/**', 'test/storage/copy/**'],
};

const onPostgres = isPostgresAvailable();
if (!onPostgres)
  process.stderr.write(
    'NO TEST RUNS ON POSTGRESQL: there is none for this platform. Name a server in POSTERN_TEST_DATABASE_URL.\n',
  );

const postgres = {
  test: {
    ...common,
    name: 'postgres',
    include: stored,
    exclude: [...ofOneEngine.sqlite, ...ofNoDatabase],
    isolate: false,
    // Mostly they wait for the server. A group of its own, as those with other numbers of workers have to be.
    maxWorkers: 4,
    sequence: { groupOrder: 1 },
    env: { ...env, POSTERN_TEST_ENGINE: 'postgres' },
    globalSetup: ['test/support/postgres-server.ts'],
  },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // Sharing the modules they have loaded halves their time; no file may leave a trace.
      {
        test: {
          ...common,
          name: 'house',
          include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
          exclude: [...apart, ...ofOneEngine.postgres],
          isolate: false,
        },
      },
      { test: { ...common, name: 'apart', include: apart } },
      // Whatever stores something does so in PostgreSQL as it does in SQLite.
      ...(onPostgres ? [postgres] : []),
    ],
  },
});
