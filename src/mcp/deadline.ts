// Our own end for every call: a cancelled HTTP call of an older protocol never reaches us, and a tool may hang.
import type { Clock } from '../lib/clock.ts';
import { failed, type Result } from '../model/result.ts';

/**
 * Runs `work` until it is done, the caller cancels, or `milliseconds` have passed by the clock; then its signal is
 * aborted and the answer is `cancelled` or `deadline_exceeded`, whether or not the work listens.
 */
export const withDeadline = async <T>(
  {
    clock,
    milliseconds,
    cancelled,
  }: { readonly clock: Clock; readonly milliseconds: number; readonly cancelled: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const done = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([cancelled, late.signal]);
  const whyEnded = () =>
    late.signal.aborted
      ? failed({ kind: 'deadline_exceeded', seconds: Math.round(milliseconds / 1000) })
      : failed({ kind: 'cancelled' });
  const ended = new Promise<Result<T>>((resolve) => {
    if (signal.aborted) resolve(whyEnded());
    else signal.addEventListener('abort', () => resolve(whyEnded()), { once: true });
  });
  void clock.sleep(milliseconds, done.signal).then(() => {
    if (!done.signal.aborted) late.abort();
  });
  try {
    return await Promise.race([ended, work(signal)]);
  } finally {
    // A reason of its own spares every call an exception with a stack.
    done.abort('done');
  }
};
