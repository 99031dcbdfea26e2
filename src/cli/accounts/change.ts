// `postern accounts pin`: whose mailbox an account has to be, changed by name. `disconnect` and `delete`: revoke at Google
// where that harms nobody else, then erase.
import type { Disconnected } from '../../connect/accounts.ts';
import type { AccountKey } from '../../model/account-key.ts';
import { explainProblem, type Problem } from '../../model/problem.ts';
import { CommandError, plain, printLine, requireConfirmation } from '../terminal.ts';
import { withPostern } from '../with-postern.ts';
import { type AccountOptions, accountKeyOf, noSuchAccount, type PinOptions, parsePinChange } from './options.ts';
import { printAccount } from './view.ts';

/** Changes the pins that are named, and shows the account as it is then. */
export const pin = (identifier: string | undefined, options: AccountOptions & PinOptions): Promise<void> => {
  const change = parsePinChange(options);
  if (Object.keys(change).length === 0)
    throw new CommandError('Nothing to change.', { fix: 'Give a pin, or take one away: see --help.', exitCode: 2 });
  return withPostern('cli', async ({ accounts, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    const changed = await accounts.change(key, change);
    if (changed.ok) return printAccount(changed.value);
    if (changed.problem.kind === 'not_found') throw noSuchAccount(key);
    const { what, next } = explainProblem(changed.problem);
    throw new CommandError(what, { fix: next });
  });
};

const stays = 'Google still lists the app: it can be removed at https://myaccount.google.com/connections';

const atGoogleText: Readonly<Record<NonNullable<Disconnected['reason']>, string>> = {
  sibling: `Google was not told, because that would also end another account here with the same mailbox. ${stays}`,
  no_grant: 'There was nothing to end at Google.',
  other_client: `Google was not told, because the access was made through another OAuth client. ${stays}`,
  google_unavailable: `Google did not answer. ${stays}`,
};

/** How it went at Google, for the operator. */
const atGoogle = ({ reason }: Disconnected): string =>
  reason === undefined ? 'Google ended the access.' : atGoogleText[reason];

/** A problem as the error of a command. */
const asError = (problem: Problem, key: AccountKey): CommandError => {
  const { what, next } = explainProblem(problem);
  return problem.kind === 'not_found' ? noSuchAccount(key) : new CommandError(what, { fix: next });
};

type EndOptions = AccountOptions & { yes?: boolean };

/** Ends the access; the account stays and can be connected again. */
export const disconnect = (identifier: string | undefined, options: EndOptions): Promise<void> =>
  withPostern('cli', async ({ accounts, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    const account = await accounts.find(key);
    if (account === undefined) throw noSuchAccount(key);
    const mailbox = account.google ? ` from ${plain(account.google.email)}` : '';
    await requireConfirmation(`Disconnect ${key.identifier}${mailbox}?`, options.yes === true);
    const outcome = await accounts.disconnect(key);
    if (!outcome.ok) throw asError(outcome.problem, key);
    printLine(`Disconnected; the tokens are erased here. ${atGoogle(outcome.value)}`);
  });

/** Ends the access and deletes every row about the person. */
export const remove = (identifier: string | undefined, options: EndOptions): Promise<void> =>
  withPostern('cli', async ({ accounts, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    // Not looked for before: a row that does not count can be deleted too.
    await requireConfirmation(
      `Delete ${key.identifier} and everything stored about this person?`,
      options.yes === true,
    );
    const outcome = await accounts.disconnect(key);
    if (!(await accounts.remove(key))) throw noSuchAccount(key);
    printLine(`Deleted. ${outcome.ok ? atGoogle(outcome.value) : ''}`.trimEnd());
  });
