// Asks Google now what works of one account, whatever was known. What Google says is written down where it is found out:
// here only the order is. Knows no schedule.
import type { Account } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import { checkEveryMs } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';

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

export interface CheckOptions extends Pick<AccountsOptions, 'storage' | 'clock' | 'random'> {
  /** Renews the access token, whatever is left of the present one. */
  readonly renew: (key: AccountKey) => Promise<Result<AccessToken>>;
  /** Asks for the kept grant of an account that is REVOKED (kept-grants.ts). */
  readonly tryKept: (key: AccountKey) => Promise<boolean>;
}

export const createCheck = (options: CheckOptions): Check => {
  const { storage, clock, random } = options;

  /** @returns why nothing was found out; undefined: the account is now as Google says */
  const ask = async ({ key, state }: Account): Promise<Problem | undefined> => {
    if (state.status === 'PENDING') return undefined;
    if (state.status === 'REVOKED') {
      await options.tryKept(key);
      return undefined;
    }
    const renewed = await options.renew(key);
    return renewed.ok || renewed.problem.kind === 'authorization_required' ? undefined : renewed.problem;
  };

  const nextDue = (): number =>
    clock.now() + checkEveryMs - Math.floor((spreadMs * Buffer.from(random(2)).readUInt16BE()) / 0xffff);

  return async (key) => {
    const before = await storage.accounts.find(key);
    if (before === undefined) return { kind: 'unknown' };
    const problem = await ask(before);
    const dueAt = problem === undefined ? nextDue() : clock.now() + againMs;
    if (before.state.status === 'ACTIVE')
      await storage.checks.note(key, { dueAt, ...(problem === undefined ? { checkedAt: clock.now() } : {}) });
    const account = await storage.accounts.find(key);
    if (account === undefined) return { kind: 'unknown' };
    return problem === undefined ? { kind: 'checked', account } : { kind: 'not_checked', account, problem };
  };
};
