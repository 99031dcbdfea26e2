// Whose copy a database is (copy.ts), as it says itself: written before the first row, gone once a Postern serves on it.
import { sql } from 'kysely';
import { copiedTables } from './copied-tables.ts';
import type { Engine, Snapshot } from './engine.ts';
import type { Database } from './schema.ts';
import { livesMs } from './sealing-key-store.ts';
import { copyRefused, unfinishedCopy } from './storage-error.ts';

/** `other`: it holds what is of no copy of this source; nothing was changed. */
export type Marking = { readonly kind: 'marked' } | { readonly kind: 'other'; readonly why: string };

const readMark = (db: Database) => db.selectFrom('copied_from').select(['source', 'finished']).executeTakeFirst();

/** Which key is in use is said of a database that was only looked at, too. */
const isEmpty = async (db: Database): Promise<boolean> => {
  for (const { table } of copiedTables)
    if (
      table !== 'sealing_key_in_use' &&
      (await sql`select 1 from ${sql.table(table)} limit 1`.execute(db)).rows.length > 0
    )
      return false;
  return true;
};

const demandNobodyRuns = async (db: Database, place: string, now: number): Promise<void> => {
  const running = await db
    .selectFrom('processes')
    .select('id')
    .where('seen_at', '>=', now - livesMs)
    .executeTakeFirst();
  if (running !== undefined)
    throw copyRefused(
      `A Postern runs on ${place}, or was killed there less than three minutes ago. Stop it, or name another target.`,
    );
};

/**
 * Says in the target that it holds a part of the source from now on, where it is empty or a copy of that already.
 * @param now milliseconds on the target's clock
 * @throws StorageError `copy_refused` while a Postern runs on the target, and where the source is a part of something itself
 */
export const markUnfinished = async (source: Snapshot, target: Engine, now: number): Promise<Marking> => {
  await demandWhole(source.db, source.place);
  return target.transaction({ of: ['copied from'] }, async (db) => {
    await demandNobodyRuns(db, target.place, now);
    const mark = await readMark(db);
    const empty = await isEmpty(db);
    if (!empty && mark?.source !== source.place)
      return { kind: 'other', why: holdsOther(target.place, source.place, mark?.source) };
    if (!empty && (await isEmpty(source.db)))
      throw copyRefused(
        `The source ${source.place} is empty, though ${target.place} holds a copy of what was there. See that it is the right one; nothing was changed.`,
      );
    const values = { source: source.place, finished: 0 } as const;
    await db
      .insertInto('copied_from')
      .values({ only_row: 1, ...values })
      .onConflict((conflict) => conflict.column('only_row').doUpdateSet(values))
      .execute();
    return { kind: 'marked' };
  });
};

const holdsOther = (place: string, source: string, of: string | undefined): string =>
  of === undefined
    ? `The target ${place} holds a Postern already, which differs from ${source} or has served since it was copied. Nothing was changed. Name an empty target: another file, or ?schema=NAME of the same PostgreSQL database.`
    : `The target ${place} holds a copy of another database, ${of}. Nothing was changed. Name that one as the source, exactly so, or an empty target.`;

export const markFinished = async (target: Engine): Promise<void> => {
  await target.db.updateTable('copied_from').set({ finished: 1 }).execute();
};

/** @throws StorageError `unfinished_copy` for a database that holds only a part of another one */
export const demandWhole = async (db: Database, place: string): Promise<void> => {
  const mark = await readMark(db);
  if (mark?.finished === 0) throw unfinishedCopy(place, mark.source);
};

/**
 * From now on a database is nobody's copy: `storage copy` writes nothing over it any more.
 * @throws StorageError `unfinished_copy` where a copy began since the database was opened: its mark stays
 */
export const endCopying = async (db: Database, place: string): Promise<void> => {
  if ((await readMark(db)) === undefined) return;
  await db.deleteFrom('copied_from').where('finished', '=', 1).execute();
  await demandWhole(db, place);
};
