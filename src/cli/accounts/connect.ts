// `postern accounts connect`: the whole flow by itself. Two links at once: one for a browser on this machine, which comes
// back over loopback, and one for a browser anywhere else, whose final address is pasted in here.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Accounts, Link, LinkOutcome } from '../../connect/accounts.ts';
import { type Callback, readCallback } from '../../http/pages/callback-routes.ts';
import { newSecret } from '../../lib/secrets.ts';
import type { Account } from '../../model/account.ts';
import type { AccountKey } from '../../model/account-key.ts';
import { accountText, lackText } from '../../model/account-text.ts';
import type { Caller } from '../../model/caller.ts';
import { capabilityText } from '../../model/capability.ts';
import { explainProblem } from '../../model/problem.ts';
import type { Result } from '../../model/result.ts';
import { CommandError, plain, printLine } from '../terminal.ts';
import { type OpenedPostern, withPostern } from '../with-postern.ts';
import { type AccountOptions, accountDiffers, accountKeyOf, parseCapabilities, parsePins } from './options.ts';

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
const waitForBrowser = async (
  { accounts, clock }: Pick<OpenedPostern, 'accounts' | 'clock'>,
  caller: Caller,
  link: Link,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted && clock.now() < link.expiresAt) {
    const started = clock.now();
    // An answer before its 45 seconds are over means: the link has ended.
    if ((await accounts.waitForLink(caller, link.ticket, signal)) || clock.now() - started < 40_000) return;
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
  const begun = await (await accounts.connection.open(link.ticket))?.begin(browser);
  if (begun?.kind !== 'redirect')
    throw new CommandError('The link ended while it was made.', { fix: 'Run the command again.' });
  return { url: begun.url, browser };
};

/** Takes pasted addresses until one of them ends the flow. */
const finishPasted = async (
  accounts: Accounts,
  elsewhere: Elsewhere,
  signal: AbortSignal,
): Promise<LinkOutcome | undefined> => {
  for await (const callback of pastedCallbacks(process.stdin, signal)) {
    if (callback === undefined) {
      printLine('That is not the final address: it begins with http and contains "state=". Paste the whole of it.');
      continue;
    }
    const pending = await accounts.connection.findCallback(callback.state);
    const response = { ...callback, browser: elsewhere.browser };
    const finish: LinkOutcome = pending?.kind === 'link' ? await pending.finish(response) : { kind: 'unknown' };
    if (finish.kind === 'again') {
      printLine(`\nGoogle has to ask once more. Open this address too, and paste where it ends:\n  ${finish.url}`);
    } else if (finish.kind === 'unknown') {
      printLine('That address belongs to another attempt. Paste the one that this attempt ended at.');
    } else return finish;
  }
  return undefined;
};

const instruct = (link: Link, elsewhere: Elsewhere): void => {
  printLine(`Open this link in a browser on this machine:\n\n  ${link.url}\n`);
  printLine('With a browser on another machine, open this address there instead:\n');
  printLine(`  ${elsewhere.url}\n`);
  printLine(
    'After approving, that browser shows an address on 127.0.0.1 that it cannot reach. Copy it whole and paste it here.',
  );
  printLine('\nWaiting (10 minutes at most; Ctrl+C ends it)…');
};

/** What was connected, and no more than that. */
const connectedText = (account: Account): string =>
  account.capabilities.mail.status === 'ready'
    ? `Connected: ${account.google?.email ?? 'a mailbox'} is now the mailbox of ${account.key.identifier}. ${lackText(account)}`.trimEnd()
    : accountText(account);

/** Connects one account; exit code 1 when it did not come to that. */
export const connect = (identifier: string | undefined, options: ConnectOptions): Promise<void> =>
  withPostern('stdio', async ({ accounts, config, clock }) => {
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
    const finished = new AbortController();
    const pasted = finishPasted(accounts, elsewhere, finished.signal);
    const onThisMachine = waitForBrowser({ accounts, clock }, caller, link, finished.signal);
    // Without a terminal the pasting ends at once: then only the browser on this machine counts.
    const finish = await Promise.race([
      onThisMachine.then(() => undefined),
      pasted.then((end) => end ?? onThisMachine.then(() => undefined)),
    ]);
    finished.abort();
    // The account itself says whether it was connected: both links may have ended at the same moment.
    const account = await accounts.find(key);
    if (account === undefined || account.grantVersion === before?.grantVersion) {
      throw connectError(finish?.kind === 'connected' ? undefined : finish);
    }
    printLine(`\n${plain(connectedText(account))}`);
  });

export type PastedCallback = Callback;

/** The answer in a pasted line; undefined when the line is not such an address. */
export const parseCallback = (line: string): PastedCallback | undefined => {
  const query = URL.parse(line.trim())?.searchParams;
  const reading = query && readCallback(query);
  return reading?.kind === 'callback' ? reading.callback : undefined;
};

/** Every non-empty line as an answer, or undefined for one that is none; ends with the input or with `signal`. */
export const pastedCallbacks = async function* (
  input: Readable,
  signal: AbortSignal,
): AsyncGenerator<PastedCallback | undefined> {
  const lines = createInterface({ input, signal });
  try {
    for await (const line of lines) if (line.trim() !== '') yield parseCallback(line);
  } finally {
    lines.close();
    // Or the open terminal would keep the process alive.
    input.destroy();
  }
};

const opener = (url: string): readonly [string, readonly string[]] | undefined => {
  switch (process.platform) {
    case 'darwin':
      return ['open', [url]];
    case 'win32':
      return ['rundll32', ['url.dll,FileProtocolHandler', url]];
    default:
      // Without a display (SSH, containers) xdg-open would start a browser in the terminal.
      return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ['xdg-open', [url]] : undefined;
  }
};

/** The browser hands its environment on to whatever it starts: Postern's settings, with the sealing key and the client secret, stay here. */
const withoutSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(?:POSTERN|GOOGLE)_/i.test(name)));

export const openBrowser = (url: string): void => {
  const found = opener(url);
  if (found === undefined) return;
  const child = spawn(found[0], [...found[1]], {
    stdio: 'ignore',
    detached: true,
    env: withoutSettings(process.env),
  });
  child.on('error', () => {});
  child.unref();
};

const again = 'Run the command again.';

/** @param finish undefined: nobody completed a link in time. */
const connectError = (finish: Exclude<LinkOutcome, { kind: 'connected' }> | undefined): CommandError => {
  if (finish === undefined) {
    return new CommandError('Not connected: no link was completed.', {
      fix: 'Run the command again. If Google showed "access blocked", an admin has to allow the app first.',
    });
  }
  switch (finish.kind) {
    case 'declined':
      return new CommandError('Not connected: the request for access was declined.', { fix: again });
    case 'wrong_mailbox':
      return new CommandError(
        `Not connected: ${plain(finish.got)} was chosen, but ${plain(finish.expected)} is expected.`,
        {
          fix: 'Run the command again and choose that account, or add --replace.',
        },
      );
    case 'scope_missing':
      return new CommandError(
        `Not connected: without permission to ${finish.missing.map(capabilityText).join(' and to ')} nothing works.`,
        {
          fix: 'Run the command again and leave the boxes ticked.',
        },
      );
    case 'awaiting_verification':
    case 'unverifiable':
      return new CommandError('Not connected: nothing proves who completed the link.', {
        fix: 'Add --expected-email.',
      });
    case 'admin_blocked':
      return new CommandError("Not connected: the Workspace admin's policy blocks the app.", {
        fix: 'Ask the admin to trust its client ID under Security → API controls.',
      });
    case 'google_unavailable':
      return new CommandError('Not connected: Google did not answer.', { fix: again });
    case 'no_refresh_token':
      return new CommandError(
        'Not connected: Google answered twice without a refresh token, so access would have ended within the hour.',
        {
          fix: 'Remove the app at https://myaccount.google.com/connections, then run the command again.',
        },
      );
    case 'operator_fault':
      return new CommandError("Not connected: Google does not accept Postern's OAuth client.", {
        fix: 'Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console.',
      });
    case 'again':
    case 'used':
    case 'expired':
    case 'unknown':
      return new CommandError('Not connected: the link is no longer valid.', { fix: again });
  }
};
