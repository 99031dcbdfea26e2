// One text part → what a person reads there: decoded, unfolded, converted, without what cannot be seen. Knows nothing
// of the other parts of a message.
import { textOfBytes } from './charset.ts';
import { unfoldFlowed } from './flowed.ts';
import { declaredCharset, structuredField } from './headers.ts';
import { textOfHtml } from './html-text.ts';
import { withoutInvisible } from './invisible.ts';
import { inlineBytes, type MessagePart, mimeTypeOf } from './message-part.ts';
import { historyStart } from './quoted-history.ts';

/** What readable text leaves out. */
export interface Removed {
  readonly hiddenElements: number;
  readonly invisibleCharacters: number;
}

export interface Reading {
  readonly text: string;
  readonly removed: Removed;
  /** Where quoted history begins in `text`, in code points. */
  readonly quotedFrom?: number;
}

export const isHtml = (part: MessagePart): boolean => /^(?:text\/html|application\/xhtml\+xml)$/.test(mimeTypeOf(part));

/** How many code points a text has. */
export const codePoints = (text: string): number => {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) if ((text.codePointAt(at) ?? 0) > 0xffff) pairs += 1;
  return text.length - pairs;
};

/** The text of a text part as its sender wrote it, decoded; empty where it was not fetched. */
export const decodedText = (part: MessagePart): string => {
  const bytes = inlineBytes(part);
  return bytes === undefined ? '' : textOfBytes(bytes, mimeTypeOf(part), declaredCharset(part));
};

/** HTML as a person reads it. */
export const readHtmlText = (html: string): Reading => {
  const { text, removed } = withoutInvisible(textOfHtml(html));
  const start = startOfHistory(text);
  return {
    text,
    removed: { hiddenElements: 0, invisibleCharacters: removed },
    ...(start === undefined ? {} : { quotedFrom: start }),
  };
};

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

const readPlain = (part: MessagePart, text: string): Reading => {
  const { format, delsp } = structuredField(part, 'content-type')?.parameters ?? {};
  const unfolded = format?.toLowerCase() === 'flowed' ? unfoldFlowed(text, delsp?.toLowerCase() === 'yes') : text;
  const { text: visible, removed } = withoutInvisible(unfolded);
  const shown = visible.trimEnd();
  const start = startOfHistory(shown);
  return {
    text: shown,
    removed: { hiddenElements: 0, invisibleCharacters: removed },
    ...(start === undefined ? {} : { quotedFrom: start }),
  };
};

/** What a text part says to a reader; lines end with LF. */
export const readPart = (part: MessagePart): Reading => {
  const text = decodedText(part).replace(/\r\n?/g, '\n');
  if (isHtml(part)) return readHtmlText(text);
  if (/^text\/(?:enriched|richtext)$/.test(mimeTypeOf(part))) return readHtmlText(enrichedAsHtml(text));
  return readPlain(part, text);
};
