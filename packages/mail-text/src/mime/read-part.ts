// One text part → what a person reads there: decoded, unfolded, converted, without what cannot be seen. Knows nothing
// of the other parts of a message.

import { type LinksOfHtml, readHtmlInSteps } from '../html/html-text.ts';
import { allAtOnce, type Steps } from '../html/html-tokens.ts';
import { plainWithLinks, type TextLink } from '../links/links.ts';
import { withoutInvisible } from '../text/invisible.ts';
import { historyStart } from '../text/quoted-history.ts';
import { textOfBytes } from './charset.ts';
import { unfoldFlowed } from './flowed.ts';
import { declaredCharset, structuredField } from './headers.ts';
import { inlineBytes, type MessagePart, mimeTypeOf } from './message-part.ts';

/** What readable text leaves out. */
export interface Removed {
  readonly hiddenElements: number;
  readonly invisibleCharacters: number;
}

export const sumOf = (all: readonly Removed[]): Removed => ({
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

/** How many code points a text has. */
export const codePoints = (text: string): number => {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) if ((text.codePointAt(at) ?? 0) > 0xffff) pairs += 1;
  return text.length - pairs;
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
export function* readHtmlText(html: string, links: LinksOfHtml = 'numbered'): Steps<Reading> {
  const { quotedFrom, ...reading } = yield* readHtmlInSteps(html, links);
  const start = quotedFrom ?? startOfHistory(reading.text);
  return { ...reading, ...(start === undefined ? {} : { quotedFrom: start }) };
}

const startOfHistory = (text: string): number | undefined => {
  const start = historyStart(text);
  return start === undefined ? undefined : codePoints(text.slice(0, start));
};

/** text/enriched (RFC 1896) and its ancestor text/richtext (RFC 1341), as HTML. */
const enrichedAsHtml = (text: string): string =>
  text
    .replace(/<<|<lt>/gi, '&lt;')
    .replace(/<nl>/gi, '<br>')
    .replace(/<(param|comment)>[^<]*(?:<\/\1>)?/gi, '')
    .replace(/\n{2,}/g, (breaks) => '<br>'.repeat(Math.min(breaks.length - 1, 3)));

/** Plain text as a person reads it. */
export const readPlainText = (text: string): Reading => {
  const { text: visible, removed } = withoutInvisible(text.replace(/\r\n?/g, '\n'));
  const { text: shown, links } = plainWithLinks(visible.replace(/^(?:[ \t]*\n)+/, '').trimEnd());
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

function* readPartInSteps(part: MessagePart): Steps<Reading> {
  const text = decodedText(part).replace(/\r\n?/g, '\n');
  if (isHtml(part)) return yield* readHtmlText(text);
  if (/^text\/(?:enriched|richtext)$/.test(mimeTypeOf(part))) return yield* readHtmlText(enrichedAsHtml(text));
  return readPlainText(unfolded(part, text));
}

/** Stands where the end of a text is missing. */
export const notTheEnd =
  '[The rest of this text is left out: it is too large to be read here. Format "raw" has all of it.]';

/** What a text part says to a reader; lines end with LF. */
export const readPart = (part: MessagePart): Reading => {
  const reading = allAtOnce(readPartInSteps(part));
  if (!part.body?.cut || reading.truncated) return reading;
  return { ...reading, text: reading.text === '' ? notTheEnd : `${reading.text}\n\n${notTheEnd}`, truncated: true };
};
