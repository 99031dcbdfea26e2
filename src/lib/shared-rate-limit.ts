// Rate limits that several processes count together: the same token bucket as in rate-limit.ts, kept in the database as one
// number for each name, the time at which its bucket will be full again (what the generic cell rate algorithm calls the
// theoretical arrival time). Taking from it is one statement, so that of two processes only one gets the last.
//
// Not rate-limiter-flexible, though its PostgreSQL limiter has a block in memory and an insurance limiter: it counts in
// fixed windows, of which two full ones may follow each other at once and a used one makes everybody wait for its end; it
// counts what it refuses; it goes by the clock of each machine; and it makes its table itself, outside the migrations.
import { createBoundedMap } from './bounded-map.ts';
import type { Clock } from './clock.ts';
import { type CreateLimit, limitsInMemory, type RateLimit } from './rate-limit.ts';

/** What moves a bucket on. Times in microseconds since the epoch, so that what one costs is a whole number. */
interface BucketMove {
  readonly now: number;
  /** How much later the bucket will be full. */
  readonly cost: number;
  /** When it may be full at the latest. */
  readonly latest: number;
  /** No bucket is full later than this: one that is was moved on before the clock was put back, and counts as full. */
  readonly possible: number;
}

/** Where buckets are kept that several processes count in; `fullAt` is when one will be full. What is unknown is full. */
export interface BucketStore {
  /** @returns fullAt; undefined: full */
  find(name: string): Promise<number | undefined>;
  /** Moves it on where it is full at `latest` after that, in one step. @returns fullAt; undefined: it was not moved */
  take(name: string, move: BucketMove): Promise<number | undefined>;
  /** Moves it on whatever it is, to `latest` at most, in one step. @returns fullAt */
  add(name: string, move: BucketMove): Promise<number>;
}

export interface SharedLimitsOptions {
  readonly store: BucketStore;
  /** Of the database, where it has one: processes on several machines have to agree on the time. */
  readonly clock: Clock;
  /** What a bucket is called in the store, which holds no address and no account: a keyed hash, since addresses are few. */
  readonly hash: (text: string) => string;
  readonly log: (level: 'info' | 'warn', entry: { readonly event: string; readonly cause?: string }) => void;
}

/** How long limits are counted in memory after the store failed, before it is asked again. Milliseconds. */
const memoryForMs = 5_000;
/** How far the clocks of processes may be apart at most; milliseconds. */
const clocksDifferMs = 60_000;
/** Buckets of which a process knows that they were used up. */
const maxKnown = 10_000;

/** Asks the store while it answers, and what is given instead while it does not. */
const createInsurance = ({ clock, log }: SharedLimitsOptions) => {
  let memoryUntil: number | undefined;
  return async <T>(ask: () => Promise<T>, instead: () => Promise<T>): Promise<T> => {
    if (memoryUntil !== undefined) {
      if (clock.now() < memoryUntil) return instead();
      // One call asks whether it is back, which may take the database's whole patience; the others go on meanwhile.
      memoryUntil = clock.now() + memoryForMs;
    }
    try {
      const answer = await ask();
      if (memoryUntil !== undefined) log('info', { event: 'limits_shared_again' });
      memoryUntil = undefined;
      return answer;
    } catch (error) {
      // Said once: an outage fails every limit.
      if (memoryUntil === undefined)
        log('warn', { event: 'limits_in_memory', cause: error instanceof Error ? error.name : typeof error });
      memoryUntil = clock.now() + memoryForMs;
      return instead();
    }
  };
};

/**
 * Limits that all processes on a database count together. While it does not answer, each counts for itself in memory.
 * What a bucket was once found to be it is at least until its time has passed, so a name that used up its limit is refused
 * from memory: an attack does not become work for the database.
 */
export const sharedLimits = (options: SharedLimitsOptions): CreateLimit => {
  const { store, clock, hash } = options;
  const insured = createInsurance(options);
  const inMemory = limitsInMemory(clock);

  return (limitName, rate) => {
    const full = rate.perMs * 1000;
    // Rounded down: the last of a full bucket must not fail by a fraction of a microsecond.
    const priceOf = (cost: number): number => Math.floor((cost * full) / rate.times);
    const microseconds = (): number => Math.round(clock.now() * 1000);
    const instead = inMemory(limitName, rate);
    const known = createBoundedMap<string, number>({ maxSize: maxKnown });
    /** As far as `count` moves one on, whose clock may be a little ahead. */
    const possibleAt = (now: number): number => now + 2 * full + clocksDifferMs * 1000;
    const nameOf = (name: string): string => hash(JSON.stringify([limitName, name]));
    const isPossible = (fullAt: number | undefined, now: number): fullAt is number =>
      fullAt !== undefined && fullAt <= possibleAt(now);
    const secondsFor = (fullAt: number | undefined, cost: number, now: number): number => {
      const from = isPossible(fullAt, now) ? Math.max(fullAt, now) : now;
      return Math.ceil(Math.max(0, from + priceOf(cost) - full - now) / 1_000_000);
    };
    const remember = (bucket: string, fullAt: number | undefined, now: number): number | undefined => {
      const before = known.get(bucket);
      if (fullAt !== undefined) known.set(bucket, isPossible(before, now) ? Math.max(fullAt, before) : fullAt);
      return fullAt;
    };

    const wait: RateLimit['wait'] = async (name, cost = 1) => {
      const bucket = nameOf(name);
      const now = microseconds();
      const surely = secondsFor(known.get(bucket), cost, now);
      if (surely > 0) return surely;
      return insured(
        async () => secondsFor(remember(bucket, await store.find(bucket), now), cost, now),
        () => instead.wait(name, cost),
      );
    };
    const takeShared = async (bucket: string, cost: number): Promise<number> => {
      const now = microseconds();
      const move = { now, cost: priceOf(cost), latest: now + full, possible: possibleAt(now) };
      const taken = await store.take(bucket, move);
      if (remember(bucket, taken, now) !== undefined) return 0;
      // Where it was forgotten just now it is full again in a moment.
      return Math.max(1, secondsFor(remember(bucket, await store.find(bucket), now), cost, now));
    };

    return {
      wait,
      take: async (name, cost = 1) => {
        const bucket = nameOf(name);
        const surely = secondsFor(known.get(bucket), cost, microseconds());
        if (surely > 0) return surely;
        return insured(
          () => takeShared(bucket, cost),
          () => instead.take(name, cost),
        );
      },
      count: async (name, cost = 1) => {
        const bucket = nameOf(name);
        const now = microseconds();
        await insured(
          async () => {
            const move = { now, cost: priceOf(cost), latest: now + 2 * full, possible: possibleAt(now) };
            remember(bucket, await store.add(bucket, move), now);
          },
          () => instead.count(name, cost),
        );
      },
    };
  };
};
