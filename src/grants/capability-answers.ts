// Writes down what Google's APIs answer for a capability: that they refuse it, and since when and why, or that it works
// again. Nothing is written for an answer that says nothing new, so a call that works costs no write.
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import type { AccountKey } from '../model/account-key.ts';
import { type AnsweredCapability, withAnswer } from '../model/capability.ts';
import type { AccountsOptions } from './options.ts';

/** Resolves when it is written down. Never rejects: a database that is busy must not fail the call that found it out. */
export type RecordAnswer = (key: AccountKey, answered: AnsweredCapability) => Promise<void>;

export const createRecordAnswer = (options: Pick<AccountsOptions, 'storage' | 'clock' | 'log'>): RecordAnswer => {
  const { log } = options;
  return async (key, answered) => {
    try {
      if (await record(options, key, answered)) {
        const event = answered.answer === 'works' ? 'capability_works_again' : 'capability_refused';
        log({ event, key, cause: `${answered.capability} ${answered.answer}` });
      }
    } catch (error) {
      log({
        event: 'capability_not_recorded',
        key,
        cause: error instanceof Error ? error.name : typeof error,
        level: 'warn',
      });
    }
  };
};

/** @returns whether it was news */
const record = async (
  { storage, clock }: Pick<AccountsOptions, 'storage' | 'clock'>,
  key: AccountKey,
  { capability, answer, grantVersion }: AnsweredCapability,
): Promise<boolean> => {
  const recorded = await retryLostWrites(async () => {
    const account = await storage.accounts.find(key);
    if (account?.state.status !== 'ACTIVE' || account.grantVersion !== grantVersion) return false;
    const refusals = withAnswer(account.refusals, capability, answer, clock.now());
    if (refusals === account.refusals) return false;
    const at = { accountVersion: account.version, grantVersion };
    return (await storage.accounts.setRefusals(key, at, refusals)) && true;
  });
  return recorded ?? false;
};
