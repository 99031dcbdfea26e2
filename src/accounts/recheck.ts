// Google accepts again: asks once more for every grant that stands refused, held or kept. Beside everything else, one round
// at a time. Knows not what becomes of an answer.
import type { AccountKey } from '../model/account-key.ts';
import type { Clock } from '../model/clock.ts';
import { createRateLimit } from '../model/rate-limit.ts';
import type { AccountsOptions } from './options.ts';

const pageSize = 200;
/** Token requests in flight. */
const atOnce = 2;
/** Rounds, where Google accepts and refuses by turns. */
const roundsPerMinute = { times: 2, perMs: 60_000 };

export interface RecheckOptions extends Pick<AccountsOptions, 'storage' | 'oauth' | 'log'> {
  readonly clock: Clock;
  /** Renews the access token of an ACTIVE account, whatever is left of the present one. */
  readonly renew: (key: AccountKey) => Promise<unknown>;
  readonly tryKept: (key: AccountKey) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Returns at once. What is asked for while a round runs begins another one after it, twice a minute at most. */
export const createRecheck = (options: RecheckOptions): (() => void) => {
  const { log, signal, clock } = options;
  const limit = createRateLimit(clock, roundsPerMinute);
  let wanted = false;
  let running = false;

  const rounds = async (): Promise<void> => {
    while (wanted && !signal.aborted && limit.take('round') === 0) {
      wanted = false;
      await everybody(options, 'ACTIVE', options.renew);
      await everybody(options, 'REVOKED', options.tryKept);
    }
  };
  return () => {
    wanted = true;
    if (running) return;
    running = true;
    void rounds()
      .catch((error: unknown) =>
        log({ event: 'recheck_failed', cause: error instanceof Error ? error.name : typeof error, level: 'warn' }),
      )
      .finally(() => {
        running = false;
      });
  };
};

const everybody = async (
  { storage, oauth, signal }: RecheckOptions,
  status: 'ACTIVE' | 'REVOKED',
  ask: (key: AccountKey) => Promise<unknown>,
): Promise<void> => {
  let after: AccountKey | undefined;
  for (;;) {
    const page = await storage.tokenEndpoint.refused(oauth, status, { size: pageSize, ...(after && { after }) });
    const waiting = page.values();
    const worker = async (): Promise<void> => {
      for (const key of waiting) {
        if (signal.aborted) return;
        await ask(key);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    after = page.at(-1);
    if (page.length < pageSize || signal.aborted) return;
  }
};
