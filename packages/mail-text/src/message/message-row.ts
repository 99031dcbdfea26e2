// Who wrote what to whom and when: what every format of a message begins with. Whatever cannot be seen is taken out of
// it, as out of the body: these words come from outside just the same.
import { mailboxesOf } from '../mime/addresses.ts';
import { headerText, headerValues, isoDate } from '../mime/headers.ts';
import type { Message, MessageHeader } from '../mime/message-part.ts';
import { withoutInvisible } from '../text/invisible.ts';
import { gmailSnippet } from './snippet.ts';

/** Fields that a message lacks, or that were not fetched, are absent. */
export interface MessageRow {
  readonly id: string;
  readonly threadId: string;
  readonly labelIds: string[];
  /** Where the body was read, its first words; otherwise Gmail's own extract, which may hold words that are hidden. */
  readonly snippet: string;
  /** `Name <user@example.com>`, encoded words decoded. */
  readonly from?: string;
  readonly to?: string[];
  readonly cc?: string[];
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly date?: string;
}

/** The row of a message, and how many invisible characters were taken out of it. */
export const countedRow = (
  message: Message,
  headers: readonly MessageHeader[] | null | undefined = message.payload?.headers,
): { readonly row: MessageRow; readonly removed: number } => {
  let removed = 0;
  const seen = (text: string): string => {
    const visible = withoutInvisible(text);
    removed += visible.removed;
    return visible.text;
  };
  const texts = (name: string) => headerValues(headers, name).map(headerText).map(seen);
  const mailboxes = (name: string) => headerValues(headers, name).flatMap(mailboxesOf).map(seen);
  const [from, to, cc, [subject]] = [texts('from').join(', '), mailboxes('to'), mailboxes('cc'), texts('subject')];
  const date = isoDate(headerValues(headers, 'date').map(headerText)[0], message.internalDate);
  const row: MessageRow = {
    id: message.id ?? '',
    threadId: message.threadId ?? '',
    labelIds: [...(message.labelIds ?? [])],
    // Not counted: it repeats the body.
    snippet: gmailSnippet(message.snippet ?? ''),
    ...(from === '' ? {} : { from }),
    ...(to.length === 0 ? {} : { to }),
    ...(cc.length === 0 ? {} : { cc }),
    ...(subject === undefined ? {} : { subject }),
    ...(date === undefined ? {} : { date }),
  };
  return { row, removed };
};

/** Who wrote what to whom and when; of a `minimal` answer only what that has. */
export const messageRow = (message: Message): MessageRow => countedRow(message).row;
