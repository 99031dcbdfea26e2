// The pool of connections to PostgreSQL, and how long anything waits for it. What says that nothing was done is tried again
// on another connection until the patience is over: a server that restarts, a standby that takes over.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { RandomBytes } from '../../lib/clock.ts';
import type { PostgresLocation } from '../../model/database-location.ts';
import { endsConnection, inOurWords, isConnectionLost, isSafeToRetry } from './errors.ts';

/** Milliseconds. */
export interface PostgresTimes {
  /** In all, for a connection and for tries that came to nothing. */
  readonly patience: number;
  /** One statement, on the server. */
  readonly statement: number;
  /** Waiting for a lock, on the server. */
  readonly lock: number;
  /** A transaction that stands still is ended by the server, so that the locks of a process that hangs are free. */
  readonly idleInTransaction: number;
  /** The answer to one statement, where the server or the network says nothing any more. */
  readonly answer: number;
}

export const defaultTimes: PostgresTimes = {
  patience: 4_000,
  statement: 5_000,
  lock: 3_000,
  idleInTransaction: 10_000,
  answer: 8_000,
};

/** For what has no end that could be foretold; a connection still has to come in time. */
export const withoutLimit: PostgresTimes = { ...defaultTimes, statement: 0, lock: 0, idleInTransaction: 0, answer: 0 };

/** For long work on many rows, of which no single statement has to be quick. */
export const unhurried: PostgresTimes = {
  ...defaultTimes,
  statement: 600_000,
  lock: 60_000,
  idleInTransaction: 600_000,
  answer: 610_000,
};

const shortestPauseMs = 5;
const longestPauseMs = 250;

/** Idle connections are closed after this. Milliseconds. */
const idleMs = 60_000;

export interface Connections {
  /** A connection that is ready; whoever has it gives it back. @throws as node-postgres does */
  connect(): Promise<pg.PoolClient>;
  /** Gives a connection back; one that `error` says nothing good of is closed. */
  release(client: pg.PoolClient, error?: unknown): void;
  /**
   * Tries until something other is thrown than what may be tried again.
   * @param mayRepeat whether an attempt may be repeated that ended without an answer; unless said, only where nothing was done
   * @throws StorageError `busy`, or what was thrown
   */
  patiently<T>(attempt: () => Promise<T>, mayRepeat?: (error: unknown) => boolean): Promise<T>;
  end(): Promise<void>;
}

/** All whole numbers of ours are far below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig;

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const settingsOf = (schema: string, times: PostgresTimes): string =>
  [
    `set search_path = ${identifier(schema)}`,
    `set statement_timeout = ${times.statement}`,
    `set lock_timeout = ${times.lock}`,
    `set idle_in_transaction_session_timeout = ${times.idleInTransaction}`,
    `set default_transaction_isolation = 'read committed'`,
  ].join('; ');

const tlsOf = ({ tls }: PostgresLocation): pg.PoolConfig['ssl'] =>
  tls === undefined ? false : { rejectUnauthorized: tls.mode === 'verify-full', ca: tls.authority };

/** Between half and all of it, so that those who were in each other's way do not meet again. */
const varied = (milliseconds: number, random: RandomBytes): number =>
  (milliseconds * (1 + (random(1)[0] ?? 0) / 255)) / 2;

/** @param place what messages call the database */
export const createConnections = (
  location: PostgresLocation,
  place: string,
  { random, times }: { readonly random: RandomBytes; readonly times: PostgresTimes },
): Connections => {
  const pool = new pg.Pool({
    host: location.host,
    port: location.port,
    database: location.database,
    user: location.user,
    password: location.password,
    ssl: tlsOf(location),
    application_name: 'postern',
    max: location.poolSize,
    idleTimeoutMillis: idleMs,
    connectionTimeoutMillis: times.patience,
    query_timeout: times.answer,
    keepAlive: true,
    types,
    onConnect: async (client: pg.ClientBase) => {
      await client.query(settingsOf(location.schema, times));
    },
  });
  // An idle connection that ends is replaced; whoever needs one is told when it cannot be.
  pool.on('error', () => {});
  // One that is in use says it too, beside failing its statement; unheard it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));

  const patiently: Connections['patiently'] = async (attempt, mayRepeat = isSafeToRetry) => {
    const giveUpAt = performance.now() + times.patience;
    for (let milliseconds = shortestPauseMs; ; milliseconds = Math.min(longestPauseMs, milliseconds * 2)) {
      try {
        return await attempt();
      } catch (error) {
        if (!mayRepeat(error) || performance.now() + milliseconds > giveUpAt) throw inOurWords(error, place);
      }
      await pause(varied(milliseconds, random));
    }
  };

  return {
    patiently,
    connect: () =>
      patiently(
        () => pool.connect(),
        (error) => isConnectionLost(error) || isSafeToRetry(error),
      ),
    release: (client, error) => client.release(error !== undefined && endsConnection(error)),
    end: async () => {
      if (!pool.ending) await pool.end();
    },
  };
};
