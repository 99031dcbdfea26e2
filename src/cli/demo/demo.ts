// `postern demo`: the whole of Postern against the built-in fake Google, over HTTP and stdio, as the story a new user
// would live through. Real GOOGLE_* settings are ignored; nothing is kept.
import { createInterface } from 'node:readline/promises';
import type { Client } from '@modelcontextprotocol/client';
import type { Environment } from '../../config/config.ts';
import { CommandError } from '../command-error.ts';
import { plain, say } from '../terminal.ts';
import { type OpenedSandbox, withSandbox } from '../with-sandbox.ts';
import { clientConfiguration, realEntry, sandboxEntry } from './client-config.ts';
import { connectHttp, connectStdio } from './mcp-clients.ts';
import { runPostern, startHttp } from './postern-process.ts';
import { authorization, messageLine, messageList } from './results.ts';
import { signInFromApp } from './sign-in.ts';
import { call, tour } from './tour.ts';
import { walkForReader } from './walk-for-reader.ts';

export interface DemoOptions {
  readonly mailbox?: readonly string[];
  readonly interactive?: boolean;
}

const step = (title: string): void => say(`\n━━ ${title}`);

const waitForReader = async (link: string): Promise<void> => {
  say(`  Open it, approve, and come back:\n\n    ${link}\n`);
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
  for (const row of answer.data.messages) say(messageLine(row));
  if (answer.data.messages.length === 0) say('  (no message)');
};

/** Calls a tool for somebody who is not connected, and connects them with the link that comes back. */
const connectByLink = async (client: Client, email: string, options: DemoOptions): Promise<void> => {
  const { structuredContent } = await call(client, 'gmail_fetch_mails', firstCall(options));
  const asked = authorization.safeParse(structuredContent);
  if (!asked.success) throw new CommandError('The first call should have answered with a link.');
  const { url, reason } = asked.data.authorizationRequired;
  say(`  Not a failure, but a link (${reason}): ${url}`);
  if (options.interactive) await waitForReader(url);
  else await walkForReader(url, email);
};

/** A person of a product, for whom the product holds a key. */
const withKey = async (origin: string, email: string, settings: Environment, options: DemoOptions): Promise<void> => {
  const apiKey = await runPostern(['api-keys', 'create', '--user', 'you', '--expected-email', email], settings);
  say(`  postern api-keys create made a key for the person "you": ${apiKey.slice(0, 12)}…`);
  const client = await connectHttp(origin, apiKey);
  const { tools } = await client.listTools();
  say(`  An MCP client lists ${tools.length} tools:`);
  for (const tool of tools) say(`    ${tool.name.padEnd(28)} ${tool.title ?? ''}`);
  step('The first call, before anybody has connected Gmail');
  await connectByLink(client, email, options);
  step('The same call again');
  await callForMail(client, options);
  step('All six tools');
  await tour(client);
  await client.close();
};

const overHttp = async ({ environment, people }: OpenedSandbox, options: DemoOptions): Promise<void> => {
  const [first, second] = people.map(({ email }) => email);
  step('Postern over HTTP, for a product with many users');
  const allowed = people.map(({ email }) => email).join(',');
  const settings = { ...environment, POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: allowed };
  const postern = await startHttp(settings);
  try {
    say(`  postern http listens at ${postern.origin}`);
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

const overStdio = async ({ people }: OpenedSandbox, options: DemoOptions): Promise<void> => {
  step('Postern over stdio, as Claude Desktop, Claude Code, Cursor or VS Code start it');
  const entry = sandboxEntry(options.mailbox);
  say(`  ${entry.command} ${entry.args.join(' ')}`);
  const client = await connectStdio(entry);
  try {
    await connectByLink(client, people[0]?.email ?? '', options);
    await callForMail(client, options);
  } finally {
    await client.close();
  }
};

const handOver = (options: DemoOptions): void => {
  step('Your turn');
  say('Paste this into your MCP client and ask "what\'s unread?". It uses the same fake Google and works as it is:\n');
  say(clientConfiguration('postern-sandbox', sandboxEntry(options.mailbox)));
  say('\nWith your own Gmail (the README names each click in the Google Cloud console):\n');
  say(clientConfiguration('postern', realEntry()));
};

/** Tells the story from beginning to end; throws CommandError where it breaks off. */
export const demo = async (options: DemoOptions): Promise<void> => {
  step('A fake Google');
  await withSandbox(options.mailbox, async (sandbox) => {
    say(`  The sandbox plays Google at ${sandbox.url}, with a mailbox for ${plain(sandbox.people[0]?.email ?? '')}`);
    await overHttp(sandbox, options);
    await overStdio(sandbox, options);
  });
  handOver(options);
};
