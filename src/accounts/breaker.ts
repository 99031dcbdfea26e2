// When many people's grants "end" at once and nobody's token request succeeds, that is an operator's accident, not many
// people leaving: from then on `invalid_grant` is not believed. Counts in this process; knows no store, and asks nobody.
import type { Clock } from '../model/clock.ts';

/** So many different Google accounts, within so many milliseconds, with no success in between. */
const accountsToOpen = 5;
const withinMs = 2 * 60_000;

export interface Breaker {
  readonly open: boolean;
  /** The last success of this process, in milliseconds since the epoch; 0 for none yet. */
  readonly lastSuccessAt: number;
  /** Notes an `invalid_grant` without a better explanation. `suspicious`: it is time to ask others, and then to trip. */
  refused(googleSub: string): 'believed' | 'suspicious' | 'open';
  /** Whether this Google account's refusal was noted since the last success. */
  wasRefused(googleSub: string): boolean;
  /** Opens, unless somebody succeeded meanwhile. @returns whether this opened it: true once per accident */
  trip(): boolean;
  /** Google gave tokens to somebody. @returns whether this closed the breaker */
  succeeded(): boolean;
}

export const createBreaker = (clock: Clock): Breaker => {
  const refusals = new Map<string, number>();
  let open = false;
  let lastSuccessAt = 0;

  return {
    get open() {
      return open;
    },
    get lastSuccessAt() {
      return lastSuccessAt;
    },
    refused: (googleSub) => {
      if (open) return 'open';
      const now = clock.now();
      for (const [sub, at] of refusals) if (at + withinMs < now) refusals.delete(sub);
      refusals.set(googleSub, now);
      return refusals.size >= accountsToOpen ? 'suspicious' : 'believed';
    },
    wasRefused: (googleSub) => refusals.has(googleSub),
    trip: () => {
      if (open) return false;
      open = refusals.size >= accountsToOpen;
      return open;
    },
    succeeded: () => {
      const closed = open;
      open = false;
      refusals.clear();
      lastSuccessAt = clock.now();
      return closed;
    },
  };
};
