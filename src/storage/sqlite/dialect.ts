// Kysely over one better-sqlite3 connection: transactions take the write lock at once, and whoever finds the database
// locked by another process waits asynchronously while others go on reading. What was written is brought from the
// write-ahead log into the database file and the log emptied, so that a copy of the file is not old, and nothing that was
// erased is left in the log; that never waits for others: what cannot be done now is tried again.
import type BetterSqlite3 from 'better-sqlite3';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { type BoundedMap, createBoundedMap } from '../../lib/bounded-map.ts';
import type { RandomBytes } from '../../lib/clock.ts';
import { busyToo, inOurWords, isBusy } from './errors.ts';

/** SQLite itself waits this long (it blocks the whole process meanwhile); all further waiting is asynchronous. Milliseconds. */
export const blockingWaitMs = 10;
/** When the asynchronous waits add up to this, the answer is `busy`. Milliseconds. */
const patienceMs = 5_000;
const shortestPauseMs = 2;
const longestPauseMs = 50;

export interface BusyRetry {
  /**
   * Waits for milliseconds. Not the program's clock: the lock is another process's, and opens in its own time even
   * where a test stands still.
   */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly random: RandomBytes;
}

/** Between half and all of a limit that doubles with every try, so that waiting processes do not meet again. */
const pauseBefore = (tries: number, random: RandomBytes): number => {
  const limit = Math.min(longestPauseMs, shortestPauseMs * 2 ** tries);
  return (limit * (1 + (random(1)[0] ?? 0) / 255)) / 2;
};

/**
 * Runs `attempt` until the database is not busy.
 * @throws StorageError `busy` after about five seconds; other SQLite errors in our words.
 */
export const retryWhileBusy = async <T>(
  attempt: () => T | Promise<T>,
  path: string,
  { pause, random }: BusyRetry,
): Promise<T> => {
  let waited = 0;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || waited >= patienceMs) throw inOurWords(error, path);
    }
    const milliseconds = pauseBefore(tries, random);
    await pause(milliseconds);
    waited += milliseconds;
  }
};

/** Milliseconds. */
const checkpointTimes = {
  /** After the last write: until then more may come that costs nothing more. */
  idle: 250,
  /** After the first write, however many follow. */
  latest: 2_000,
  /** Between tries while somebody reads or writes; the pause doubles up to the longest. */
  pause: 50,
  longestPause: 5_000,
} as const;

export interface Checkpoints {
  /** Something was written: soon there will be a checkpoint. */
  wrote(): void;
  /** Something was erased: one try at once, further ones soon. */
  erased(): void;
  /** Ends what is planned, after a last try. */
  stop(): void;
}

/** False: somebody else is reading or writing, or the disk is in trouble. Blocks as long as a write that finds a lock. */
const tryToCheckpoint = (database: BetterSqlite3.Database): boolean => {
  if (database.inTransaction) return false;
  try {
    const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return result?.busy === 0;
  } catch {
    // Whatever it is, whoever writes next is told; here it can only be tried again.
    return false;
  }
};

/** The timers are the system's, not the program's clock: locks open in their own time, also where a test stands still. */
export const createCheckpoints = (database: BetterSqlite3.Database): Checkpoints => {
  let timer: NodeJS.Timeout | undefined;
  /** When the planned checkpoint is due at the latest; undefined while none is planned, or one that failed is tried again. */
  let latest: number | undefined;
  /** Before the next try of one that failed. */
  let pause: number | undefined;

  const plan = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds).unref();
  };
  const run = (): void => {
    clearTimeout(timer);
    latest = undefined;
    if (tryToCheckpoint(database)) {
      pause = undefined;
      return;
    }
    pause = Math.min(2 * (pause ?? checkpointTimes.pause / 2), checkpointTimes.longestPause);
    plan(pause);
  };

  return {
    wrote: () => {
      // While somebody is in the way every try blocks a moment, so further writes bring none forward.
      if (pause !== undefined) return;
      const now = performance.now();
      latest ??= now + checkpointTimes.latest;
      plan(Math.max(0, Math.min(checkpointTimes.idle, latest - now)));
    },
    erased: run,
    stop: () => {
      clearTimeout(timer);
      tryToCheckpoint(database);
    },
  };
};

/** Kysely's own lock would be held through every wait; the driver below has a finer one. */
class ConcurrentAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

interface OpenTransaction {
  readonly connection: DatabaseConnection;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** Prepared statements by their text. Kysely compiles every query anew, but there are only some dozens of texts. */
type Statements = BoundedMap<string, BetterSqlite3.Statement<unknown[]>>;

const mostStatements = 200;

const prepared = (database: BetterSqlite3.Database, statements: Statements, text: string) => {
  const known = statements.get(text);
  if (known) return known;
  const statement = database.prepare<unknown[]>(text);
  statements.set(text, statement);
  return statement;
};

const run = <R>(database: BetterSqlite3.Database, statements: Statements, query: CompiledQuery): QueryResult<R> => {
  const statement = prepared(database, statements, query.sql) as BetterSqlite3.Statement<unknown[], R>;
  if (statement.reader) return { rows: statement.all(...query.parameters) };
  return { rows: [], numAffectedRows: BigInt(statement.run(...query.parameters).changes) };
};

/** By its text, without preparing it: that may wait for a lock too. */
const readsOnly = ({ sql }: CompiledQuery): boolean => /^\s*select\b/i.test(sql);

const createDriver = (database: BetterSqlite3.Database, retry: BusyRetry, wrote: () => void): Driver => {
  let open: OpenTransaction | undefined;
  const statements: Statements = createBoundedMap({ maxSize: mostStatements });
  /** The write that waits for another process's lock. A try blocks the whole process for a moment, so only one tries. */
  let waiting: symbol | undefined;

  /** Runs synchronous work once no other logical connection has a transaction open on the one real connection. */
  const inTurn = <T>(connection: DatabaseConnection, work: () => T): Promise<T> =>
    retryWhileBusy(
      async () => {
        while (open !== undefined && open.connection !== connection) await open.ended;
        return work();
      },
      database.name,
      retry,
    );

  const writeInTurn = <T>(connection: DatabaseConnection, work: () => T): Promise<T> => {
    const me = Symbol('write');
    const tryToWrite = (): T => {
      if (waiting !== undefined && waiting !== me && open === undefined) throw busyToo();
      try {
        const result = work();
        wrote();
        return result;
      } catch (error) {
        if (isBusy(error)) waiting = me;
        throw error;
      }
    };
    return inTurn(connection, tryToWrite).finally(() => {
      if (waiting === me) waiting = undefined;
    });
  };

  const execute = <R>(connection: DatabaseConnection, query: CompiledQuery): Promise<QueryResult<R>> => {
    const work = () => run<R>(database, statements, query);
    return readsOnly(query) ? inTurn(connection, work) : writeInTurn(connection, work);
  };

  const end = () => {
    open?.end();
    open = undefined;
  };

  return {
    init: async () => {},
    acquireConnection: async () => {
      const connection: DatabaseConnection = {
        executeQuery: (query) => execute(connection, query),
        streamQuery: () => {
          throw new Error('Results are small and read whole.');
        },
      };
      return connection;
    },
    beginTransaction: (connection) =>
      writeInTurn(connection, () => {
        // A deferred transaction that reads and then writes fails as soon as another process wrote in between.
        database.exec('begin immediate');
        const { promise, resolve } = Promise.withResolvers<void>();
        open = { connection, ended: promise, end: resolve };
      }),
    commitTransaction: async () => {
      try {
        database.exec('commit');
      } catch (error) {
        throw inOurWords(error, database.name);
      }
      end();
    },
    rollbackTransaction: async () => {
      try {
        // SQLite has rolled back by itself after some errors, such as a full disk.
        if (database.inTransaction) database.exec('rollback');
      } finally {
        end();
      }
    },
    releaseConnection: async () => {},
    // Kysely calls this only after a first query; whoever opened the database closes it.
    destroy: async () => {},
  };
};

/**
 * The dialect over an open database.
 * @param retry how to wait for locks of other processes
 * @param wrote is called after everything that may have written, in a transaction before its end
 */
export const createSqliteDialect = (
  database: BetterSqlite3.Database,
  retry: BusyRetry,
  wrote: () => void = () => {},
): Dialect => ({
  createAdapter: () => new ConcurrentAdapter(),
  createDriver: () => createDriver(database, retry, wrote),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
});
