// `postern demo`: the whole of Postern against the built-in fake Google, over HTTP and stdio, as the story a new user
// would live through. Real GOOGLE_* settings are ignored; nothing is kept.
import { createInterface } from 'node:readline/promises';
import type { Client } from '@modelcontextprotocol/client';
import type { Environment } from '../../config/config.ts';
import { CommandError, plain, printLine } from '../terminal.ts';
import { type SandboxForPostern, withSandbox } from '../with-sandbox.ts';
import { connectHttp, connectSigningIn, connectStdio } from './mcp-clients.ts';
import { walkAndPrint } from './person.ts';
import { clientConfiguration, realEntry, runPostern, sandboxEntry, startHttp } from './postern-process.ts';
import { openRemoteApp, type RemoteApp } from './remote-app.ts';
import { authorization, call, messageLine, messageList, tour } from './tour.ts';

export interface DemoOptions {
  readonly mailbox?: readonly string[];
  readonly interactive?: boolean;
}

const step = (title: string): void => printLine(`\n━━ ${title}`);

const waitForReader = async (link: string): Promise<void> => {
  printLine(`  Open it, approve, and come back:\n\n    ${link}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  await terminal.question('  Press Enter when the page says that Gmail is connected. ');
  terminal.close();
};

/** Of the reader's own mail nothing may be unread: files without labels say nothing about it. */
const firstCall = ({ mailbox }: DemoOptions) =>
  mailbox === undefined || mailbox.length === 0 ? { query: 'is:unread', max_results: 3 } : { max_results: 3 };

const callForMail = async (client: Client, options: DemoOptions): Promise<void> => {
  const { structuredContent } = await call(client, 'gmail_fetch_mails', firstCall(options));
  const answer = messageList.safeParse(structuredContent);
  if (!answer.success) throw new CommandError('Gmail is not connected yet: the call still answers with a link.');
  for (const row of answer.data.messages) printLine(messageLine(row));
  if (answer.data.messages.length === 0) printLine('  (no message)');
};

/** Calls a tool for somebody who is not connected, and connects them with the link that comes back. */
const connectByLink = async (client: Client, email: string, options: DemoOptions): Promise<void> => {
  const { structuredContent } = await call(client, 'gmail_fetch_mails', firstCall(options));
  const required = authorization.safeParse(structuredContent);
  if (!required.success) throw new CommandError('The first call should have answered with a link.');
  const { url, reason } = required.data.authorizationRequired;
  printLine(`  Not a failure, but a link (${reason}): ${url}`);
  if (options.interactive) await waitForReader(url);
  else await walkAndPrint(url, email);
};

/** A person of a product, for whom the product holds a key. */
const withKey = async (origin: string, email: string, settings: Environment, options: DemoOptions): Promise<void> => {
  const apiKey = await runPostern(['api-keys', 'create', '--user', 'you', '--expected-email', email], settings);
  printLine(`  postern api-keys create made a key for the person "you": ${apiKey.slice(0, 12)}…`);
  const client = await connectHttp(origin, apiKey);
  const { tools } = await client.listTools();
  printLine(`  An MCP client lists ${tools.length} tools:`);
  for (const tool of tools) printLine(`    ${tool.name.padEnd(28)} ${tool.title ?? ''}`);
  step('The first call, before anybody has connected Gmail');
  await connectByLink(client, email, options);
  step('The same call again');
  await callForMail(client, options);
  step('Every tool');
  await tour(client);
  await client.close();
};

const overHttp = async ({ environment, people }: SandboxForPostern, options: DemoOptions): Promise<void> => {
  const [first, second] = people.map(({ email }) => email);
  step('Postern over HTTP, for a product with many users');
  const allowed = people.map(({ email }) => email).join(',');
  const settings = { ...environment, POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: allowed };
  const postern = await startHttp(settings);
  try {
    printLine(`  postern http listens at ${postern.origin}`);
    await withKey(postern.origin, first ?? '', settings, options);
    step('Somebody else signs in from a remote client, as claude.ai, ChatGPT or an IDE');
    await signInFromApp(postern.origin, second ?? '', {
      interactive: options.interactive === true,
      firstCall: (client) => callForMail(client, options),
    });
  } finally {
    await postern.close();
  }
};

const overStdio = async ({ people }: SandboxForPostern, options: DemoOptions): Promise<void> => {
  step('Postern over stdio, as Claude Desktop, Claude Code, Cursor or VS Code start it');
  const entry = sandboxEntry(options.mailbox);
  printLine(`  ${entry.command} ${entry.args.join(' ')}`);
  const client = await connectStdio(entry);
  try {
    await connectByLink(client, people[0]?.email ?? '', options);
    await callForMail(client, options);
  } finally {
    await client.close();
  }
};

const printClientConfigurations = (options: DemoOptions): void => {
  step('Your turn');
  printLine(
    'Paste this into your MCP client and ask "what\'s unread?". It uses the same fake Google and works as it is:\n',
  );
  printLine(clientConfiguration('postern-sandbox', sandboxEntry(options.mailbox)));
  printLine('\nWith your own Gmail (the README names each click in the Google Cloud console):\n');
  printLine(clientConfiguration('postern', realEntry()));
};

/** Runs every step of the demo; throws CommandError where one fails. */
export const demo = async (options: DemoOptions): Promise<void> => {
  step('A fake Google');
  await withSandbox(options.mailbox, async (sandbox) => {
    printLine(
      `  The sandbox plays Google at ${sandbox.url}, with a mailbox for ${plain(sandbox.people[0]?.email ?? '')}`,
    );
    await overHttp(sandbox, options);
    await overStdio(sandbox, options);
  });
  printClientConfigurations(options);
};

const leadToSignIn = async (app: RemoteApp, url: string, email: string, interactive: boolean): Promise<void> => {
  printLine(
    '  Postern answered 401 and where to sign in. The app went there and registered itself; nobody had to know it:',
  );
  printLine(`    client_id ${app.clientInformation()?.client_id ?? ''}`);
  if (!interactive) return walkAndPrint(url, email);
  printLine(
    `  Open it, go on, and approve as ${plain(email)}; the app waits for your browser to come back:\n\n    ${url}\n`,
  );
};

/**
 * Signs a person in from an app, and lets it make its first call.
 * @param interactive the reader clicks through the pages; the app waits for their browser
 * @param firstCall what the app does with its token, at once
 * @throws CommandError where nobody was signed in
 */
export const signInFromApp = async (
  origin: string,
  email: string,
  { interactive, firstCall }: { interactive: boolean; firstCall: (client: Client) => Promise<void> },
): Promise<void> => {
  printLine(`  The app knows nothing but ${new URL('/mcp', origin)}`);
  const app = await openRemoteApp('Demo app');
  try {
    const client = await connectSigningIn(origin, app, (url) => leadToSignIn(app, url, email, interactive));
    const { expires_in: lifetime, scope } = app.tokens() ?? {};
    printLine(
      `  The app got a token of Postern's for ${lifetime} seconds (${scope}) and one to renew it; none of Google's.`,
    );
    await firstCall(client);
    await client.close();
  } finally {
    await app.close();
  }
};
