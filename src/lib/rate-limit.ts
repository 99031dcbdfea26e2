// How often somebody may do something: a token bucket for each name, in memory and bounded. Several processes count each for
// itself. Knows nothing of what is asked, nor whose name it is.
import type { Clock } from './clock.ts';

export interface Rate {
  /** So many at once after a pause, */
  readonly times: number;
  /** and as many again after so many milliseconds. */
  readonly perMs: number;
}

export interface RateLimit {
  /** Seconds until one more is allowed for this name; 0: now. Counts nothing. */
  wait(name: string): number;
  /** Counts one, allowed or not: what came in at the same time is paid for later, with a full bucket at most. */
  count(name: string): void;
  /** Counts one where it is allowed. @returns 0, or the seconds to wait. */
  take(name: string): number;
}

const maxRemembered = 10_000;

interface Bucket {
  units: number;
  countedAt: number;
}

/** The name that was quiet for longest is forgotten beyond 10,000, which gives it back its time at worst. */
export const createRateLimit = (clock: Clock, { times, perMs }: Rate): RateLimit => {
  // Whole units, of which `times` come in every millisecond: no rounding makes anybody wait twice.
  const full = times * perMs;
  const buckets = new Map<string, Bucket>();

  const bucketOf = (name: string): Bucket => {
    const now = clock.now();
    const bucket = buckets.get(name) ?? { units: full, countedAt: now };
    bucket.units = Math.min(full, bucket.units + Math.max(0, now - bucket.countedAt) * times);
    bucket.countedAt = now;
    buckets.delete(name);
    buckets.set(name, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > maxRemembered && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  };
  const wait: RateLimit['wait'] = (name) => Math.ceil(Math.max(0, perMs - bucketOf(name).units) / times / 1000);
  const count: RateLimit['count'] = (name) => {
    const bucket = bucketOf(name);
    bucket.units = Math.max(-full, bucket.units - perMs);
  };
  return {
    wait,
    count,
    take: (name) => {
      const seconds = wait(name);
      if (seconds === 0) count(name);
      return seconds;
    },
  };
};
