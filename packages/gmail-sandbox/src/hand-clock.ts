// A clock that only moves when a test turns it, for the sandbox and for whatever is tested with it.
import type { Clock } from './clock.ts';

export interface HandClock extends Clock {
  /** Moves time on by this many milliseconds and wakes everybody whose sleep is over, in order. */
  advance(milliseconds: number): Promise<void>;
  /** How many sleeps are under way. */
  readonly sleeping: number;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * @param start milliseconds since the Unix epoch; 15 January 2026, noon UTC, when absent
 * @param settle resolves when nothing can go on any more until time does; absent: at the next turn of the event loop
 */
export const handClock = (start = Date.UTC(2026, 0, 15, 12), settle = nextTurn): HandClock => {
  let now = start;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  return {
    now: () => now,
    get sleeping() {
      return sleepers.length;
    },
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          at: now + milliseconds,
          wake: () => {
            sleepers = sleepers.filter((other) => other !== sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    advance: async (milliseconds) => {
      const target = now + milliseconds;
      for (;;) {
        await settle();
        const next = sleepers.filter(({ at }) => at <= target).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = Math.max(now, next.at);
        next.wake();
      }
      now = target;
      await settle();
    },
  };
};
