// The one place where anything asked of Google's APIs is tried again; the libraries' own retries are off.
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { FailedRequest } from './errors.ts';

export type Try<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | Exclude<FailedRequest, { kind: 'unauthorized' }>;

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch: no try begins after it, and no wait goes beyond it. */
  readonly deadline: number;
  /** Told before each wait, for the log. */
  readonly onRetry: (attempt: number, waitMs: number) => void;
}

const firstWaitMs = 500;
const longestWaitMs = 16_000;
const mostTries = 6;

/** Between half of the doubling wait and all of it, so that many callers do not come back at once. */
const backOffMs = (attempt: number, random: RandomBytes): number => {
  const wait = Math.min(firstWaitMs * 2 ** (attempt - 1), longestWaitMs);
  const [high = 0, low = 0] = random(2);
  return Math.round((wait / 2) * (1 + (high * 256 + low) / 65_536));
};

/**
 * Tries until there is an answer or a final failure, six times at the most and inside the deadline. A wait is what
 * Retry-After asks for, else a jittered exponential back-off; the last failure is the result.
 * @param once one try; gets its number, from 1.
 */
export const withRetries = async <T>(
  once: (attempt: number) => Promise<Try<T>>,
  { clock, random, signal, deadline, onRetry }: RetryOptions,
): Promise<Result<T>> => {
  for (let attempt = 1; ; attempt += 1) {
    const tried = await once(attempt);
    if (signal.aborted) return failed({ kind: 'cancelled' });
    switch (tried.kind) {
      case 'answered':
        return ok(tried.value);
      case 'final':
        return failed(tried.problem);
      case 'transient': {
        const wait = Math.max(tried.retryAfterMs ?? 0, backOffMs(attempt, random));
        if (attempt >= mostTries || clock.now() + wait >= deadline) return failed(tried.problem);
        onRetry(attempt, wait);
        await clock.sleep(wait, signal);
        if (signal.aborted) return failed({ kind: 'cancelled' });
      }
    }
  }
};
