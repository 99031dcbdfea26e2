// The person behind user_42, who opens the link and approves. In front of a terminal, or with a real Google, that is
// whoever runs the example; otherwise the sandbox's pages are walked through by a small browser.
import { setTimeout } from 'node:timers/promises';
import { walk } from '../../src/cli/demo/person.ts';
import type { Backend } from './backend.ts';
import type { Postern } from './postern.ts';
import { say } from './say.ts';

const longestWait = 10 * 60_000;

const waitForReader = async (link: string, backend: Backend): Promise<void> => {
  say(`\nOpen this link, approve, and come back (waiting up to ten minutes):\n\n  ${link}\n`);
  const end = Date.now() + longestWait;
  while (!(await backend.isConnected())) {
    if (Date.now() > end) throw new Error('Nobody approved within ten minutes. Run the example again for a new link.');
    await setTimeout(1000);
  }
};

/** Resolves when the mailbox is connected. */
export const approve = async (link: string, { mailbox, isSandboxed }: Postern, backend: Backend): Promise<void> => {
  if (!isSandboxed || process.stdin.isTTY) return waitForReader(link, backend);
  const last = await walk(link, mailbox, () => {});
  if (!(await backend.isConnected())) throw new Error(`The pages ended with “${last.heading}”, HTTP ${last.status}.`);
  say(`(${mailbox} opens the link and approves.)`);
};
