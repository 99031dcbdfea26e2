// `postern accounts list` and `show`: reads the database, needs no Google settings.
import { accountJson } from '../../http/api/account-json.ts';
import { type AccountOptions, accountKeyOf, noSuchAccount, parseRealm } from '../account-options.ts';
import { accountHeading, accountRow, sayAccount } from '../account-view.ts';
import { note, sayJson, sayTable } from '../terminal.ts';
import { withStorage } from '../with-storage.ts';

/** Prints every account, or those of one realm. */
export const list = (options: { realm?: string; json?: boolean }): Promise<void> =>
  withStorage(async ({ storage }) => {
    const filter = options.realm === undefined ? {} : { realm: parseRealm(options.realm) };
    const accounts = await storage.operations.listAccounts(filter);
    if (options.json) return sayJson(accounts.map(accountJson));
    if (accounts.length === 0) return note('No account yet. Make one with: postern accounts connect');
    sayTable(accountHeading, accounts.map(accountRow));
  });

/** Prints one account; exit code 1 when there is none. */
export const show = (identifier: string | undefined, options: AccountOptions & { json?: boolean }): Promise<void> =>
  withStorage(async ({ storage, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    const account = await storage.accounts.find(key);
    if (account === undefined) throw noSuchAccount(key);
    if (options.json) sayJson(accountJson(account));
    else sayAccount(account);
  });
