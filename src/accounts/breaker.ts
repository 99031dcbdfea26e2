// When many people's grants "end" at once and nobody's token request succeeds, that is an operator's accident, not many
// people leaving: from then on `invalid_grant` is not believed. Counts in this process; knows no store.
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { Clock } from '../model/clock.ts';

/** So many different accounts, within so many milliseconds, with no success in between. */
const accountsToOpen = 5;
const withinMs = 2 * 60_000;

export interface Breaker {
  readonly open: boolean;
  /** The last success of this process, in milliseconds since the epoch; 0 for none yet. */
  readonly lastSuccessAt: number;
  /** Notes an `invalid_grant` without a better explanation. `opened` comes once per accident. */
  refused(key: AccountKey): 'believed' | 'opened' | 'open';
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
    refused: (key) => {
      if (open) return 'open';
      const now = clock.now();
      for (const [name, at] of refusals) if (at + withinMs < now) refusals.delete(name);
      refusals.set(accountKeyText(key), now);
      open = refusals.size >= accountsToOpen;
      return open ? 'opened' : 'believed';
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
