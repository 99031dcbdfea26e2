// Brings what was written from the write-ahead log into the database file and empties the log: so that a copy of the file
// is not old, and nothing that was erased is left in the log. Never waits for others; what cannot be done now is tried again.
import type BetterSqlite3 from 'better-sqlite3';

/** Milliseconds. */
export const checkpointTimes = {
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
