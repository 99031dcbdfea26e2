// How often one address may ask: a token bucket each, in memory, bounded. Knows nothing of what is asked.
import { isIPv6 } from 'node:net';
import type { Clock } from '../model/clock.ts';

export interface AddressLimit {
  /** Counts one request. Undefined: go ahead; otherwise how many whole seconds to wait. */
  take(address: string): number | undefined;
}

/** Beyond this, the address that asked longest ago is forgotten. */
const addressesKept = 10_000;

/** Everybody who has one IPv6 address has 2^64 of them (RFC 6177 §2), so that a /64 counts as one. */
const networkOf = (address: string): string => {
  const [plain = ''] = address.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [left = '', right] = plain.split('::');
  const [head, tail] = [left, right ?? ''].map((side) => side.split(':').filter(Boolean));
  const zeros = right === undefined ? 0 : 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  const groups = [...(head ?? []), ...Array<string>(Math.max(zeros, 0)).fill('0'), ...(tail ?? [])];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
};

/** @param rate at most `times` at once, and as many again after `perMs`. */
export const createAddressLimit = (
  { times, perMs }: { readonly times: number; readonly perMs: number },
  clock: Clock,
): AddressLimit => {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return {
    take: (address) => {
      const network = networkOf(address);
      const now = clock.now();
      const before = buckets.get(network) ?? { left: times, at: now };
      const left = Math.min(times, before.left + ((now - before.at) * times) / perMs);
      const allowed = left >= 1;
      buckets.delete(network);
      buckets.set(network, { left: allowed ? left - 1 : left, at: now });
      const [oldest] = buckets.keys();
      if (buckets.size > addressesKept && oldest !== undefined) buckets.delete(oldest);
      return allowed ? undefined : Math.ceil(((1 - left) * perMs) / times / 1000);
    },
  };
};
