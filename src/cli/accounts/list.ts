// `postern accounts list` and `show`: read the database, need no Google settings.
import { accountJson } from '../../model/account-json.ts';
import { withStorage } from '../settings.ts';
import { printJson, printNote, printTable } from '../terminal.ts';
import { type AccountOptions, accountKeyOf, noSuchAccount, parseRealm } from './options.ts';
import { accountHeading, accountRow, printAccount } from './view.ts';

/** Prints every account, or those of one realm. */
export const list = (options: { realm?: string; json?: boolean }): Promise<void> =>
  withStorage(async ({ storage }) => {
    const filter = options.realm === undefined ? {} : { realm: parseRealm(options.realm) };
    const accounts = await storage.operations.listAccounts(filter);
    if (options.json) return printJson(accounts.map(accountJson));
    if (accounts.length === 0) return printNote('No account yet. Make one with: postern accounts connect');
    printTable(accountHeading, accounts.map(accountRow));
  });

/** Prints one account; exit code 1 when there is none. */
export const show = (identifier: string | undefined, options: AccountOptions & { json?: boolean }): Promise<void> =>
  withStorage(async ({ storage, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    const account = await storage.accounts.find(key);
    if (account === undefined) throw noSuchAccount(key);
    if (options.json) printJson(accountJson(account));
    else printAccount(account);
  });
