// What the tools return for a message, one function per format; the only module of src/mail that others need.
// Knows nothing of the fence around mail, of size limits or of how a message was fetched.
import { mailboxesOf } from './addresses.ts';
import { type Attachment, attachmentsOf, isBodyText } from './attachments.ts';
import { bodyText, decodedText } from './body.ts';
import { headerText, headerValues, isoDate } from './headers.ts';
import {
  childrenOf,
  isContainer,
  type Message,
  type MessageHeader,
  mimeTypeOf,
  type NumberedPart,
  rootOf,
} from './message-part.ts';
import { type Page, type PageRequest, page } from './page.ts';
import { headersOfSource } from './source-headers.ts';

export { type Attachment, attachmentsOf, describeAttachment, fileNameOf } from './attachments.ts';
export { type MissingText, missingTextParts, withTexts } from './body.ts';
export { isTextLike, textOfBytes } from './charset.ts';
export { safeFileName } from './file-name.ts';
export { declaredCharset } from './headers.ts';
export { findPart, inlineBytes, type Message, type MessagePart, type NumberedPart } from './message-part.ts';
export { type Page, type PageRequest, page } from './page.ts';

/** Fields that a message lacks, or that were not fetched, are absent. */
export interface MessageRow {
  readonly id: string;
  readonly threadId: string;
  readonly labelIds: string[];
  /** Gmail's own extract, its HTML entities decoded. */
  readonly snippet: string;
  /** `Name <user@example.com>`, encoded words decoded. */
  readonly from?: string;
  readonly to?: string[];
  readonly cc?: string[];
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly date?: string;
}

export interface ReadableMessage extends MessageRow {
  readonly body: Page;
  readonly attachments: Attachment[];
}

export interface FullPart {
  readonly partId: string;
  readonly mimeType: string;
  readonly filename: string;
  readonly headers: { name: string; value: string }[];
  /** `data` is decoded text (one page of it) for body texts; other parts are named by `attachmentId`, our part id. */
  readonly body: {
    readonly size: number;
    readonly data?: string;
    readonly totalChars?: number;
    readonly nextOffset?: number;
    readonly attachmentId?: string;
  };
  readonly parts?: FullPart[];
}

export interface FullMessage extends MessageRow {
  readonly payload?: FullPart;
}

export interface RawMessage extends MessageRow {
  /** One page of the RFC 822 source in base64url: the pages in turn are the whole. */
  readonly raw: string;
  readonly totalChars: number;
  readonly nextOffset?: number;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Gmail escapes its snippets for HTML, once. */
const decodeSnippet = (snippet: string): string =>
  snippet.replace(/&(?:#(\d{1,6})|([a-z]{2,4}));/g, (whole, code: string | undefined, name: string | undefined) =>
    code === undefined ? (entities[name ?? ''] ?? whole) : String.fromCodePoint(Number(code)),
  );

const rowOf = (message: Message, headers: readonly MessageHeader[] | null | undefined): MessageRow => {
  const text = (name: string) => headerValues(headers, name).map(headerText);
  const mailboxes = (name: string) => headerValues(headers, name).flatMap(mailboxesOf);
  const [from, to, cc, [subject], date] = [
    text('from').join(', '),
    mailboxes('to'),
    mailboxes('cc'),
    text('subject'),
    isoDate(text('date')[0], message.internalDate),
  ];
  return {
    id: message.id ?? '',
    threadId: message.threadId ?? '',
    labelIds: [...(message.labelIds ?? [])],
    snippet: decodeSnippet(message.snippet ?? ''),
    ...(from === '' ? {} : { from }),
    ...(to.length === 0 ? {} : { to }),
    ...(cc.length === 0 ? {} : { cc }),
    ...(subject === undefined ? {} : { subject }),
    ...(date === undefined ? {} : { date }),
  };
};

/** Who wrote what to whom and when; of a `minimal` answer only what that has. */
export const messageRow = (message: Message): MessageRow => rowOf(message, message.payload?.headers);

/** The row, one page of the body as clean text, and what is attached. */
export const readableMessage = (message: Message, request: PageRequest): ReadableMessage => ({
  ...messageRow(message),
  body: page(bodyText(message), request),
  attachments: attachmentsOf(message),
});

const fullPart = (numbered: NumberedPart, request: PageRequest): FullPart => {
  const { part, partId } = numbered;
  const size = part.body?.size ?? 0;
  const bodyOf = (): FullPart['body'] => {
    if (isContainer(part)) return part.body?.attachmentId ? { size, attachmentId: partId } : { size };
    if (!isBodyText(numbered) || (size > 0 && !part.body?.data)) return { size, attachmentId: partId };
    const { text, ...where } = page(decodedText(part), request);
    return { size, data: text, ...where };
  };
  return {
    partId: part.partId ?? '',
    mimeType: mimeTypeOf(part),
    filename: part.filename ?? '',
    headers: (part.headers ?? []).map((header) => ({ name: header.name ?? '', value: header.value ?? '' })),
    body: bodyOf(),
    ...(isContainer(part) ? { parts: childrenOf(numbered).map((child) => fullPart(child, request)) } : {}),
  };
};

/** Everything the message has, as Gmail's tree; the same page of every body text. */
export const fullMessage = (message: Message, request: PageRequest): FullMessage => {
  const root = rootOf(message);
  return { ...messageRow(message), ...(root ? { payload: fullPart(root, request) } : {}) };
};

/** The RFC 822 source; the row is read from its head, because Gmail gives no headers with `format=raw`. */
export const rawMessage = (message: Message, request: PageRequest): RawMessage => {
  const source = message.raw ?? '';
  const { text, ...where } = page(source, request);
  return { ...rowOf(message, headersOfSource(source)), raw: text, ...where };
};
