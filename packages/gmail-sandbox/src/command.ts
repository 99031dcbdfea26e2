// What the command `gmail-sandbox` does, for it and for commands of others that start a sandbox: people in it, the settings
// that point at it on stdout, and an end.
import { type ListeningSandbox, type ListenOptions, listenSandbox } from './listen.ts';
import { populate } from './populate.ts';
import { SandboxError } from './sandbox-error.ts';

export { SandboxError } from './sandbox-error.ts';

export interface OpenedSandbox extends ListeningSandbox {
  /** Whom one can sign in as. */
  readonly people: readonly { readonly email: string; readonly name: string }[];
}

/**
 * A sandbox on loopback with two people in it.
 * @param options.mailboxPaths the reader's own mail files; the sample mailbox when absent
 * @throws SandboxError for mail that cannot be read or a port that cannot be had
 */
export const openSandbox = async (
  options: ListenOptions & { readonly mailboxPaths?: readonly string[] } = {},
): Promise<OpenedSandbox> => {
  const { mailboxPaths, ...listenOptions } = options;
  const listening = await listenSandbox(listenOptions);
  try {
    return { ...listening, people: await populate(listening.sandbox, { mailboxPaths }) };
  } catch (error) {
    await listening.close();
    throw error;
  }
};

/** The options of the command line as they were typed. */
export interface SandboxCommandOptions {
  readonly mailbox?: readonly string[];
  readonly port?: string;
  readonly json?: boolean;
}

const parsePort = (text: string | undefined): number => {
  if (text === undefined) return 0;
  if (!/^\d{1,5}$/.test(text)) throw new SandboxError('The port is not a port number.', 2);
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  throw new SandboxError('The port is not between 1 and 65535.', 2);
};

const describeSandbox = ({ url, sandbox, people }: OpenedSandbox): string[] => [
  `The sandbox plays Google at ${url}`,
  '',
  'Point an app at it:',
  ...Object.entries(sandbox.env()).map(([name, value]) => `  export ${name}=${value}`),
  '',
  'People who can be chosen on its consent page:',
  ...people.map(({ name, email }) => `  ${name} <${email}>`),
  '',
  `What people and admins do (change a password, block the app …): curl ${url}/_sandbox`,
  'Ctrl+C ends it; nothing is kept.',
];

/**
 * Runs a sandbox until it is to end.
 * @param write gets the answer, a line at a time: one line of JSON with `json`, else text for a person
 * @param ended resolves when the sandbox is to end
 * @throws SandboxError for a wrong option, mail that cannot be read or a port that cannot be had
 */
export const runSandbox = async (
  { mailbox, port, json }: SandboxCommandOptions,
  { write, ended }: { write: (line: string) => void; ended: Promise<unknown> },
): Promise<void> => {
  const opened = await openSandbox({ mailboxPaths: mailbox, port: parsePort(port) });
  try {
    const { sandbox, people } = opened;
    if (json) write(JSON.stringify({ env: sandbox.env(), accounts: people }));
    else for (const line of describeSandbox(opened)) write(line);
    await ended;
  } finally {
    await opened.close();
  }
};
