// Fills a sandbox with people to try things on: sample mail and contacts, or the reader's own mail files.
import type { GoogleAccount } from './accounts.ts';
import { readMailFiles } from './gmail/mail-files.ts';
import { fillSampleContacts } from './samples/contacts.ts';
import { fillSampleMailbox } from './samples/mailbox.ts';
import type { Sandbox } from './sandbox.ts';

const importFiles = async (account: GoogleAccount, paths: readonly string[]): Promise<void> => {
  for (const { raw, labels, unread } of await readMailFiles(paths)) {
    const labelIds = unread ? [...labels, 'UNREAD'] : [...labels];
    account.mailbox.importMessage(raw, { labelIds, draft: labels.includes('DRAFT') });
  }
};

/**
 * Adds two people: one in a Workspace domain (with a directory), one with a consumer account.
 * @param options.mailboxPaths `.eml`, folders of them, `.mbox`; the first person gets this mail instead of the sample
 * @returns whom to sign in as
 * @throws SandboxError naming the file that cannot be read and what to do
 */
export const populate = async (
  sandbox: Sandbox,
  options: { mailboxPaths?: readonly string[] } = {},
): Promise<{ email: string; name: string }[]> => {
  const alex = sandbox.addAccount({ email: 'alex@example.com', name: 'Alex Marsh', hostedDomain: 'example.com' });
  const robin = sandbox.addAccount({ email: 'robin@example.org', name: 'Robin Quill' });
  for (const account of [alex, robin]) fillSampleContacts(account);
  if (options.mailboxPaths === undefined || options.mailboxPaths.length === 0) fillSampleMailbox(alex.mailbox);
  else await importFiles(alex, options.mailboxPaths);
  fillSampleMailbox(robin.mailbox);
  return [alex, robin].map(({ email, name }) => ({ email, name }));
};
