// A PostgreSQL database as it was at one moment: one transaction that only reads, which works on a standby too.
import { Kysely, sql } from 'kysely';
import type { RandomBytes } from '../../lib/clock.ts';
import { databaseName, type PostgresLocation } from '../../model/database-location.ts';
import type { Snapshot } from '../engine.ts';
import type { Schema } from '../schema.ts';
import { demandNewestSchema } from '../storage-error.ts';
import { createConnections, withoutLimit } from './connections.ts';
import { createSchemaVersion } from './database.ts';
import { createPostgresDialect } from './driver.ts';
import { inOurWords } from './errors.ts';

/**
 * See engines.ts. While it is open the server keeps what was deleted meanwhile, as for every long transaction.
 * @throws StorageError; what `work` throws
 */
export const withPostgresSnapshot = async <R>(
  location: PostgresLocation,
  { random }: { readonly random: RandomBytes },
  work: (snapshot: Snapshot) => Promise<R>,
): Promise<R> => {
  const place = databaseName(location);
  const connections = createConnections({ ...location, poolSize: 1 }, place, { random, times: withoutLimit });
  const all = new Kysely<Schema>({ dialect: createPostgresDialect(connections, place) });
  try {
    return await all.transaction().execute(async (db) => {
      await sql`set transaction isolation level repeatable read, read only`.execute(db);
      demandNewestSchema(place, await createSchemaVersion(location.schema, place).read(db));
      return work({ db, place });
    });
  } catch (error) {
    throw inOurWords(error, place);
  } finally {
    await connections.end();
  }
};
