// `postern accounts connect`: the whole flow by itself. Two links at once: one for a browser on this machine, which comes
// back over loopback, and one for a browser anywhere else, whose final address is pasted in here.
import { randomBytes } from 'node:crypto';
import type { Accounts, Finish, Link } from '../../connect/accounts.ts';
import { newSecret } from '../../lib/secrets.ts';
import type { Account } from '../../model/account.ts';
import type { AccountKey } from '../../model/account-key.ts';
import type { Caller } from '../../model/caller.ts';
import { explainProblem } from '../../model/problem.ts';
import type { Result } from '../../model/result.ts';
import { accountText, lackText } from '../../model/standing.ts';
import { type AccountOptions, accountDiffers, accountKeyOf, parseCapabilities, parsePins } from '../account-options.ts';
import { CommandError } from '../command-error.ts';
import { plain, say } from '../terminal.ts';
import { withPostern } from '../with-postern.ts';
import { describeFinish } from './finish-text.ts';
import { openBrowser } from './open-browser.ts';
import { pastedCallbacks } from './pasted-callback.ts';

export interface ConnectOptions extends AccountOptions {
  readonly expectedEmail?: string;
  readonly expectedDomain?: string;
  readonly capabilities?: string;
  readonly replace?: boolean;
  readonly browser: boolean;
}

const required = <T>(result: Result<T>, key: AccountKey): T => {
  if (result.ok) return result.value;
  const { what, next } = explainProblem(result.problem);
  throw result.problem.kind === 'account_differs' ? accountDiffers(key, what) : new CommandError(what, { fix: next });
};

/** Resolves when the link has come to any end, or `signal` was aborted. */
const waitForBrowser = async (accounts: Accounts, caller: Caller, link: Link, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && Date.now() < link.expiresAt) {
    const started = Date.now();
    // An answer before its 45 seconds are over means: the link has ended.
    if ((await accounts.waitForLink(caller, link.ticket, signal)) || Date.now() - started < 40_000) return;
  }
};

interface Elsewhere {
  /** Google's own page for the second link. */
  readonly url: string;
  /** What binds that link to this process instead of to a browser's cookie. */
  readonly browser: string;
}

const beginElsewhere = async (accounts: Accounts, link: Link): Promise<Elsewhere> => {
  const browser = newSecret(randomBytes);
  const begun = await accounts.connection.begin(link.ticket, browser);
  if (begun.kind !== 'redirect')
    throw new CommandError('The link ended while it was made.', { fix: 'Run the command again.' });
  return { url: begun.url, browser };
};

/** Takes pasted addresses until one of them ends the flow. */
const finishPasted = async (
  accounts: Accounts,
  elsewhere: Elsewhere,
  signal: AbortSignal,
): Promise<Finish | undefined> => {
  for await (const callback of pastedCallbacks(process.stdin, signal)) {
    if (callback === undefined) {
      say('That is not the final address: it begins with http and contains "state=". Paste the whole of it.');
      continue;
    }
    const finish = await accounts.connection.finish({ ...callback, browser: elsewhere.browser });
    if (finish.kind === 'again') {
      say(`\nGoogle has to ask once more. Open this address too, and paste where it ends:\n  ${finish.url}`);
    } else if (finish.kind === 'unknown') {
      say('That address belongs to another attempt. Paste the one that this attempt ended at.');
    } else return finish;
  }
  return undefined;
};

const instruct = (link: Link, elsewhere: Elsewhere): void => {
  say(`Open this link in a browser on this machine:\n\n  ${link.url}\n`);
  say('With a browser on another machine, open this address there instead:\n');
  say(`  ${elsewhere.url}\n`);
  say(
    'After approving, that browser shows an address on 127.0.0.1 that it cannot reach. Copy it whole and paste it here.',
  );
  say('\nWaiting (10 minutes at most; Ctrl+C ends it)…');
};

/** What was connected, and no more than that. */
const connectedText = (account: Account): string =>
  account.capabilities.mail.status === 'ready'
    ? `Connected: ${account.google?.email ?? 'a mailbox'} is now the mailbox of ${account.key.identifier}. ${lackText(account)}`.trimEnd()
    : accountText(account);

/** Connects one account; exit code 1 when it did not come to that. */
export const connect = (identifier: string | undefined, options: ConnectOptions): Promise<void> =>
  withPostern('stdio', async ({ accounts, config }) => {
    const key = accountKeyOf(identifier, options, config.identifier);
    const capabilities = options.capabilities === undefined ? [] : parseCapabilities(options.capabilities);
    required(await accounts.ensure(key, parsePins(options)), key);
    const caller: Caller = { key, credential: 'stdio', linkPolicy: 'loopback' };
    const wanted = { capabilities, replace: options.replace === true };
    const link = required(await accounts.link(caller, wanted), key);
    const elsewhere = await beginElsewhere(accounts, required(await accounts.link(caller, wanted), key));
    instruct(link, elsewhere);
    if (options.browser) openBrowser(link.url);
    const before = await accounts.find(key);
    const over = new AbortController();
    const pasted = finishPasted(accounts, elsewhere, over.signal);
    const here = waitForBrowser(accounts, caller, link, over.signal);
    // Without a terminal the pasting ends at once: then only the browser on this machine counts.
    const finish = await Promise.race([
      here.then(() => undefined),
      pasted.then((end) => end ?? here.then(() => undefined)),
    ]);
    over.abort();
    // The account itself says whether it was connected: both links may have ended at the same moment.
    const account = await accounts.find(key);
    if (account === undefined || account.grantVersion === before?.grantVersion) {
      throw describeFinish(finish?.kind === 'connected' ? undefined : finish);
    }
    say(`\n${plain(connectedText(account))}`);
  });
