// How often one network address may do something, before anybody knows who it is: a token bucket each, in memory and
// bounded. Several processes count each for itself. Knows nothing of what is asked, nor how an address was found.
import type { Clock } from './clock.ts';

export interface AddressLimit {
  /** Seconds until one more is allowed for this address; 0: now. Counts nothing. */
  wait(address: string): number;
  /** Counts one, allowed or not: what came in at the same time is paid for later, with a full bucket at most. */
  count(address: string): void;
  /** Counts one where it is allowed. @returns 0, or the seconds to wait. */
  take(address: string): number;
}

const maxRemembered = 10_000;

interface Bucket {
  units: number;
  countedAt: number;
}

/** What limits count for one client: an IPv4 address, or the /64 that one line gets of IPv6 (RFC 6177). */
export const addressGroup = (address: string): string => {
  if (!address.includes(':')) return address;
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
};

/**
 * @param rate `times` at once after a pause, and as many again after `perMs` milliseconds. The address that was quiet
 * for longest is forgotten beyond 10,000, which gives it back its time at worst.
 */
export const createAddressLimit = (
  clock: Clock,
  { times, perMs }: { readonly times: number; readonly perMs: number },
): AddressLimit => {
  // Whole units, of which `times` come in every millisecond: no rounding makes anybody wait twice.
  const full = times * perMs;
  const buckets = new Map<string, Bucket>();

  const bucketOf = (address: string): Bucket => {
    const group = addressGroup(address);
    const now = clock.now();
    const bucket = buckets.get(group) ?? { units: full, countedAt: now };
    bucket.units = Math.min(full, bucket.units + Math.max(0, now - bucket.countedAt) * times);
    bucket.countedAt = now;
    buckets.delete(group);
    buckets.set(group, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > maxRemembered && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  };
  const wait: AddressLimit['wait'] = (address) =>
    Math.ceil(Math.max(0, perMs - bucketOf(address).units) / times / 1000);
  const count: AddressLimit['count'] = (address) => {
    const bucket = bucketOf(address);
    bucket.units = Math.max(-full, bucket.units - perMs);
  };
  return {
    wait,
    count,
    take: (address) => {
      const seconds = wait(address);
      if (seconds === 0) count(address);
      return seconds;
    },
  };
};
