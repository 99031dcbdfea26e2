// Kysely over the pool: a statement by itself takes any connection for as long as it runs, a transaction keeps one.
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Dialect as KyselyDialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type pg from 'pg';
import type { Connections } from './connections.ts';
import { inOurWords, isConnectionLost, isSafeToRetry } from './errors.ts';

/** PostgreSQL's texts hold no NUL; ours neither, so a text with one is nowhere (protected-rows.ts). */
const sendable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sendable);
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
};

const isReading = ({ sql }: CompiledQuery): boolean => /^\s*select\b/i.test(sql);

const run = async <R>(client: pg.PoolClient, query: CompiledQuery): Promise<QueryResult<R>> => {
  const { command, rowCount, rows } = await client.query(query.sql, query.parameters.map(sendable));
  const changes = ['INSERT', 'UPDATE', 'DELETE'].includes(command);
  return { rows, ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
};

interface Connection extends DatabaseConnection {
  /** In a transaction: its one connection to the server, and what came of it. */
  transaction: { readonly client: pg.PoolClient; error?: unknown } | undefined;
}

const createDriver = (connections: Connections, place: string): Driver => {
  const runAlone = async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
    const attempt = async (): Promise<QueryResult<R>> => {
      const client = await connections.connect();
      let failure: unknown;
      try {
        return await run<R>(client, query);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        connections.release(client, failure);
      }
    };
    // What only reads may be read again; of a write that was not answered nobody knows whether it was made.
    const readsAgain = (error: unknown) => isSafeToRetry(error) || isConnectionLost(error);
    return connections.patiently(attempt, isReading(query) ? readsAgain : isSafeToRetry);
  };

  const connectionWith = (): Connection => {
    const connection: Connection = {
      transaction: undefined,
      executeQuery: async (query) => {
        const { transaction } = connection;
        if (transaction === undefined) return runAlone(query);
        try {
          return await run(transaction.client, query);
        } catch (error) {
          transaction.error ??= error;
          throw error;
        }
      },
      streamQuery: () => {
        throw new Error('Results are small and read whole.');
      },
    };
    return connection;
  };

  const of = (connection: DatabaseConnection): Connection => connection as Connection;

  const end = async (connection: Connection, command: 'commit' | 'rollback'): Promise<void> => {
    const { transaction } = connection;
    if (transaction === undefined) return;
    connection.transaction = undefined;
    let failure = transaction.error;
    try {
      // A connection that was lost is rolled back by the server.
      const ended = isConnectionLost(failure) ? undefined : await transaction.client.query(command);
      // The server ends a transaction so in which a statement failed, whoever caught that.
      if (command === 'commit' && ended?.command !== 'COMMIT') throw new Error('The transaction was rolled back.');
    } catch (error) {
      failure = error;
      if (command === 'commit') throw inOurWords(error, place);
    } finally {
      connections.release(transaction.client, failure);
    }
  };

  return {
    init: async () => {},
    acquireConnection: async () => connectionWith(),
    beginTransaction: async (connection) => {
      const client = await connections.connect();
      try {
        await client.query('begin');
      } catch (error) {
        connections.release(client, error);
        throw error;
      }
      of(connection).transaction = { client };
    },
    commitTransaction: (connection) => end(of(connection), 'commit'),
    rollbackTransaction: (connection) => end(of(connection), 'rollback'),
    releaseConnection: async () => {},
    destroy: async () => {},
  };
};

/** @param place what messages call the database */
export const createPostgresDialect = (connections: Connections, place: string): KyselyDialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => createDriver(connections, place),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createIntrospector: (db) => new PostgresIntrospector(db),
});
