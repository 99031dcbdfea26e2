// A declared value as written → its component values ("words"), through css-tree's tokenizer: comments are gone, escapes decoded,
// everything but strings and URLs in lower case.
import { tokenize, tokenTypes as types } from 'css-tree/tokenizer';
import { ident } from 'css-tree/utils';
import { BoundedCache } from '../bounded-cache.ts';

/**
 * What stands between white space outside of brackets; a comma and a slash are words of their own. `rgb(1 2 3 / .5)` is
 * one word.
 */
export type Words = readonly string[];

/** Brackets inside brackets deeper than this are in no value that means something. */
const deepestBrackets = 24;
/** UTF-16 units. Of a longer value its beginning is read: what follows is the data of a picture. */
const longestValue = 20_000;

const opening = new Uint8Array(32);
const closing = new Uint8Array(32);
for (const type of [types.Function, types.LeftParenthesis, types.LeftSquareBracket, types.LeftCurlyBracket]) {
  opening[type] = 1;
}
for (const type of [types.RightParenthesis, types.RightSquareBracket, types.RightCurlyBracket]) closing[type] = 1;

const asWritten = (type: number): boolean => type === types.String || type === types.Url;

const simpleValue = /^[a-z0-9.%#\-+]+$/;

const split = (text: string): Words => {
  if (simpleValue.test(text)) return [text];
  const words: string[] = [];
  let word = '';
  let depth = 0;
  let deepest = 0;
  const end = () => {
    if (word !== '') words.push(word);
    word = '';
  };
  tokenize(text, (type, start, stop) => {
    const written = text.slice(start, stop);
    const isBlank = type === types.WhiteSpace || type === types.Comment;
    if (depth === 0 && (isBlank || type === types.Comma || written === '/')) {
      end();
      if (!isBlank) words.push(written);
      return;
    }
    if (opening[type] === 1) depth += 1;
    else if (closing[type] === 1 && depth > 0) depth -= 1;
    deepest = Math.max(deepest, depth);
    if (isBlank) word += word.endsWith(' ') ? '' : ' ';
    else word += asWritten(type) ? written : ident.decode(written).toLowerCase();
  });
  word += ')'.repeat(depth);
  end();
  return deepest > deepestBrackets ? [] : words;
};

const cache = new BoundedCache<Words>(2_000, 80);

/** The words of a value; none where its brackets are too deep. */
export const wordsOf = (written: string): Words => {
  const known = cache.get(written);
  if (known) return known;
  const words = split(written.slice(0, longestValue));
  cache.set(written, words);
  return words;
};

/** The parts of a list that commas separate. */
export const listOf = (words: Words, separator = ','): Words[] => {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === separator) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
};

export interface Call {
  readonly name: string;
  readonly args: readonly Words[];
  /** What stands between the brackets. */
  readonly body: string;
}

/** `name(a, b)` taken apart; undefined where a word is no call. */
export const callOf = (word: string): Call | undefined => {
  const open = word.indexOf('(');
  if (open <= 0 || !word.endsWith(')')) return undefined;
  const body = word.slice(open + 1, -1);
  return { name: word.slice(0, open), args: listOf(split(body)), body };
};

/** The text of a string, its escapes decoded; undefined where a word is none. */
export const stringOf = (word: string): string | undefined => {
  const quote = word[0];
  if (quote !== '"' && quote !== "'") return undefined;
  const isClosed = word.length > 1 && word.endsWith(quote);
  const inside = word.slice(1, isClosed ? -1 : undefined);
  return ident.decode(inside.replace(/\\(?:\r\n|[\n\r\f])/g, ''));
};

/** Keywords that any property takes. */
export type CssWideKeyword = 'inherit' | 'initial' | 'unset' | 'revert' | 'revert-layer';

const wide: ReadonlySet<string> = new Set<CssWideKeyword>(['inherit', 'initial', 'unset', 'revert', 'revert-layer']);

export const isCssWideKeyword = (word: string | undefined): word is CssWideKeyword =>
  word !== undefined && wide.has(word);

/** UTF-16 units. No sender puts a letter into a style sheet. */
const longestContent = 2_000;

/**
 * The text of a value of `content` (CSS Generated Content 3): strings and attributes; images, counters and quotes say nothing,
 * nor does the alternative text behind a slash. Undefined where the pseudo-element is not generated at all.
 */
export const textOfContent = (
  content: Words,
  attributes: Readonly<Record<string, string | undefined>>,
): string | undefined => {
  const [first] = content;
  if (first === undefined || first === 'none' || first === 'normal') return undefined;
  const slash = content.indexOf('/');
  const shown = slash < 0 ? content : content.slice(0, slash);
  return shown
    .map((word) => {
      const call = stringOf(word) === undefined ? callOf(word) : undefined;
      if (call?.name !== 'attr') return stringOf(word) ?? '';
      const [name = ''] = call.args[0] ?? [];
      return attributes[name] ?? stringOf(call.args[1]?.[0] ?? '') ?? '';
    })
    .join('')
    .slice(0, longestContent);
};
