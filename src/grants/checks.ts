// Checks: asks Google now what works of one account, whatever was known, and of every ACTIVE account once a day, spread
// over the day, by one process of those on a database. So a person who never calls is told apart from one who left, and
// Google ends no grant for being unused. What Google says is written down where it is found out: here only the order is.
import { createSharedRuns } from '../lib/shared-runs.ts';
import type { Account } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import { capabilities } from '../model/capability.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import { type Problem, refusalIn } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import { checkEveryMs } from '../storage/index.ts';
import type { RefreshOnce } from './access.ts';
import type { Client } from './clients.ts';
import type { AccountsOptions } from './options.ts';

export type Checked =
  | { readonly kind: 'unknown' }
  /** The account says what Google said; one that is not connected has nothing to be asked for. */
  | { readonly kind: 'checked'; readonly account: Account }
  /** Google, or the operator's settings, gave no answer about the account; it stays as it was. */
  | { readonly kind: 'not_checked'; readonly account: Account; readonly problem: Problem };

export type Check = (key: AccountKey) => Promise<Checked>;

/** Jitter of the next check, so that accounts that were connected together are not checked together for ever. Milliseconds. */
const jitterMs = checkEveryMs / 12;
/** Where Google did not answer, it is asked again so much later. Milliseconds. */
const retryAfterMs = 60 * 60_000;

export interface CheckOptions extends Pick<AccountsOptions, 'storage' | 'clock' | 'random' | 'probe'> {
  readonly refreshOnce: RefreshOnce;
  /** Renews the access token, whatever is left of the present one. */
  readonly renew: (key: AccountKey) => Promise<Result<AccessToken>>;
  /** Asks for the retained grant of an account that is REVOKED (retry-refused.ts). */
  readonly retryRetained: (key: AccountKey) => Promise<boolean>;
  /** Cancels what is under way. */
  readonly signal: AbortSignal;
}

export const createCheck = (options: CheckOptions): Check => {
  const { storage, clock, random } = options;
  const running = createSharedRuns<Checked>();

  const nextDue = (): number =>
    clock.now() + checkEveryMs - Math.floor((jitterMs * Buffer.from(random(2)).readUInt16BE()) / 0xffff);

  const check: Check = async (key) => {
    const before = await storage.accounts.find(key);
    if (before === undefined) return { kind: 'unknown' };
    const problem = await ask(options, before);
    const dueAt = problem === undefined ? nextDue() : clock.now() + retryAfterMs;
    if (before.state.status === 'ACTIVE')
      await storage.checks.note(key, { dueAt, checkedAt: problem === undefined ? clock.now() : undefined });
    const account = await storage.accounts.find(key);
    if (account === undefined) return { kind: 'unknown' };
    return problem === undefined ? { kind: 'checked', account } : { kind: 'not_checked', account, problem };
  };
  // Whoever asks meanwhile shares the answer.
  return (key) => running.of(accountKeyText(key), () => check(key));
};

/** @returns why nothing, or not everything, was found out; undefined: the account is now as Google says */
const ask = async (options: CheckOptions, { key, state }: Account): Promise<Problem | undefined> => {
  if (state.status === 'PENDING') return undefined;
  if (state.status === 'REVOKED' && !(await options.retryRetained(key))) return undefined;
  const renewed = state.status === 'REVOKED' ? await options.refreshOnce(key) : await options.renew(key);
  if (!renewed.ok) return isAnswer(renewed.problem) ? undefined : renewed.problem;
  const granted = capabilities.filter((name) => renewed.value.capabilities[name].status !== 'not_granted');
  const freshToken: FreshToken = async (rejected) =>
    rejected === undefined ? renewed : options.refreshOnce(key, { rejected });
  const answers = await Promise.all(granted.map((name) => options.probe(key, name, freshToken, options.signal)));
  return answers.flatMap((answer) => (answer.ok || isAnswer(answer.problem) ? [] : [answer.problem]))[0];
};

/** Whether Google said how the account stands: that the access is over, or that it refuses a capability. */
const isAnswer = (problem: Problem): boolean =>
  problem.kind === 'authorization_required' || refusalIn(problem) !== undefined;

const minuteMs = 60_000;
/** Between rounds of daily checks; each takes its share of the accounts. */
const roundMs = 5 * minuteMs;
/** Whatever is due at one moment is spread over as many rounds as half a day has. */
const rounds = 144;
/** Accounts of a round at most: one a second. Beyond 86,400 accounts some wait for longer than a day. */
const maxPerRound = 300;
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

interface DailyChecksOptions extends Pick<AccountsOptions, 'storage' | 'clients' | 'clock' | 'random' | 'log'> {
  readonly check: Check;
}

export const createDailyChecks = (options: DailyChecksOptions): DailyChecks => {
  const { storage, clients, clock, random, log, check } = options;
  const holder = Buffer.from(random(12)).toString('hex');
  /** By client: the trouble of one is not that of another's people. */
  const pauseUntil = new Map<string, number>();

  const round = async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    if (!(await storage.checks.takeLease(lease, holder, now, now + leaseMs))) return;
    // After the lease another process may hold it.
    const mustStop = () => signal.aborted || clock.now() >= now + leaseMs;
    for (const client of await clients.all()) if (!mustStop()) await checkShare(client, mustStop);
  };

  /** A share of the accounts of one client. */
  const checkShare = async ({ oauth, retryRefused }: Client, mustStop: () => boolean): Promise<void> => {
    const { clientId } = oauth;
    await retryRefused.sample();
    const now = clock.now();
    const until = pauseUntil.get(clientId) ?? 0;
    if (now < until && until <= now + pauseMs) return;
    const share = Math.ceil((await storage.checks.count(oauth, maxPerRound * rounds)) / rounds);
    const inTrouble = await checkAll(await storage.checks.due(oauth, now, share), { check, mustStop });
    if (inTrouble) pauseUntil.set(clientId, clock.now() + pauseMs);
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

/** A problem that may be everybody's: where it comes several times in a row, the rest would fail as well. */
const mayBeGeneral = ({ kind }: Problem): boolean =>
  kind === 'google_unavailable' || kind === 'client_invalid' || kind === 'many_grants_refused';

/** @returns whether the rest is better left for later */
const checkAll = async (
  keys: readonly AccountKey[],
  { check, mustStop }: { readonly check: Check; readonly mustStop: () => boolean },
): Promise<boolean> => {
  const waiting = keys.values();
  let failedInARow = 0;
  const inTrouble = () => failedInARow >= troubleAfter;
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      if (inTrouble() || mustStop()) return;
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
