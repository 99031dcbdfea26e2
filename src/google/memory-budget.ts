// How many bytes of Google's answers this process has in memory at once, over all calls. Who needs more than a little waits
// in a fair queue before reading on (the connection stands still meanwhile), so that sixty people who read large mail take
// no more memory than the first few.
import { createFairSemaphore, type Lease } from '../lib/semaphore.ts';

/** Bytes. For `small` nobody waits; most mail is `medium`; more is reserved at once, all that the work will need. */
const small = 64 * 1024;
const medium = 1024 * 1024;
const mostMedium = 24;
const mediumOfAccount = 6;
/** Bytes for all large ones together. */
const large = 40 * 1024 * 1024;

/** The memory of one piece of work (a message with its texts, an attachment). */
export interface MemoryReservation {
  /**
   * Waits until the work may have `bytes` in memory: all of its bytes together, not so many more.
   * @returns false once the call's signal is aborted.
   */
  growTo(bytes: number): Promise<boolean>;
  /** Nothing is in memory any more; may be called again. */
  release(): void;
}

export interface MemoryBudget {
  /** @param most bytes that the work will ever need. */
  open(account: string, most: number, signal: AbortSignal): MemoryReservation;
  /** Bytes reserved beyond the small amounts that everybody has. */
  readonly inUse: number;
}

/** Requests of one account are bounded by what sends them; they wait and are not refused. */
const anyNumber = Number.POSITIVE_INFINITY;

export const createMemoryBudget = (): MemoryBudget => {
  const mediums = createFairSemaphore({ total: mostMedium, accountAtOnce: mediumOfAccount, accountWaiting: anyNumber });
  const larges = createFairSemaphore({ total: large, accountAtOnce: 1, accountWaiting: anyNumber });
  return {
    get inUse() {
      return mediums.inUse * medium + larges.inUse;
    },
    open: (account, most, signal) => {
      let reserved = small;
      let lease: Lease | undefined;
      let released = false;
      let before = Promise.resolve(true);
      // Who has a medium amount may wait for a large one, never the other way round: so there is no deadlock.
      const more = async (bytes: number): Promise<boolean> => {
        if (bytes <= reserved) return !signal.aborted;
        const isMedium = bytes <= medium;
        const got = isMedium
          ? await mediums.lease(account, 1, signal)
          : await larges.lease(account, Math.max(most, bytes), signal);
        if (typeof got === 'string') return false;
        lease?.release();
        if (released) got.release();
        lease = got;
        reserved = isMedium ? medium : anyNumber;
        return true;
      };
      return {
        // One after the other: two texts of one message would wait for each other.
        growTo: (bytes) => {
          before = before.then(() => more(bytes));
          return before;
        },
        release: () => {
          released = true;
          lease?.release();
        },
      };
    },
  };
};
