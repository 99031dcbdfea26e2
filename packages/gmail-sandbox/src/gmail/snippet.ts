// Gmail's snippet: the beginning of what a person would read, on one line, with HTML's special characters escaped.
// Calibrated on recorded answers. Knows nothing of MIME trees: it gets the texts.
import { htmlToText } from './html-text.ts';

/** Recorded snippets have up to 201 characters before escaping. */
const MAXIMUM_CHARACTERS = 201;
/** Far more than a snippet needs, so that a long newsletter is not parsed to its end. */
const PARSED_CHARACTERS = 200_000;

/** @param text the message's first readable text */
export const snippetOf = (text: { html?: string; plain?: string }): string => {
  const readable = text.html === undefined ? (text.plain ?? '') : htmlToText(text.html.slice(0, PARSED_CHARACTERS));
  const line = readable
    .slice(0, PARSED_CHARACTERS)
    .replace(/(?:[\s\u200b-\u200f\ufeff\u00ad]|\u034f)+/g, ' ')
    .trim();
  return escapeHtml(cutAtBreak(line));
};

/** Cuts after the last place where a line may break: white space, a hyphen, a slash or a plus sign. */
const cutAtBreak = (line: string): string => {
  if (line.length <= MAXIMUM_CHARACTERS) return line;
  for (let end = MAXIMUM_CHARACTERS; end > MAXIMUM_CHARACTERS - 60; end--) {
    if (line[end] === ' ') return line.slice(0, end);
    if ('-/+'.includes(line[end - 1] ?? '')) return line.slice(0, end);
  }
  return line.slice(0, MAXIMUM_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
