// One message's bytes, parsed when first asked for: its parts, its snippet, its words for the search.
import { Tokenizer } from 'htmlparser2';
import { isInlineText, partFilename, partText, walkParts } from './message-part.ts';
import { headerValue, type MimePart, parseMimeTree } from './mime.ts';

export interface ParsedMessage {
  readonly root: MimePart;
  readonly snippet: string;
  /** File names of the parts that have one. */
  readonly filenames: readonly string[];
  /** Everything a person can read in the bodies; computed at every call. */
  bodyText(): string;
  /** The value of a top-level header field, '' when absent. */
  header(name: string): string;
}

/** Longer bodies are searched up to here. */
const searchedCharacters = 500_000;

/** @param raw the message with CRLF line ends */
export const parseMessage = (raw: Buffer): ParsedMessage => {
  const root = parseMimeTree(raw);
  const parts = [...walkParts(root)].map(({ part }) => part);
  return {
    root,
    snippet: snippetOf(firstText(raw, root)),
    filenames: parts.map(partFilename).filter((name) => name !== ''),
    bodyText: () =>
      parts
        .filter(isInlineText)
        .map((part) => readableText(part, partText(raw, part).slice(0, searchedCharacters)))
        .join('\n')
        .slice(0, searchedCharacters),
    header: (name) => headerValue(root.headers, name) ?? '',
  };
};

const readableText = (part: MimePart, text: string): string =>
  part.mimeType === 'text/html' ? htmlToText(text) : text;

/** The text a snippet is made of: the first readable part; in an alternative its HTML. */
const firstText = (raw: Buffer, root: MimePart): { html?: string; plain?: string } => {
  const part = firstReadable(root);
  if (part === undefined) return {};
  const text = partText(raw, part);
  return part.mimeType === 'text/html' ? { html: text } : { plain: text };
};

const firstReadable = (part: MimePart): MimePart | undefined => {
  if (part.children === undefined) return isInlineText(part) && part.mimeType !== 'text/calendar' ? part : undefined;
  const readable = part.children.map(firstReadable).filter((child) => child !== undefined);
  if (part.mimeType !== 'multipart/alternative') return readable[0];
  return readable.find((child) => child.mimeType === 'text/html') ?? readable[0];
};

/** Recorded snippets have up to 201 characters before escaping. */
const maximumCharacters = 201;
/** Far more than a snippet needs, so that a long newsletter is not parsed to its end. */
const parsedCharacters = 200_000;

/**
 * Gmail's snippet: the beginning of what a person would read, on one line, with HTML's special characters escaped.
 * Calibrated on recorded answers.
 * @param text the message's first readable text
 */
const snippetOf = (text: { html?: string; plain?: string }): string => {
  const readable = text.html === undefined ? (text.plain ?? '') : htmlToText(text.html.slice(0, parsedCharacters));
  const line = readable
    .slice(0, parsedCharacters)
    .replace(/(?:[\s\u200b-\u200f\ufeff\u00ad]|\u034f)+/g, ' ')
    .trim();
  return escapeHtml(cutAtBreak(line));
};

/** Cuts after the last place where a line may break: white space, a hyphen, a slash or a plus sign. */
const cutAtBreak = (line: string): string => {
  if (line.length <= maximumCharacters) return line;
  for (let end = maximumCharacters; end > maximumCharacters - 60; end--) {
    if (line[end] === ' ') return line.slice(0, end);
    if ('-/+'.includes(line[end - 1] ?? '')) return line.slice(0, end);
  }
  return line.slice(0, maximumCharacters).replace(/[\ud800-\udbff]$/, '');
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

const skipped = new Set(['style', 'script', 'title', 'noscript', 'template']);
const inline = new Set([
  'a',
  'b',
  'i',
  'u',
  's',
  'em',
  'strong',
  'span',
  'font',
  'small',
  'big',
  'sub',
  'sup',
  'code',
  'wbr',
]);

/**
 * The text of an HTML document with its images' alternative texts, without styles and scripts; blocks are apart by a
 * space. Hidden elements are kept, as Gmail keeps them. Linear in its input whatever the nesting: htmlparser2's tokenizer
 * alone, no tree.
 */
const htmlToText = (html: string): string => {
  const pieces: string[] = [];
  let tag = '';
  let attribute = '';
  let skippedTag: string | undefined;
  const push = (text: string) => {
    if (skippedTag === undefined) pieces.push(text);
  };
  const isAlternativeText = () => tag === 'img' && attribute === 'alt';
  const openTag = () => {
    if (skippedTag === undefined && skipped.has(tag)) skippedTag = tag;
    if (!inline.has(tag)) push(' ');
  };
  const nothing = () => undefined;

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname: (start, end) => {
        tag = html.slice(start, end).toLowerCase();
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, end).toLowerCase();
      },
      onattribdata: (start, end) => {
        if (isAlternativeText()) push(html.slice(start, end));
      },
      onattribentity: (codePoint) => {
        if (isAlternativeText()) push(String.fromCodePoint(codePoint));
      },
      onopentagend: openTag,
      onselfclosingtag: openTag,
      onclosetag: (start, end) => {
        const name = html.slice(start, end).toLowerCase();
        if (skippedTag === name) skippedTag = undefined;
        if (!inline.has(name)) push(' ');
      },
      ontext: (start, end) => push(html.slice(start, end)),
      ontextentity: (codePoint) => push(String.fromCodePoint(codePoint)),
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onattribend: nothing,
      onend: nothing,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return pieces.join('');
};
