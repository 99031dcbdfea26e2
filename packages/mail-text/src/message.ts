// A message of Gmail's API in the forms in which a program reads it: a row, readable text, its links, all of its parts, its source.

import { type Invitation, invitationText } from './calendar/calendar.ts';
import { type LinkPage, linkPage, type TextLink } from './links/links.ts';
import { joinedReadings, readBody } from './message/body.ts';
import { countedRow, type FullPart, fullPart, type MessageRow, messageRow, snippetOf } from './message/rows.ts';
import { type Attachment, attachmentsOf, isBodyText } from './mime/attachments.ts';
import { headersOfSource } from './mime/headers.ts';
import { everyPart, type Message, mimeTypeOf, rootOf } from './mime/message-part.ts';
import { type Reading, type Removed, readPlainText, sumOfRemoved } from './mime/read-part.ts';
import {
  type DeliveryReport,
  deliveryReportsIn,
  invitationsIn,
  isStructured,
  reportText,
  type Security,
  securityOf,
  securityText,
} from './mime/structured-parts.ts';
import { type Page, type PageRequest, page } from './page.ts';
import { isWinmail, winmailIn } from './tnef/winmail.ts';

export type { FullPart } from './message/rows.ts';
export { type MessageRow, messageRow } from './message/rows.ts';
export { type Attachment, attachmentsOf, describeAttachment, fileNameOf } from './mime/attachments.ts';
export { safeFileName } from './mime/file-name.ts';
export { declaredCharset } from './mime/headers.ts';
export {
  findPart,
  inlineBytes,
  isTextLike,
  type Message,
  type MessagePart,
  type NumberedPart,
} from './mime/message-part.ts';
export { type MissingText, missingTextParts, withTexts } from './mime/missing-texts.ts';
export { notTheEnd, type Removed, readTextFile, type TextFile } from './mime/read-part.ts';
export { type Page, type PageRequest, page } from './page.ts';
export { withoutInvisible } from './text/invisible.ts';
export { filesOfWinmail, isWinmail } from './tnef/winmail.ts';

/** A page of a body. */
export interface BodyPage extends Page {
  /** Where quoted history begins, in code points of the whole text: from there on it is what others wrote before. */
  readonly quotedFrom?: number;
  /** The text ends before the message does, and says so. */
  readonly truncated?: true;
  /** What the numbered links on this page stand for; absent where it has none. */
  readonly linksNote?: string;
}

export interface ReadableMessage extends MessageRow {
  readonly body: BodyPage;
  readonly attachments: Attachment[];
  /** Absent where it is neither signed nor encrypted. */
  readonly security?: Security;
  /** Absent where there are none. */
  readonly invitations?: Invitation[];
  /** Absent where there are none. */
  readonly deliveryReports?: DeliveryReport[];
  /** What no reader would see and this text leaves out; absent where that is nothing. */
  readonly removed?: Removed;
}

export interface LinksOfMessage extends MessageRow, LinkPage {
  /** The message goes on behind the text that was read, and may have more links there. */
  readonly truncated?: true;
  /** What no reader would see, its links included: they are in no list. Absent where that is nothing. */
  readonly removed?: Removed;
}

export interface FullMessage extends MessageRow {
  readonly payload?: FullPart;
  /** How much of it no reader would see: it is all still there. Absent where that is nothing. */
  readonly removed?: Removed;
}

export interface RawMessage extends MessageRow {
  /** One page of the RFC 822 source in base64url: the pages in turn are the whole. */
  readonly raw: string;
  readonly totalChars: number;
  readonly nextOffset?: number;
}

type Notes = Pick<ReadableMessage, 'security' | 'invitations' | 'deliveryReports'>;

/** Of a message without a text of its own, what its other parts say. */
const orOtherParts = (body: Reading, fromWinmail: readonly Reading[], notes: Notes): Reading => {
  if (body.text.trim() !== '') return body;
  const [wrapped] = fromWinmail;
  if (wrapped !== undefined) return { ...wrapped, removed: sumOfRemoved([body.removed, wrapped.removed]) };
  const texts = [
    ...(notes.deliveryReports ?? []).map(reportText),
    ...(notes.invitations ?? []).map(invitationText),
    ...(notes.security ? [securityText(notes.security)] : []),
  ];
  return { ...readPlainText(texts.flatMap((text) => text ?? []).join('\n\n')), removed: body.removed };
};

interface MessageReading extends Pick<Reading, 'text' | 'quotedFrom' | 'truncated'> {
  readonly links: readonly TextLink[];
  readonly message: Omit<ReadableMessage, 'body'>;
}

const notesOf = (message: Message, text: string): Notes => {
  const security = securityOf(message, text);
  const invitations = invitationsIn(message);
  const deliveryReports = deliveryReportsIn(message);
  return {
    ...(security === undefined ? {} : { security }),
    ...(invitations.length === 0 ? {} : { invitations }),
    ...(deliveryReports.length === 0 ? {} : { deliveryReports }),
  };
};

const readFully = (message: Message): MessageReading => {
  const { row, removed: ofRow } = countedRow(message);
  const written = readBody(message);
  const winmail = winmailIn(message);
  const notes = notesOf(message, written.text);
  const own = orOtherParts(written, winmail.texts, notes);
  const { text, quotedFrom, truncated, removed, links } =
    winmail.items.length === 0
      ? own
      : joinedReadings([own, ...winmail.items].filter((reading) => reading.text.trim() !== ''));
  const left = sumOfRemoved([removed, { hiddenElements: 0, invisibleCharacters: ofRow }]);
  return {
    text,
    ...(quotedFrom === undefined ? {} : { quotedFrom }),
    ...(truncated ? { truncated } : {}),
    links,
    message: {
      ...row,
      snippet: snippetOf(text),
      attachments: [...attachmentsOf(message), ...winmail.files],
      ...notes,
      ...(left.hiddenElements + left.invisibleCharacters === 0 ? {} : { removed: left }),
    },
  };
};

/** Several pages of a message, or ever shorter ones, are asked for in a row. */
const readings = new WeakMap<Message, MessageReading>();

const readOnce = (message: Message): MessageReading => {
  const known = readings.get(message) ?? readFully(message);
  readings.set(message, known);
  return known;
};

/** Stands beside a text with numbered links: who reads it in a list has only that. */
const linksNote = 'format "links" of gmail_get_message_by_id has the URL of each [link N: host]';

const bodyPage = ({ text, links, quotedFrom, truncated }: MessageReading, request: PageRequest): BodyPage => {
  const here = page(text, request);
  const isNumbered = here.text.includes('[link ') && links.some(({ numberAt }) => numberAt !== undefined);
  return {
    ...here,
    ...(quotedFrom === undefined ? {} : { quotedFrom }),
    ...(truncated ? { truncated } : {}),
    ...(isNumbered ? { linksNote } : {}),
  };
};

/** The row, one page of the body as clean text, what is attached, and what the other parts say. */
export const readableMessage = (message: Message, request: PageRequest): ReadableMessage => {
  const reading = readOnce(message);
  const { attachments, ...rest } = reading.message;
  return { ...rest, body: bodyPage(reading, request), attachments };
};

/** The row of a message whose body was fetched: its snippet says what a person sees of it. */
export const readRow = (message: Message): MessageRow => ({
  ...messageRow(message),
  snippet: readOnce(message).message.snippet,
});

/** The row, and one page of the links that a person sees in the message, each whole. */
export const linksOfMessage = (message: Message, request: PageRequest): LinksOfMessage => {
  const {
    links,
    truncated,
    message: { removed },
  } = readOnce(message);
  return {
    ...readRow(message),
    ...linkPage(links, request),
    ...(truncated ? { truncated } : {}),
    ...(removed ? { removed } : {}),
  };
};

/** Everything the message has, as Gmail's tree; the same page of every body text. */
export const fullMessage = (message: Message, request: PageRequest): FullMessage => {
  const root = rootOf(message);
  const payload = root && fullPart(root, request);
  const { removed } = readOnce(message).message;
  return { ...readRow(message), ...(removed ? { removed } : {}), ...(payload ? { payload } : {}) };
};

/** One page of a source, and what stands at its beginning. */
export interface SourcePage<T extends object> {
  /** The answer without its source. */
  readonly value: T;
  /** The source up to the end of its header fields, base64url. */
  readonly head: string;
  /** The page that was asked for, base64url. */
  readonly text: string;
  /** Base64url units of all of it. */
  readonly totalChars: number;
}

/** The RFC 822 source; the row is read from its head, because Gmail gives no headers with `format=raw`. */
export const rawMessage = (
  source: SourcePage<Message>,
  { offset, maxChars, maxBytes = maxChars }: PageRequest,
): RawMessage => {
  const { value, head, text, totalChars } = source;
  const raw = text.slice(0, Math.min(maxChars, maxBytes));
  const end = offset + raw.length;
  return {
    ...countedRow(value, headersOfSource(head)).row,
    raw,
    totalChars,
    ...(end < totalChars ? { nextOffset: end } : {}),
  };
};

/** Base64 units. HTML can be far more work than its size says: rules for every element, elements in elements. */
const mostHtml = 4 * 1024;
const mostText = 24 * 1024;
const mostParts = 40;

/**
 * Whether reading a message takes a few milliseconds at most whatever is in it, judged by sizes alone: who wrote it may have
 * wanted it to take long.
 * @param message with no more bytes than a small answer of Gmail's has
 */
export const isCheapToRead = (message: Message): boolean => {
  let [html, text, parts] = [0, 0, 0];
  for (const numbered of everyPart(message)) {
    parts += 1;
    const { part } = numbered;
    if (isWinmail(numbered) || isStructured(numbered)) return false;
    if (!isBodyText(numbered)) continue;
    const length = part.body?.data?.length ?? 0;
    if (mimeTypeOf(part) === 'text/plain') text += length;
    else html += length;
  }
  return html <= mostHtml && text <= mostText && parts <= mostParts;
};
