// A message of Gmail's → the format a caller asked for. Where a long body is not in Gmail's answer itself, fetches it.
// Tools load this with their first call, not at the start: most of what reads mail hangs on it.
import type { GmailReader, ReportProgress } from '../google/ports.ts';
import {
  fullMessage,
  linksOfMessage,
  type Message,
  messageRow,
  missingTextParts,
  type PageRequest,
  rawMessage,
  readableMessage,
  readBodyAhead,
  readRow,
  withTexts,
} from '../mail/message.ts';
import { ok, type Result } from '../model/result.ts';
import { inTurns } from './in-turns.ts';
import type { MessageOutput } from './message-output.ts';
import { type MessageFormat, viewOf } from './message-views.ts';

/** The text parts that Gmail gives only on request, where the format shows them. */
const textsToFetch = (message: Message, format: MessageFormat) =>
  viewOf(format) === 'full' ? missingTextParts(message, format === 'full' ? 'full' : 'readable') : [];

/** The message, its long texts read, with the text bodies that Gmail gives only on request, when the format shows bodies. */
export const completed = async (
  gmail: GmailReader,
  message: Message,
  format: MessageFormat,
): Promise<Result<Message>> => {
  if (viewOf(format) !== 'full') return ok(message);
  const bodies = new Map<string, Uint8Array>();
  const missing = textsToFetch(message, format);
  const fetched = await Promise.all(
    missing.map(({ attachmentId, size }) => gmail.attachment(message.id ?? '', attachmentId, { size })),
  );
  for (const [index, answer] of fetched.entries()) {
    if (!answer.ok) return answer;
    bodies.set(missing[index]?.partId ?? '', answer.value);
  }
  const whole = bodies.size === 0 ? message : withTexts(message, bodies);
  await inTurns(readBodyAhead(whole));
  return ok(whole);
};

/** `completed` for a list. @param progress told after every message of which texts had to be fetched. */
export const completedAll = (
  gmail: GmailReader,
  messages: readonly Message[],
  format: MessageFormat,
  progress: ReportProgress,
): Promise<{ id: string; result: Result<Message> }[]> => {
  const lacking = new Set(messages.filter((message) => textsToFetch(message, format).length > 0));
  let done = 0;
  return Promise.all(
    messages.map(async (message) => {
      const result = await completed(gmail, message, format);
      if (lacking.has(message)) {
        done += 1;
        progress(done, lacking.size);
      }
      return { id: message.id ?? '', result };
    }),
  );
};

export const minimalRow = (message: Message): MessageOutput => {
  const { id, threadId, labelIds, labels, snippet } = messageRow(message);
  return { id, threadId, labelIds, ...(labels === undefined ? {} : { labels }), snippet };
};

/** One message in one format; `page` applies to each body, or to the raw source. */
export const formatted = (message: Message, format: MessageFormat, page: PageRequest): MessageOutput => {
  switch (format) {
    case 'minimal':
      return minimalRow(message);
    case 'metadata':
      return messageRow(message);
    case 'readable':
      return readableMessage(message, page);
    case 'links':
      return linksOfMessage(message, page);
    case 'full':
      return fullMessage(message, page);
    case 'raw':
      return rawMessage(message, page);
  }
};

const cutText = (text: string): string => (text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text);

/** The row in a format: where the body was fetched, with a snippet of what a person sees of it. */
const rowIn = (message: Message, format: MessageFormat) =>
  viewOf(format) === 'full' ? readRow(message) : messageRow(message);

/** What an answer says of its snippets where no body was read. */
export const snippetNote = (format: MessageFormat): string | undefined =>
  viewOf(format) === 'full'
    ? undefined
    : "snippet is Gmail's extract and may hold words hidden from people; format readable has none of those";

/** Ever shorter forms of a message that does not fit; the last is a few bytes. */
export const clippedForms = (message: Message, format: MessageFormat): MessageOutput[] => {
  const row = rowIn(message, format);
  const { id, subject = '', from = '', to = [], date } = row;
  const clipped = true as const;
  return [
    { ...row, clipped },
    {
      ...{ id, from: cutText(from), to: to.slice(0, 3).map(cutText), subject: cutText(subject), clipped },
      ...(date === undefined ? {} : { date }),
    },
    { id, clipped },
  ];
};

/** What a list says of messages that it had no room for. */
export const clippedNote = (rows: readonly { readonly clipped?: true }[]): string | undefined =>
  rows.some(({ clipped }) => clipped)
    ? 'rows marked clipped had no room here; read each with gmail_get_message_by_id'
    : undefined;
