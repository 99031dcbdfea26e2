// Google ends a refresh token that is not used for six months: those that come near are used once. Knows no schedule of
// anything else, and nobody waits for it.
import type { AccountKey } from '../model/account-key.ts';
import type { Result } from '../model/result.ts';
import type { AccountsOptions } from './options.ts';
import type { RefreshOnce } from './refresh.ts';

const dayMs = 24 * 60 * 60_000;
/** A month is left for a server that stands still, and for days on which Google fails. */
const unusedMs = 150 * dayMs;
const pageSize = 200;
/** Token requests in flight. */
const atOnce = 3;
/** The first round comes within these milliseconds, so that processes started together do not ask together. */
const firstWithinMs = 10 * 60_000;

export interface KeepAlive {
  /** A round a day until `signal` is aborted; then resolves. */
  daily(signal: AbortSignal): Promise<void>;
  /** One account, if it is due. */
  exercise(key: AccountKey): Promise<void>;
}

type KeepAliveOptions = Pick<AccountsOptions, 'storage' | 'oauth' | 'clock' | 'random' | 'log'>;

/** Google or the operator's client is in trouble: what is left today would fail as well. */
const isGeneralTrouble = (answer: Result<unknown>): boolean => {
  if (answer.ok) return false;
  switch (answer.problem.kind) {
    case 'google_unavailable':
    case 'rate_limited':
    case 'client_invalid':
    case 'many_grants_refused':
      return true;
    default:
      return false;
  }
};

export const createKeepAlive = (options: KeepAliveOptions, refreshOnce: RefreshOnce): KeepAlive => {
  const { storage, clock, random, log, oauth } = options;

  const round = async (signal: AbortSignal): Promise<void> => {
    const of = { clientId: oauth.clientId, tokenEndpoint: oauth.tokenEndpoint, until: clock.now() - unusedMs };
    let after: AccountKey | undefined;
    for (;;) {
      const page = await storage.operations.longUnused(of, { size: pageSize, ...(after && { after }) });
      const going = await exerciseAll(page, refreshOnce, signal);
      after = page.at(-1);
      if (!going || page.length < pageSize) return;
    }
  };

  return {
    daily: async (signal) => {
      let pause = Math.floor(firstWithinMs * fraction(random));
      for (;;) {
        await clock.sleep(pause, signal);
        if (signal.aborted) return;
        await round(signal).catch((error: unknown) =>
          log({ event: 'keep_alive_failed', cause: nameOf(error), level: 'warn' }),
        );
        pause = Math.floor(dayMs * (0.9 + 0.2 * fraction(random)));
      }
    },
    exercise: async (key) => {
      const reading = await storage.accounts.readGrant(key);
      if (reading.kind === 'grant' && reading.grant.refreshedAt <= clock.now() - unusedMs) await refreshOnce(key);
    },
  };
};

/** @returns false when the rest is better left for another day. */
const exerciseAll = async (
  keys: readonly AccountKey[],
  refreshOnce: RefreshOnce,
  signal: AbortSignal,
): Promise<boolean> => {
  const waiting = keys.values();
  let trouble = false;
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      if (trouble || signal.aborted) return;
      trouble ||= isGeneralTrouble(await refreshOnce(key));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return !trouble && !signal.aborted;
};

const fraction = (random: AccountsOptions['random']): number => (random(1)[0] ?? 0) / 255;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
