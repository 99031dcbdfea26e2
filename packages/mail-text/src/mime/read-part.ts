// One text part, or a text file that is attached → what a person reads there: decoded, unfolded, converted from HTML, without what
// cannot be seen.
import { type LinksOfHtml, readableHtml } from '../html/readable-html.ts';
import { plainWithLinks, type TextLink } from '../links/links.ts';
import { codePointsIn } from '../page.ts';
import { withoutInvisible } from '../text/invisible.ts';
import { createTextBuilder, linesIn } from '../text/long-text.ts';
import { historyStart } from '../text/quoted-history.ts';
import { textOfBytes, textOfLabelled } from './charset.ts';
import { declaredCharset, structuredField } from './headers.ts';
import { inlineBytes, type MessagePart, mimeTypeOf } from './message-part.ts';

/** What readable text leaves out. */
export interface Removed {
  readonly hiddenElements: number;
  readonly invisibleCharacters: number;
}

export const sumOfRemoved = (all: readonly Removed[]): Removed => ({
  hiddenElements: all.reduce((total, { hiddenElements }) => total + hiddenElements, 0),
  invisibleCharacters: all.reduce((total, { invisibleCharacters }) => total + invisibleCharacters, 0),
});

export interface Reading {
  readonly text: string;
  readonly removed: Removed;
  /** In their order, whole; those with a number stand in `text` by it. */
  readonly links: readonly TextLink[];
  /** Where quoted history begins in `text`, in code points. */
  readonly quotedFrom?: number;
  /** Says of words that they are struck out, inserted or ticked. */
  readonly marked?: true;
  /** `text` is not all of it, and says so at its end. */
  readonly truncated?: true;
}

export const isHtml = (part: MessagePart): boolean => /^(?:text\/html|application\/xhtml\+xml)$/.test(mimeTypeOf(part));

/** Stands where the end of a text is missing. */
export const notTheEnd =
  '[The rest of this text is left out: it is too large to be read here. Format "raw" has all of it.]';

/** What a text part says to a reader; lines end with LF. */
export const readPart = (part: MessagePart): Reading => {
  const reading = readFetched(part);
  if (!part.body?.cut || reading.truncated) return reading;
  return { ...reading, text: reading.text === '' ? notTheEnd : `${reading.text}\n\n${notTheEnd}`, truncated: true };
};

/** Bytes without a UTF-8 character that was cut at their end; other charsets lose as little. */
const withoutCutCharacter = (bytes: Uint8Array): Uint8Array => {
  const back = [1, 2, 3].find((index) => ((bytes.at(-index) ?? 0) & 0xc0) !== 0x80);
  return back !== undefined && (bytes.at(-back) ?? 0) >= 0xc0 ? bytes.subarray(0, -back) : bytes;
};

/** The text of a text part as its sender wrote it, decoded; empty where it was not fetched. */
export const decodedText = (part: MessagePart): string => {
  const bytes = inlineBytes(part);
  if (bytes === undefined) return '';
  return textOfBytes(part.body?.cut ? withoutCutCharacter(bytes) : bytes, mimeTypeOf(part), declaredCharset(part));
};

/** HTML as a person reads it. */
export const readHtmlText = (html: string, links: LinksOfHtml = 'numbered'): Reading => {
  const { quotedFrom, ...reading } = readableHtml(html, links);
  const start = quotedFrom ?? startOfHistory(reading.text);
  return { ...reading, ...(start === undefined ? {} : { quotedFrom: start }) };
};

const startOfHistory = (text: string): number | undefined => {
  const start = historyStart(text);
  return start === undefined ? undefined : codePointsIn(text.slice(0, start));
};

/** text/enriched (RFC 1896) and its ancestor text/richtext (RFC 1341), as HTML. */
const enrichedAsHtml = (text: string): string =>
  text
    .replace(/<<|<lt>/gi, '&lt;')
    .replace(/<nl>/gi, '<br>')
    .replace(/<(param|comment)>[^<]*(?:<\/\1>)?/gi, '')
    .replace(/\n{2,}/g, (breaks) => '<br>'.repeat(Math.min(breaks.length - 1, 3)));

/** Without the blank lines at its beginning. */
const withoutBlankStart = (text: string): string => {
  const first = text.search(/[^ \t\n]/);
  return first === -1 ? '' : text.slice(text.lastIndexOf('\n', first) + 1);
};

/** Plain text as a person reads it. */
export const readPlainText = (text: string): Reading => {
  const { text: visible, removed } = withoutInvisible(text.replace(/\r\n?/g, '\n'));
  const { text: shown, links } = plainWithLinks(withoutBlankStart(visible).trimEnd());
  const start = startOfHistory(shown);
  return {
    text: shown,
    links,
    removed: { hiddenElements: 0, invisibleCharacters: removed },
    ...(start === undefined ? {} : { quotedFrom: start }),
  };
};

const unfolded = (part: MessagePart, text: string): string => {
  const { format, delsp } = structuredField(part, 'content-type')?.parameters ?? {};
  return format?.toLowerCase() === 'flowed' ? unfoldFlowed(text, delsp?.toLowerCase() === 'yes') : text;
};

const readFetched = (part: MessagePart): Reading => {
  const text = decodedText(part).replace(/\r\n?/g, '\n');
  if (isHtml(part)) return readHtmlText(text);
  if (/^text\/(?:enriched|richtext)$/.test(mimeTypeOf(part))) return readHtmlText(enrichedAsHtml(text));
  return readPlainText(unfolded(part, text));
};

export interface TextFile {
  readonly text: string;
  /** What no reader would see, and this text leaves out; absent where that is nothing. */
  readonly removed?: Removed;
  /** The text ends before the file does, and says so. */
  readonly truncated?: true;
}

const isHtmlFile = (mimeType: string, fileName: string): boolean =>
  /^(?:text\/html|application\/xhtml\+xml)$/.test(mimeType) ||
  (/^application\/octet-stream$/.test(mimeType) && /\.x?html?$/i.test(fileName));

const readPlainFile = (text: string): Omit<Reading, 'links'> => {
  const { text: visible, removed } = withoutInvisible(text);
  return { text: visible, removed: { hiddenElements: 0, invisibleCharacters: removed } };
};

/**
 * A text file that came as an attachment: HTML reads as a body does, everything else as it is but for what nobody can see (the
 * file itself, byte for byte, is had as a link).
 * @param charset what the sender declared
 */
export const readTextFile = (
  bytes: Uint8Array,
  { mimeType, fileName }: { readonly mimeType: string; readonly fileName: string },
  charset: string | undefined,
): TextFile => {
  const isHtml = isHtmlFile(mimeType, fileName);
  const text = textOfLabelled(bytes, charset ?? '', isHtml ? 'text/html' : mimeType);
  const {
    text: shown,
    removed,
    truncated,
  } = isHtml ? readHtmlText(text.replace(/\r\n?/g, '\n'), 'whole') : readPlainFile(text);
  return {
    text: shown,
    ...(truncated ? { truncated } : {}),
    ...(removed.hiddenElements + removed.invisibleCharacters === 0 ? {} : { removed }),
  };
};

// format=flowed (RFC 3676): lines that were broken for transport become paragraphs again.

interface Line {
  readonly depth: number;
  readonly text: string;
  /** Goes on in the next line. */
  readonly flows: boolean;
}

/** RFC 3676 §4.5: quote marks first, then the stuffed space; §4.3: a signature separator never flows. */
const readLine = (raw: string): Line => {
  const depth = /^>*/.exec(raw)?.[0].length ?? 0;
  const unquoted = raw.slice(depth);
  const text = unquoted.startsWith(' ') ? unquoted.slice(1) : unquoted;
  return { depth, text, flows: text.endsWith(' ') && text !== '-- ' };
};

/** Deeper quotes are marked no further: what a sender nests must not multiply. */
const deepestQuote = 10;
const quoteMark = (depth: number): string => '> '.repeat(Math.min(depth, deepestQuote));

/**
 * A flowed text with its paragraphs in one line each; quoted ones carry `> ` for every level.
 * @param text lines end with LF.
 * @param deleteSpace the DelSp parameter: the space before a soft break is not part of the text (RFC 3676 §4.2).
 */
export const unfoldFlowed = (text: string, deleteSpace: boolean): string => {
  const lines = createTextBuilder();
  let isFirst = true;
  const addLine = (line: string) => {
    lines.push(isFirst ? line : `\n${line}`);
    isFirst = false;
  };
  const paragraph = createTextBuilder();
  let depth = 0;
  const endParagraph = () => {
    if (!paragraph.isEmpty()) addLine(quoteMark(depth) + paragraph.take());
  };
  for (const raw of linesIn(text)) {
    const line = readLine(raw);
    if (!paragraph.isEmpty() && (line.depth !== depth || line.text === '-- ')) endParagraph();
    depth = line.depth;
    paragraph.push(line.flows && deleteSpace ? line.text.slice(0, -1) : line.text);
    if (!line.flows) endParagraph();
  }
  endParagraph();
  return lines.take();
};
