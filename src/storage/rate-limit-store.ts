// The buckets of rate limits that several processes count together (lib/shared-rate-limit.ts): one row for each name that was
// counted of late, under a keyed hash. Nothing is decided before a statement: each is one step for the database.
import { type SqlBool, sql } from 'kysely';
import type { BucketStore } from '../lib/shared-rate-limit.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { Rows } from './protected-rows.ts';
import type { Database } from './schema.ts';

type FullAt = { full_at: number };

/** When a bucket is full, but not before now, as every database writes it. */
const later = (now: number, possible: number) => sql`
  case when rate_limits.full_at > ${now} and rate_limits.full_at <= ${possible} then rate_limits.full_at else ${now} end`;

export const createRateLimitStore = (db: Database): BucketStore => ({
  find: async (name) => {
    const row = await db.selectFrom('rate_limits').select('full_at').where('name', '=', name).executeTakeFirst();
    return row?.full_at;
  },
  take: async (name, { now, cost, latest, possible }) => {
    if (now + cost > latest) return undefined;
    const { rows } = await sql<FullAt>`
      insert into rate_limits (name, full_at) values (${name}, ${now + cost})
      on conflict (name) do update set full_at = ${later(now, possible)} + ${cost}
      where ${later(now, possible)} + ${cost} <= ${latest}
      returning full_at`.execute(db);
    return rows[0]?.full_at;
  },
  add: async (name, { now, cost, latest, possible }) => {
    const { rows } = await sql<FullAt>`
      insert into rate_limits (name, full_at) values (${name}, ${Math.min(now + cost, latest)})
      on conflict (name) do update
      set full_at = case when ${later(now, possible)} + ${cost} > ${latest} then ${latest} else ${later(now, possible)} + ${cost} end
      returning full_at`.execute(db);
    return rows[0]?.full_at ?? latest;
  },
});

/**
 * Deletes the buckets that are full again. There is no index on the time: every count changes it, and PostgreSQL writes a
 * row anew without touching any index only where no indexed column changed.
 * @param now milliseconds
 */
export const sweepRateLimits = (rows: Rows, now: number): Promise<void> =>
  deleteInBatches(rows, 'rate_limits', sql<SqlBool>`full_at <= ${now * 1000}`);
