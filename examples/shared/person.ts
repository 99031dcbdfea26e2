// The person behind the product's user, who opens the link and approves. In front of a terminal, or with a real Google, that is
// whoever runs the example; otherwise the sandbox's pages are walked through by a small browser.
import { setTimeout } from 'node:timers/promises';
import type { Postern } from '@postern/client';
import { walk } from '../../src/cli/demo/person.ts';
import type { RunningPostern } from './postern.ts';
import { say } from './say.ts';

const longestWait = 10 * 60_000;

const isConnected = async (backend: Postern, user: string): Promise<boolean> =>
  (await backend.accounts.get(user)).status === 'ACTIVE';

const waitForReader = async (link: string, backend: Postern, user: string): Promise<void> => {
  say(`\nOpen this link, approve, and come back (waiting up to ten minutes):\n\n  ${link}\n`);
  const end = Date.now() + longestWait;
  while (!(await isConnected(backend, user))) {
    if (Date.now() > end) throw new Error('Nobody approved within ten minutes. Run the example again for a new link.');
    await setTimeout(1000);
  }
};

/**
 * Resolves when the mailbox is connected.
 * @param backend the client with the service key
 * @param user the product's name for the person
 */
export const approve = async (
  link: string,
  { mailbox, isSandboxed }: RunningPostern,
  backend: Postern,
  user: string,
): Promise<void> => {
  if (!isSandboxed || process.stdin.isTTY) return waitForReader(link, backend, user);
  const last = await walk(link, mailbox, () => {});
  if (!(await isConnected(backend, user)))
    throw new Error(`The pages ended with “${last.heading}”, HTTP ${last.status}.`);
  say(`(${mailbox} opens the link and approves.)`);
};
