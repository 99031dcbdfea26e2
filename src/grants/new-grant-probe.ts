// Asks Gmail once whether a grant that has just come reads mail, while a person waits for the page at a link's end. Google
// gives the permission also to who has no mailbox, or whose admin switched Gmail off, and the page must not promise what
// the first call would refuse. What Google answers is written down where it is found out.
import type { Account } from '../model/account.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import { accessTokenOf, openGrant, type RefreshOnce } from './access.ts';
import type { AccountsOptions } from './options.ts';

/** How long a person waits for Gmail's answer; then the page says what Google's consent says. Milliseconds. */
const newGrantWaitMs = 3_000;

export interface NewGrantProbeOptions extends AccountsOptions {
  readonly refreshOnce: RefreshOnce;
  /** Cancels what is under way. */
  readonly signal: AbortSignal;
}

/** @returns asks, and answers with the account as it is known then; whatever fails, it stays as it is. */
export const createNewGrantProbe = (options: NewGrantProbeOptions): ((account: Account) => Promise<Account>) => {
  const ask = async (account: Account): Promise<Account> => {
    const { storage, clock, probe, refreshOnce, signal } = options;
    const { key } = account;
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return account;
    const ended = new AbortController();
    // The new token itself: a refresh of the former grant may still be under way, whose end says nothing of this one.
    const freshToken: FreshToken = async (rejected) =>
      rejected === undefined ? accessTokenOf(opened.grant) : refreshOnce(key, { rejected });
    const asked = probe(key, 'mail', freshToken, AbortSignal.any([signal, ended.signal]));
    await Promise.race([asked, clock.sleep(newGrantWaitMs, ended.signal)]).finally(() => ended.abort('over'));
    return (await storage.accounts.find(key)) ?? account;
  };
  return async (account) => {
    if (account.capabilities.mail.status !== 'ready') return account;
    return ask(account).catch((error: unknown) => {
      const cause = error instanceof Error ? error.name : typeof error;
      options.log({ event: 'new_grant_not_probed', key: account.key, cause, level: 'warn' });
      return account;
    });
  };
};
