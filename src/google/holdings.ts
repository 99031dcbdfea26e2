// How many bytes of Google's answers this process holds at once, over all calls. Who needs more than a little waits for it
// in a fair queue before reading on (the connection stands still meanwhile), so that sixty people who read large mail take
// no more memory than the first few. Knows nothing of what is read.
import { createFairSlots, type Lease } from '../lib/fair-semaphore.ts';

/** Bytes. Up to `small` nobody waits; most mail is `medium`; anything beyond is reserved as a whole. */
const small = 64 * 1024;
const medium = 1024 * 1024;
const mostMedium = 24;
const mediumOfAccount = 6;
/** Bytes for all large ones together. */
const large = 40 * 1024 * 1024;

/** What one piece of work (a message with its texts, an attachment) holds. Amounts are of the whole, not added up. */
export interface Holding {
  /**
   * Waits until `bytes` may be held in all.
   * @returns false once the call's signal is aborted.
   */
  upTo(bytes: number): Promise<boolean>;
  /** Nothing is held any more; may be called again. */
  release(): void;
}

export interface Holdings {
  /** @param most bytes that it will ever need; more is not asked for. */
  open(account: string, most: number, signal: AbortSignal): Holding;
  /** Bytes that are given out beyond the small ones. */
  readonly inUse: number;
}

/** Requests of one account are bounded by what sends them; they wait and are not refused. */
const anyNumber = Number.POSITIVE_INFINITY;

export const createHoldings = (): Holdings => {
  const mediums = createFairSlots({ total: mostMedium, accountAtOnce: mediumOfAccount, accountWaiting: anyNumber });
  const larges = createFairSlots({ total: large, accountAtOnce: 1, accountWaiting: anyNumber });
  return {
    get inUse() {
      return mediums.inUse * medium + larges.inUse;
    },
    open: (account, most, signal) => {
      let held = small;
      let lease: Lease | undefined;
      let released = false;
      let before = Promise.resolve(true);
      // A holder of a medium place may wait for a large one, never the other way round: so nobody waits in a circle.
      const more = async (bytes: number): Promise<boolean> => {
        if (bytes <= held) return !signal.aborted;
        const isMedium = bytes <= medium;
        const got = isMedium
          ? await mediums.lease(account, 1, signal)
          : await larges.lease(account, Math.max(most, bytes), signal);
        if (typeof got === 'string') return false;
        lease?.release();
        if (released) got.release();
        lease = got;
        held = isMedium ? medium : anyNumber;
        return true;
      };
      return {
        // One after the other: two texts of one message would wait for each other's place.
        upTo: (bytes) => {
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
