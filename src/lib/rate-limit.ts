// How often somebody may do something: one token bucket for each name, in memory and bounded. Whether several processes
// count each for itself or together is decided where everything is made, by the CreateLimit that it hands out.
import { createBoundedMap } from './bounded-map.ts';
import type { Clock } from './clock.ts';

export interface Rate {
  /** So many at once after a pause, */
  readonly times: number;
  /** and as many again after so many milliseconds. */
  readonly perMs: number;
}

/**
 * `cost` is a whole number, 1 unless given: what costs more than `times` is never allowed. Nothing here rejects: a limit
 * that cannot be counted must not become an error of what it limits.
 */
export interface RateLimit {
  /** Seconds until one more is allowed for this name; 0: now. Counts nothing. */
  wait(name: string, cost?: number): Promise<number>;
  /** Counts one, allowed or not: what came in at the same time is paid for later, with a full bucket at most. */
  count(name: string, cost?: number): Promise<void>;
  /** Counts one where it is allowed, both in one step: of two calls at once only one gets the last. @returns 0, or the seconds to wait. */
  take(name: string, cost?: number): Promise<number>;
}

/** Makes a limit. `name` says which: a limit that several processes count together has one name in all of them. */
export type CreateLimit = (name: string, rate: Rate) => RateLimit;

const maxRemembered = 10_000;

interface Bucket {
  units: number;
  countedAt: number;
}

/** The name that was quiet for longest is forgotten beyond 10,000, which gives it back its time at worst. */
const createRateLimit = (clock: Clock, { times, perMs }: Rate): RateLimit => {
  // Whole units, of which `times` come in every millisecond: no rounding makes anybody wait twice.
  const full = times * perMs;
  const buckets = createBoundedMap<string, Bucket>({ maxSize: maxRemembered });

  const bucketOf = (name: string): Bucket => {
    const now = clock.now();
    const known = buckets.get(name);
    if (known === undefined) {
      const bucket = { units: full, countedAt: now };
      buckets.set(name, bucket);
      return bucket;
    }
    known.units = Math.min(full, known.units + Math.max(0, now - known.countedAt) * times);
    known.countedAt = now;
    return known;
  };
  const wait = (name: string, cost = 1): number =>
    Math.ceil(Math.max(0, cost * perMs - bucketOf(name).units) / times / 1000);
  const count = (name: string, cost = 1): void => {
    const bucket = bucketOf(name);
    bucket.units = Math.max(-full, bucket.units - cost * perMs);
  };
  return {
    wait: async (name, cost) => wait(name, cost),
    count: async (name, cost) => count(name, cost),
    // Nothing is awaited between looking and counting.
    take: async (name, cost) => {
      const seconds = wait(name, cost);
      if (seconds === 0) count(name, cost);
      return seconds;
    },
  };
};

/** Limits of this process alone. */
export const limitsInMemory =
  (clock: Clock): CreateLimit =>
  (_name, rate) =>
    createRateLimit(clock, rate);

/** What limits count for one client: an IPv4 address, or the /64 that one line gets of IPv6 (RFC 6177). */
export const addressGroup = (address: string): string => {
  if (!address.includes(':')) return address;
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
};

/** A rate limit whose names are network addresses, of which an IPv6 /64 is one. */
export const createAddressLimit = (createLimit: CreateLimit, ...which: Parameters<CreateLimit>): RateLimit => {
  const limit = createLimit(...which);
  return {
    wait: (address, cost) => limit.wait(addressGroup(address), cost),
    count: (address, cost) => limit.count(addressGroup(address), cost),
    take: (address, cost) => limit.take(addressGroup(address), cost),
  };
};
