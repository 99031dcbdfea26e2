// Asks Google again for grants that it refused (refused-grants.ts): for one retained grant when its account is called, for
// all suspended and retained ones when Google accepts again, and for a sample of them to see whether it does. What becomes of
// an answer is decided where any refresh is; here a retained grant is only reinstated with tokens that Google gave for it.

import { createSharedRuns } from '../lib/shared-runs.ts';
import { shuffled } from '../lib/shuffled.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { RetryRefused } from './clients.ts';
import type { AccountsOptions } from './options.ts';
import { newLease, refreshedTokens } from './refresh.ts';

/** How often calls of one account may ask for its retained grant. */
const tries = { times: 3, perMs: 3 * 60_000 };

interface RetainedGrants {
  /** Asks Google, unless it was asked often of late. @returns whether the account is ACTIVE again */
  retry(key: AccountKey): Promise<boolean>;
  /** The same, however often Google was asked. */
  retryNow(key: AccountKey): Promise<boolean>;
}

export const createRetainedGrants = (options: AccountsOptions): RetainedGrants => {
  const limit = options.createLimit('retained_grant_tries', tries);
  const running = createSharedRuns<boolean>();
  // Apart from those: a call that may ask at any time must not share the answer of one that was not allowed to.
  const limited = createSharedRuns<boolean>();

  const retryNow: RetainedGrants['retryNow'] = (key) => running.of(accountKeyText(key), () => reinstate(options, key));
  return {
    retryNow,
    retry: async (key) => {
      const name = accountKeyText(key);
      // Calls that arrive at once count as one, also while the limit is asked.
      return running.present(name) ?? limited.of(name, async () => (await limit.take(name)) === 0 && retryNow(key));
    },
  };
};

const reinstate = async (options: AccountsOptions, key: AccountKey): Promise<boolean> => {
  const { storage, clients, log } = options;
  const retained = await storage.refreshes.readRetained(key);
  if (retained?.grant.refreshToken === undefined) return false;
  const client = await clients.ofGrant(retained.grant);
  if (!client.ok) return false;
  const { oauth, retryRefused } = client.value;
  const { accountVersion, grantVersion, refreshToken } = retained.grant;
  const { milliseconds, holder } = newLease(options);
  const at = { accountVersion, grantVersion, holder };
  if (!(await storage.refreshes.takeLease(key, at, milliseconds))) return false;
  try {
    const outcome = await oauth.refresh(refreshToken);
    if (outcome.kind === 'failed') return false;
    const tokens = refreshedTokens(outcome.tokens);
    if ((await storage.refreshes.reinstate(key, at, tokens)) === undefined) return false;
    log({ event: 'access_reinstated', key });
    retryRefused.all();
    return true;
  } finally {
    await storage.refreshes.releaseLease(key, holder).catch(() => undefined);
  }
};

const pageSize = 200;
/** How many suspended and how many retained grants tell whether Google accepts again. */
const sampleOfSuspended = 20;
const sampleOfRetained = 3;
/** Token requests in flight. */
const atOnce = 2;
/** Rounds, where Google accepts and refuses by turns. */
const roundsPerMinute = { times: 2, perMs: 60_000 };

interface RetryRefusedOptions extends Pick<AccountsOptions, 'storage' | 'createLimit' | 'random' | 'log'> {
  /** The client whose grants these are. */
  readonly oauth: Pick<GoogleOAuth, 'clientId' | 'tokenEndpoint'>;
  /** Renews the access token of an ACTIVE account, whatever is left of the present one. */
  readonly renew: (key: AccountKey) => Promise<unknown>;
  readonly retryRetained: (key: AccountKey) => Promise<boolean>;
  readonly signal: AbortSignal;
}

export const createRetryRefused = (options: RetryRefusedOptions): RetryRefused => {
  const { storage, oauth, createLimit, random, log, signal, renew, retryRetained } = options;
  const limit = createLimit('retry_rounds', roundsPerMinute);
  const client = JSON.stringify([oauth.tokenEndpoint, oauth.clientId]);
  let wanted = false;
  let running = false;

  const rounds = async (): Promise<void> => {
    while (wanted && !signal.aborted && (await limit.take(client)) === 0) {
      wanted = false;
      await askForAll(options, 'ACTIVE', renew);
      await askForAll(options, 'REVOKED', retryRetained);
    }
  };
  return {
    all: () => {
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
    sample: async () => {
      const page = { size: pageSize };
      const suspended = shuffled(await storage.tokenEndpoint.refused(oauth, 'ACTIVE', page), random);
      await askFor(suspended.slice(0, sampleOfSuspended), renew, signal);
      const retained = shuffled(await storage.tokenEndpoint.refused(oauth, 'REVOKED', page), random);
      await askFor(retained.slice(0, sampleOfRetained), retryRetained, signal);
    },
  };
};

const askForAll = async (
  { storage, oauth, signal }: RetryRefusedOptions,
  status: 'ACTIVE' | 'REVOKED',
  ask: (key: AccountKey) => Promise<unknown>,
): Promise<void> => {
  let after: AccountKey | undefined;
  for (;;) {
    const page = await storage.tokenEndpoint.refused(oauth, status, { size: pageSize, after });
    await askFor(page, ask, signal);
    after = page.at(-1);
    if (page.length < pageSize || signal.aborted) return;
  }
};

const askFor = async (
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
