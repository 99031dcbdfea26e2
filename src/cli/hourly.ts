// What a server that runs for months has to do every hour: sweep, look after its keys. Knows nothing of what that is.
import type { Logger } from 'pino';
import type { Clock } from '../lib/clock.ts';

const hourMs = 60 * 60_000;

export interface HourlyWork {
  run(): Promise<void>;
  /** What the log calls a run that failed. */
  readonly failed: string;
}

/** Works every hour until `signal` is aborted, then resolves; work that fails is tried again an hour later. */
export const hourly = async (work: HourlyWork, clock: Clock, log: Logger, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(hourMs, signal);
    if (!signal.aborted) {
      await work.run().catch((error: unknown) => {
        log.warn({ event: work.failed, name: error instanceof Error ? error.name : typeof error });
      });
    }
  }
};
