// Asks Google now what works of one account, whatever was known. What Google says is written down where it is found out:
// here only the order is. Knows no schedule.
import type { Account } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { refusalIn } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import { capabilities } from '../model/scope.ts';
import { checkEveryMs } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';
import type { RefreshOnce } from './refresh.ts';

export type Checked =
  | { readonly kind: 'unknown' }
  /** The account says what Google said; one that is not connected has nothing to be asked for. */
  | { readonly kind: 'checked'; readonly account: Account }
  /** Google, or the operator's settings, gave no answer about the account; it stays as it was. */
  | { readonly kind: 'not_checked'; readonly account: Account; readonly problem: Problem };

export type Check = (key: AccountKey) => Promise<Checked>;

/** What is left for the jitter of the next time, so that accounts of one moment drift apart. Milliseconds. */
const spreadMs = checkEveryMs / 12;
/** Where Google did not answer, it is asked again so much later. Milliseconds. */
const againMs = 60 * 60_000;

export interface CheckOptions extends Pick<AccountsOptions, 'storage' | 'clock' | 'random' | 'probe'> {
  readonly refreshOnce: RefreshOnce;
  /** Renews the access token, whatever is left of the present one. */
  readonly renew: (key: AccountKey) => Promise<Result<AccessToken>>;
  /** Asks for the kept grant of an account that is REVOKED (retained-grants.ts). */
  readonly tryKept: (key: AccountKey) => Promise<boolean>;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

export const createCheck = (options: CheckOptions): Check => {
  const { storage, clock, random } = options;
  const running = new Map<string, Promise<Checked>>();

  const nextDue = (): number =>
    clock.now() + checkEveryMs - Math.floor((spreadMs * Buffer.from(random(2)).readUInt16BE()) / 0xffff);

  const check: Check = async (key) => {
    const before = await storage.accounts.find(key);
    if (before === undefined) return { kind: 'unknown' };
    const problem = await ask(options, before);
    const dueAt = problem === undefined ? nextDue() : clock.now() + againMs;
    if (before.state.status === 'ACTIVE')
      await storage.checks.note(key, { dueAt, ...(problem === undefined ? { checkedAt: clock.now() } : {}) });
    const account = await storage.accounts.find(key);
    if (account === undefined) return { kind: 'unknown' };
    return problem === undefined ? { kind: 'checked', account } : { kind: 'not_checked', account, problem };
  };
  // Whoever asks meanwhile shares the answer.
  return (key) => {
    const name = accountKeyText(key);
    const shared = running.get(name);
    if (shared !== undefined) return shared;
    const started = check(key).finally(() => running.delete(name));
    running.set(name, started);
    return started;
  };
};

/** @returns why nothing, or not everything, was found out; undefined: the account is now as Google says */
const ask = async (options: CheckOptions, { key, state }: Account): Promise<Problem | undefined> => {
  if (state.status === 'PENDING') return undefined;
  if (state.status === 'REVOKED' && !(await options.tryKept(key))) return undefined;
  const renewed = state.status === 'REVOKED' ? await options.refreshOnce(key) : await options.renew(key);
  if (!renewed.ok) return isAnswer(renewed.problem) ? undefined : renewed.problem;
  const granted = capabilities.filter((name) => renewed.value.capabilities[name].status !== 'not_granted');
  const freshToken: FreshToken = async (rejected) =>
    rejected === undefined ? renewed : options.refreshOnce(key, rejected);
  const answers = await Promise.all(granted.map((name) => options.probe(key, name, freshToken, options.signal)));
  return answers.flatMap((answer) => (answer.ok || isAnswer(answer.problem) ? [] : [answer.problem]))[0];
};

/** Whether Google said how the account stands: that the access is over, or that it refuses a capability. */
const isAnswer = (problem: Problem): boolean =>
  problem.kind === 'authorization_required' || refusalIn(problem) !== undefined;
