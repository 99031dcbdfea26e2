// The sandbox's own mailbox: a few dozen messages written for it, dated relative to now. The same clock gives the same mail.
import type { Mailbox } from '../gmail/mailbox.ts';
import { bulkMail } from './bulk-mail.ts';
import { languageMail } from './language-mail.ts';
import { noticeMail } from './notice-mail.ts';
import { workMail } from './work-mail.ts';

export { canary } from './notice-mail.ts';

/** Imports the sample, oldest first. */
export const fillSampleMailbox = (mailbox: Mailbox): void => {
  const messages = [...workMail, ...bulkMail, ...languageMail, ...noticeMail];
  for (const { hoursAgo, labels, write } of messages.toSorted((a, b) => b.hoursAgo - a.hoursAgo)) {
    const internalDate = Math.floor(mailbox.clock.now() / 1000) * 1000 - hoursAgo * 3_600_000;
    const raw = write({ owner: mailbox.owner, date: new Date(internalDate) });
    mailbox.importMessage(raw, { labelIds: [...labels], internalDate });
  }
};
