// Time and randomness as arguments, so that tests turn the clock by hand.

/** Where every part of Postern gets the time from. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves after `milliseconds`, or as soon as `signal` is aborted (it never rejects: look at the signal afterwards).
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Cryptographically strong random bytes; `length` is in bytes. */
export type RandomBytes = (length: number) => Uint8Array;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, milliseconds);
      signal?.addEventListener('abort', finish, { once: true });
    }),
};
