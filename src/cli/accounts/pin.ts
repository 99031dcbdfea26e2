// `postern accounts pin`: whose mailbox an account has to be, changed by name. The one command that does.
import { explainProblem } from '../../model/problem.ts';
import {
  type AccountOptions,
  accountKeyOf,
  noSuchAccount,
  type PinOptions,
  parsePinChange,
} from '../account-options.ts';
import { sayAccount } from '../account-view.ts';
import { CommandError } from '../command-error.ts';
import { withPostern } from '../with-postern.ts';

/** Changes the pins that are named, and shows the account as it is then. */
export const pin = (identifier: string | undefined, options: AccountOptions & PinOptions): Promise<void> => {
  const change = parsePinChange(options);
  if (Object.keys(change).length === 0)
    throw new CommandError('Nothing to change.', { fix: 'Give a pin, or take one away: see --help.', exitCode: 2 });
  return withPostern('cli', async ({ accounts, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    const changed = await accounts.change(key, change);
    if (changed.ok) return sayAccount(changed.value);
    if (changed.problem.kind === 'not_found') throw noSuchAccount(key);
    const { what, next } = explainProblem(changed.problem);
    throw new CommandError(what, { fix: next });
  });
};
