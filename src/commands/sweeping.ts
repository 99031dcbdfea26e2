// Clears out what ran out long ago, as long as a server runs. Knows nothing of what is swept.
import type { Logger } from 'pino';
import type { Clock } from '../model/clock.ts';
import type { OperationsStore } from '../storage/index.ts';

/** Milliseconds. */
const sweepEveryMs = 60 * 60_000;

/** Sweeps every hour until `signal` is aborted, then resolves; a sweep that fails is tried again an hour later. */
export const sweepHourly = async (
  operations: Pick<OperationsStore, 'sweep'>,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(sweepEveryMs, signal);
    if (!signal.aborted) {
      await operations.sweep(clock.now()).catch((error: unknown) => {
        log.warn({ event: 'sweep_failed', name: error instanceof Error ? error.name : typeof error });
      });
    }
  }
};
