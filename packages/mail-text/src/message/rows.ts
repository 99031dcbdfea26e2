// What every format of a message begins with: who wrote what to whom and when, and a snippet (Gmail's own, which is made of hidden
// text too, or ours, of what a person sees). What cannot be seen is taken out, as of the body. And format=full: all parts.
import { isBodyText } from '../mime/attachments.ts';
import { headerText, headerValues, isoDate, mailboxesOf } from '../mime/headers.ts';
import {
  childrenOf,
  hasInlineBytes,
  isContainer,
  type Message,
  type MessageHeader,
  type MessagePart,
  mimeTypeOf,
  type NumberedPart,
} from '../mime/message-part.ts';
import { decodedText, notTheEnd } from '../mime/read-part.ts';
import { type PageRequest, page } from '../page.ts';
import { withoutInvisible } from '../text/invisible.ts';

/** Code points. */
const longestSnippet = 200;
/** UTF-16 units that are looked at. */
const beginning = 4_000;
/** A longer URL would be all that a snippet says, or be cut within an id. */
const longestUrl = 80;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const characterOf = (code: number): string => (code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');

/** Gmail escapes its snippets for HTML, once. */
const withoutEntities = (snippet: string): string =>
  snippet.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi,
    (entity, decimal: string | undefined, hexadecimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? entity;
      return characterOf(decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal));
    },
  );

/** Mailers fill what follows their first words with spaces of every kind and characters without a shape. */
const inOneLine = (text: string): string => withoutInvisible(text).text.replace(/\s+/g, ' ').trim();

/** Gmail's own extract in plain characters. */
const gmailSnippet = (snippet: string): string => inOneLine(withoutEntities(snippet));

const hostOnly = (url: string): string => `${/^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? ''}/…`;

/** The beginning of a readable text in one line. */
export const snippetOf = (text: string): string => {
  const line = inOneLine(text.slice(0, beginning)).replace(/\bhttps?:\/\/[^\s<>]+/gi, (url) =>
    url.length > longestUrl ? hostOnly(url) : url,
  );
  return page(line, { maxChars: longestSnippet, offset: 0 }).text.trim();
};

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
  const visible = (text: string): string => {
    const clean = withoutInvisible(text);
    removed += clean.removed;
    return clean.text;
  };
  const texts = (name: string) => headerValues(headers, name).map(headerText).map(visible);
  const mailboxes = (name: string) => headerValues(headers, name).flatMap(mailboxesOf).map(visible);
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

// format=full: everything a message has, as Gmail's tree, with its texts decoded; what a reader would not see is not left out.

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
    /** The text ends before the part does, and says so. */
    readonly truncated?: true;
    readonly attachmentId?: string;
  };
  readonly parts?: FullPart[];
}

/** Parts that are nested deeper follow one another in the deepest list; their ids say where they belong. */
const deepestList = 50;

const textOf = (part: MessagePart): string =>
  part.body?.cut ? `${decodedText(part)}\n\n${notTheEnd}` : decodedText(part);

const bodyOf = (numbered: NumberedPart, request: PageRequest): FullPart['body'] => {
  const { part, partId } = numbered;
  const size = part.body?.size ?? 0;
  if (isContainer(part)) return part.body?.attachmentId ? { size, attachmentId: partId } : { size };
  if (!isBodyText(numbered) || (size > 0 && !hasInlineBytes(part))) return { size, attachmentId: partId };
  const { text, ...where } = page(textOf(part), request);
  return { size, data: text, ...where, ...(part.body?.cut ? { truncated: true } : {}) };
};

interface OpenPart {
  readonly numbered: NumberedPart;
  readonly depth: number;
  readonly list: FullPart[];
}

/** A part with all that is below it; the same page of every body text. Iterative: depth is the sender's choice. */
export const fullPart = (root: NumberedPart, request: PageRequest): FullPart | undefined => {
  const roots: FullPart[] = [];
  const open: OpenPart[] = [{ numbered: root, depth: 0, list: roots }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { numbered, depth, list } = next;
    const { part } = numbered;
    const parts: FullPart[] = depth < deepestList ? [] : list;
    list.push({
      partId: part.partId ?? '',
      mimeType: mimeTypeOf(part),
      filename: part.filename ?? '',
      headers: (part.headers ?? []).map((header) => ({ name: header.name ?? '', value: header.value ?? '' })),
      body: bodyOf(numbered, request),
      ...(isContainer(part) && parts !== list ? { parts } : {}),
    });
    for (const child of childrenOf(numbered).reverse()) open.push({ numbered: child, depth: depth + 1, list: parts });
  }
  return roots[0];
};
