// `postern accounts check`: asks Google now what works of one account, or of all that are connected.
import type { Accounts, Checked } from '../../connect/accounts.ts';
import { accountStatus } from '../../model/account.ts';
import { accountJson } from '../../model/account-json.ts';
import type { AccountKey } from '../../model/account-key.ts';
import { explainProblem, type Problem } from '../../model/problem.ts';
import { CommandError, plain, printJson, printNote, printTable } from '../terminal.ts';
import { withPostern } from '../with-postern.ts';
import { accountKeyOf, noSuchAccount, parseRealm } from './options.ts';
import { accountHeading, accountRow, printAccount } from './view.ts';

export interface CheckOptions {
  /** `local` where one account is meant and none is given. */
  readonly realm?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

type CheckedAccount = Exclude<Checked, { kind: 'unknown' }>;

/** Accounts that are checked at the same time. */
const concurrentChecks = 3;

const problemOf = (checked: CheckedAccount): Problem | undefined =>
  checked.kind === 'not_checked' ? checked.problem : undefined;

/** The account as in every other answer, and whether Google answered about it. */
const checkedJson = (checked: CheckedAccount) => {
  const problem = problemOf(checked);
  const said = problem && explainProblem(problem);
  return {
    ...accountJson(checked.account),
    checked: problem === undefined,
    problem: problem && said ? { kind: problem.kind, message: said.what, who: said.fixer, next: said.next } : null,
  };
};

const checkAll = async (accounts: Accounts, keys: readonly AccountKey[]): Promise<CheckedAccount[]> => {
  const found = new Map<AccountKey, CheckedAccount>();
  const waiting = keys.values();
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      const checked = await accounts.check(key);
      if (checked.kind !== 'unknown') found.set(key, checked);
    }
  };
  await Promise.all(Array.from({ length: concurrentChecks }, worker));
  return keys.flatMap((key) => found.get(key) ?? []);
};

/** Exit code 3 where Google did not answer about an account, else 1 where one needs a person. */
const throwUnlessUsable = (checked: readonly CheckedAccount[]): void => {
  const unanswered = checked.filter((one) => problemOf(one) !== undefined);
  for (const one of unanswered) {
    const { what, next } = explainProblem(problemOf(one) ?? { kind: 'internal' });
    printNote(
      `${plain(one.account.key.identifier)} could not be checked; what Google did not answer stays as it was. ${what} ${next}`,
    );
  }
  if (unanswered.length > 0)
    throw new CommandError(`${unanswered.length} of ${checked.length} could not be checked.`, { exitCode: 3 });
  const lost = checked.filter(({ account }) => accountStatus(account).status !== 'ACTIVE');
  if (lost.length > 0) throw new CommandError(`${lost.length} of ${checked.length} cannot be used as it is.`);
};

const checkOne = async (accounts: Accounts, key: AccountKey, json: boolean): Promise<void> => {
  const checked = await accounts.check(key);
  if (checked.kind === 'unknown') throw noSuchAccount(key);
  if (json) printJson(checkedJson(checked));
  else printAccount(checked.account);
  throwUnlessUsable([checked]);
};

/** Those that are connected; the others have nothing that Google could be asked about. */
const checkEveryone = async (accounts: Accounts, realm: string | undefined, json: boolean): Promise<void> => {
  const listed = await accounts.list(realm === undefined ? {} : { realm: parseRealm(realm) });
  const connected = listed.filter(({ state }) => state.status === 'ACTIVE');
  const checked = await checkAll(
    accounts,
    connected.map(({ key }) => key),
  );
  if (json) printJson(checked.map(checkedJson));
  else if (checked.length === 0) printNote('No account is connected.');
  else
    printTable(
      accountHeading,
      checked.map(({ account }) => accountRow(account)),
    );
  throwUnlessUsable(checked);
};

/** Prints what is true now; exit code 1 when an account needs a person, 3 when Google could not be asked. */
export const check = (identifier: string | undefined, options: CheckOptions): Promise<void> => {
  const { all = false, json = false, realm } = options;
  if (all && identifier !== undefined)
    throw new CommandError('Name one account or say --all, not both.', { exitCode: 2 });
  return withPostern('cli', ({ accounts, config }) =>
    all
      ? checkEveryone(accounts, realm, json)
      : checkOne(accounts, accountKeyOf(identifier, { realm: realm ?? 'local' }, config.identifier), json),
  );
};
