// How often one network address may do something, before anybody knows who it is. Knows nothing of what is asked, nor how
// an address was found.
import type { Clock } from './clock.ts';
import { createRateLimit, type Rate, type RateLimit } from './rate-limit.ts';

/** A rate limit whose names are addresses. */
export type AddressLimit = RateLimit;

/** What limits count for one client: an IPv4 address, or the /64 that one line gets of IPv6 (RFC 6177). */
export const addressGroup = (address: string): string => {
  if (!address.includes(':')) return address;
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
};

/** A rate limit of addresses, of which an IPv6 /64 is one. */
export const createAddressLimit = (clock: Clock, rate: Rate): AddressLimit => {
  const limit = createRateLimit(clock, rate);
  return {
    wait: (address) => limit.wait(addressGroup(address)),
    count: (address) => limit.count(addressGroup(address)),
    take: (address) => limit.take(addressGroup(address)),
  };
};
