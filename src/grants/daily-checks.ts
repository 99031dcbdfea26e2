// Every ACTIVE account is asked for once a day, spread over the day, by one process of those on a database: so a person who
// never calls is told apart from one who left, and Google ends no grant for being unused. Knows not what a check is.
import type { AccountKey } from '../model/account-key.ts';
import type { Problem } from '../model/problem.ts';
import type { Check } from './check.ts';
import type { AccountsOptions } from './options.ts';

const minuteMs = 60_000;
/** Between rounds; each takes its share of the accounts. */
const roundMs = 5 * minuteMs;
/** Whatever is due at one moment is spread over as many rounds as half a day has. */
const rounds = 144;
/** Accounts of a round at most: one a second. Beyond 86,400 accounts some wait for longer than a day. */
const mostOfRound = 300;
/** Accounts that are asked for at the same time. */
const atOnce = 3;
/** Where Google or the operator's client is in trouble, nobody is asked for so long. */
const pauseMs = 30 * minuteMs;
const troubleAfter = 3;
const lease = 'daily checks';
/** A process that was killed keeps the others out for so long. */
const leaseMs = 3 * roundMs;

export interface DailyChecks {
  /** Rounds until `signal` is aborted; then resolves. */
  run(signal: AbortSignal): Promise<void>;
  /** One account, if it is due. */
  ifDue(key: AccountKey): Promise<void>;
}

export interface DailyChecksOptions extends Pick<AccountsOptions, 'storage' | 'oauth' | 'clock' | 'random' | 'log'> {
  readonly check: Check;
  /** Looks whether Google accepts again what it refused. */
  readonly lookAgain: () => Promise<void>;
}

export const createDailyChecks = (options: DailyChecksOptions): DailyChecks => {
  const { storage, oauth, clock, random, log, check } = options;
  const holder = Buffer.from(random(12)).toString('hex');
  let pauseUntil = 0;

  const round = async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    if (!(await storage.checks.takeLease(lease, holder, now, now + leaseMs))) return;
    await options.lookAgain();
    if (now < pauseUntil && pauseUntil <= now + pauseMs) return;
    const share = Math.min(mostOfRound, Math.ceil((await storage.checks.count(oauth)) / rounds));
    const inTrouble = await checkAll(await storage.checks.due(oauth, now, share), {
      check,
      // The lease is the next holder's then.
      over: () => signal.aborted || clock.now() >= now + leaseMs,
    });
    if (inTrouble) pauseUntil = clock.now() + pauseMs;
  };

  return {
    run: async (signal) => {
      let pause = Math.floor(roundMs * fraction(random));
      for (;;) {
        await clock.sleep(pause, signal);
        if (signal.aborted) break;
        await round(signal).catch((error: unknown) =>
          log({ event: 'daily_checks_failed', cause: nameOf(error), level: 'warn' }),
        );
        pause = roundMs;
      }
      await storage.checks.releaseLease(lease, holder).catch(() => undefined);
    },
    ifDue: async (key) => {
      if (await storage.checks.isDue(key, clock.now())) await check(key);
    },
  };
};

/** What may be the trouble of everybody: where it comes several times in a row, the rest would fail as well. */
const mayBeGeneral = ({ kind }: Problem): boolean =>
  kind === 'google_unavailable' || kind === 'client_invalid' || kind === 'many_grants_refused';

/** @returns whether the rest is better left for later */
const checkAll = async (
  keys: readonly AccountKey[],
  { check, over }: { readonly check: Check; readonly over: () => boolean },
): Promise<boolean> => {
  const waiting = keys.values();
  let failedInARow = 0;
  const inTrouble = () => failedInARow >= troubleAfter;
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      if (inTrouble() || over()) return;
      const checked = await check(key);
      const failed = checked.kind === 'not_checked' && mayBeGeneral(checked.problem);
      failedInARow = failed ? failedInARow + 1 : 0;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return inTrouble();
};

const fraction = (random: AccountsOptions['random']): number => (random(1)[0] ?? 0) / 255;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
