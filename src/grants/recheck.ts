// Google accepts again: asks once more for every grant that stands refused, held or kept. Beside everything else, one round
// at a time. Knows not what becomes of an answer.

import { createRateLimit } from '../lib/rate-limit.ts';
import { shuffled } from '../lib/shuffled.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AccountsOptions } from './options.ts';

const pageSize = 200;
/** How many of those that are held, and of those that ended and keep their grant, tell whether Google accepts again. */
const someHeld = 20;
const someKept = 3;
/** Token requests in flight. */
const atOnce = 2;
/** Rounds, where Google accepts and refuses by turns. */
const roundsPerMinute = { times: 2, perMs: 60_000 };

export interface RecheckOptions extends Pick<AccountsOptions, 'storage' | 'oauth' | 'clock' | 'random' | 'log'> {
  /** Renews the access token of an ACTIVE account, whatever is left of the present one. */
  readonly renew: (key: AccountKey) => Promise<unknown>;
  readonly tryKept: (key: AccountKey) => Promise<boolean>;
  readonly signal: AbortSignal;
}

export interface Recheck {
  /** Asks for everybody who stands refused. Returns at once; what is wanted while a round runs begins another one after it, twice a minute at most. */
  everybody(): void;
  /** Asks for some of them, by chance, to see whether Google accepts again. */
  some(): Promise<void>;
}

export const createRecheck = (options: RecheckOptions): Recheck => {
  const { storage, oauth, clock, random, log, signal } = options;
  const limit = createRateLimit(clock, roundsPerMinute);
  let wanted = false;
  let running = false;

  const rounds = async (): Promise<void> => {
    while (wanted && !signal.aborted && limit.take('round') === 0) {
      wanted = false;
      await askEverybody(options, 'ACTIVE', options.renew);
      await askEverybody(options, 'REVOKED', options.tryKept);
    }
  };
  return {
    everybody: () => {
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
    },
    some: async () => {
      const page = { size: pageSize };
      const held = shuffled(await storage.tokenEndpoint.refused(oauth, 'ACTIVE', page), random);
      await askAll(held.slice(0, someHeld), options.renew, signal);
      const kept = shuffled(await storage.tokenEndpoint.refused(oauth, 'REVOKED', page), random);
      await askAll(kept.slice(0, someKept), options.tryKept, signal);
    },
  };
};

const askEverybody = async (
  { storage, oauth, signal }: RecheckOptions,
  status: 'ACTIVE' | 'REVOKED',
  ask: (key: AccountKey) => Promise<unknown>,
): Promise<void> => {
  let after: AccountKey | undefined;
  for (;;) {
    const page = await storage.tokenEndpoint.refused(oauth, status, { size: pageSize, ...(after && { after }) });
    await askAll(page, ask, signal);
    after = page.at(-1);
    if (page.length < pageSize || signal.aborted) return;
  }
};

const askAll = async (
  keys: readonly AccountKey[],
  ask: (key: AccountKey) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> => {
  const waiting = keys.values();
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      if (signal.aborted) return;
      await ask(key);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};
