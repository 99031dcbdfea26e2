// Waiting for a lock that another process holds, without blocking the event loop. Knows nothing of queries.
import type { RandomBytes } from '../lib/clock.ts';
import { inOurWords, isBusy } from './storage-error.ts';

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
