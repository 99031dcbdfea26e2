// The few words by which a message is told in a list: Gmail's own extract, which is made of hidden text too, or ours, of
// what a person sees.

import { page } from '../page.ts';
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
    (whole, decimal: string | undefined, hexadecimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      return characterOf(decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal));
    },
  );

/** Mailers fill what follows their first words with spaces of every kind and characters without a shape. */
const inOneLine = (text: string): string => withoutInvisible(text).text.replace(/\s+/g, ' ').trim();

/** Gmail's own extract in plain characters. */
export const gmailSnippet = (snippet: string): string => inOneLine(withoutEntities(snippet));

const hostOnly = (url: string): string => `${/^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? ''}/…`;

/** The beginning of a readable text in one line. */
export const snippetOf = (text: string): string => {
  const line = inOneLine(text.slice(0, beginning)).replace(/\bhttps?:\/\/[^\s<>]+/gi, (url) =>
    url.length > longestUrl ? hostOnly(url) : url,
  );
  return page(line, { maxChars: longestSnippet, offset: 0 }).text.trim();
};
