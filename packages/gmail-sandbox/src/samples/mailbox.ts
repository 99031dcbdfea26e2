// The sandbox's own mailbox: a few dozen messages written for it, dated relative to now. The same clock gives the same mail.
import type { Mailbox } from '../gmail/mailbox.ts';
import { bulkMail } from './bulk-mail.ts';
import { languageMail } from './language-mail.ts';
import { noticeMail } from './notice-mail.ts';
import { workMail } from './work-mail.ts';

export { canary } from './notice-mail.ts';

export interface SampleMail {
  readonly raw: Uint8Array;
  readonly labelIds: readonly string[];
  /** Milliseconds since 1970. */
  readonly internalDate: number;
}

/** The sample as this owner gets it, oldest first. @param now milliseconds since 1970 */
export const sampleMail = (owner: string, now: number): SampleMail[] => {
  const messages = [...workMail, ...bulkMail, ...languageMail, ...noticeMail];
  return messages
    .toSorted((a, b) => b.hoursAgo - a.hoursAgo)
    .map(({ hoursAgo, labels, write }) => {
      const internalDate = Math.floor(now / 1000) * 1000 - hoursAgo * 3_600_000;
      return { raw: write({ owner, date: new Date(internalDate) }), labelIds: labels, internalDate };
    });
};

/** Imports the sample. @param mail as `sampleMail` gives it for this owner and time, where that is at hand */
export const fillSampleMailbox = (
  mailbox: Mailbox,
  mail: readonly SampleMail[] = sampleMail(mailbox.owner, mailbox.clock.now()),
): void => {
  for (const { raw, labelIds, internalDate } of mail)
    mailbox.importMessage(raw, { labelIds: [...labelIds], internalDate });
};
