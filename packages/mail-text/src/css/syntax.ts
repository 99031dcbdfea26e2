// A style sheet or a style attribute → blocks and declarations (CSS Syntax 3 §5.4, with rules inside rules as in CSS
// Nesting), from css-tree's tokens: its own parser stops at rules inside rules, and follows brackets by recursion. Work is
// linear, depth is bounded, nothing throws.
import { tokenize, tokenTypes as types } from 'css-tree/tokenizer';
import { ident } from 'css-tree/utils';

export interface Declaration {
  /** Lower case, but for custom properties (`--X`), whose case counts. */
  readonly name: string;
  /** As written, without `!important`; comments may stand in it. */
  readonly value: string;
  readonly important: boolean;
}

/** `prelude { content }`, or `@name prelude { content }`. */
export interface Block {
  /** Of an at-rule its name in lower case. */
  readonly atRule: string | undefined;
  /** As written. */
  readonly prelude: string;
  /** Absent where an at-rule has no block. */
  readonly content: Content | undefined;
}

/** In the order of the text. */
export type Content = readonly (Declaration | Block)[];

export const isBlock = (item: Declaration | Block): item is Block => 'prelude' in item;

/** Blocks inside blocks deeper than this are passed over: no sheet that a person wrote has them. */
const deepest = 16;

/** Of each kind of token that opens a bracket, the kind that closes it; else 0. */
const closerOf = new Uint8Array(32);
closerOf[types.LeftCurlyBracket] = types.RightCurlyBracket;
closerOf[types.LeftParenthesis] = types.RightParenthesis;
closerOf[types.LeftSquareBracket] = types.RightSquareBracket;
closerOf[types.Function] = types.RightParenthesis;

interface Tokens {
  readonly css: string;
  readonly count: number;
  readonly type: (index: number) => number;
  readonly start: (index: number) => number;
  readonly end: (index: number) => number;
  /** The token behind the one at `index`, or behind the whole bracket that it opens. */
  readonly next: (index: number) => number;
}

const tokensOf = (css: string): Tokens => {
  const kinds: number[] = [];
  const ends: number[] = [];
  const closers = new Map<number, number>();
  const open: number[] = [];
  let awaited = 0;
  const lookForCloser = () => {
    awaited = closerOf[kinds[open.at(-1) ?? -1] ?? 0] ?? 0;
  };
  tokenize(css, (type, _, end) => {
    const index = kinds.push(type) - 1;
    ends.push(end);
    if (closerOf[type] !== 0) {
      open.push(index);
      lookForCloser();
    } else if (type === awaited) {
      closers.set(open.pop() ?? 0, index);
      lookForCloser();
    }
  });
  return {
    css,
    count: kinds.length,
    type: (index) => kinds[index] ?? types.EOF,
    start: (index) => (index === 0 ? 0 : (ends[index - 1] ?? css.length)),
    end: (index) => ends[index] ?? css.length,
    next: (index) => (closerOf[kinds[index] ?? types.EOF] === 0 ? index + 1 : (closers.get(index) ?? kinds.length) + 1),
  };
};

const isBlank = (type: number): boolean => type === types.WhiteSpace || type === types.Comment;

/** The first token from `from` on that is neither white space nor a comment. */
const skipBlank = (tokens: Tokens, from: number, end: number): number => {
  let index = from;
  while (index < end && isBlank(tokens.type(index))) index += 1;
  return index;
};

/** The last such token before `end`. */
const lastSolid = (tokens: Tokens, from: number, end: number): number => {
  let index = end - 1;
  while (index >= from && isBlank(tokens.type(index))) index -= 1;
  return index;
};

const textOf = (tokens: Tokens, from: number, to: number): string =>
  from >= to ? '' : tokens.css.slice(tokens.start(from), tokens.end(to - 1));

const nameOf = (tokens: Tokens, index: number): string => {
  const name = ident.decode(textOf(tokens, index, index + 1));
  return name.startsWith('--') ? name : name.toLowerCase();
};

interface Read<Item> {
  readonly item: Item | undefined;
  /** The token behind it. */
  readonly next: number;
}

/** Whether `!important` stands at the end of a value; and where the value ends without it. */
const importance = (tokens: Tokens, from: number, end: number): { important: boolean; end: number } => {
  const word = lastSolid(tokens, from, end);
  const mark = lastSolid(tokens, from, word);
  const isImportant =
    mark >= from &&
    tokens.type(word) === types.Ident &&
    nameOf(tokens, word) === 'important' &&
    tokens.type(mark) === types.Delim &&
    textOf(tokens, mark, mark + 1) === '!';
  return isImportant ? { important: true, end: mark } : { important: false, end };
};

/**
 * A declaration; nothing where there is none, as in `p:hover{…}`. Then `next` is behind the semicolon that ends it, or,
 * where a rule may stand in its place, not past the brace that tells: the rule is read from the beginning.
 */
const readDeclaration = (tokens: Tokens, from: number, end: number, orRule: boolean): Read<Declaration> => {
  const colon = skipBlank(tokens, from + 1, end);
  const isNamed = tokens.type(from) === types.Ident && colon < end && tokens.type(colon) === types.Colon;
  if (!isNamed && orRule) return { item: undefined, next: from };
  const name = isNamed ? nameOf(tokens, from) : '';
  const isCustom = name.startsWith('--');
  const first = skipBlank(tokens, colon + 1, end);
  let hasBlock = false;
  let index = isNamed ? first : from;
  for (; index < end && tokens.type(index) !== types.Semicolon; index = tokens.next(index)) {
    hasBlock ||= tokens.type(index) === types.LeftCurlyBracket;
    if (hasBlock && orRule && !isCustom) return { item: undefined, next: from };
  }
  const stop = Math.min(index, end);
  const { important, end: valueEnd } = importance(tokens, first, stop);
  const isDeclaration = isNamed && (isCustom || (!hasBlock && first < valueEnd));
  const value = textOf(tokens, first, valueEnd).trim();
  return { item: isDeclaration ? { name, value, important } : undefined, next: stop + 1 };
};

/** A block `prelude { … }` from `from` on; inside a block, a semicolon before it ends the attempt. */
const readRule = (tokens: Tokens, from: number, end: number, depth: number): Read<Block> => {
  let index = from;
  while (index < end && tokens.type(index) !== types.LeftCurlyBracket) {
    if (depth > 0 && tokens.type(index) === types.Semicolon) return { item: undefined, next: index + 1 };
    index = tokens.next(index);
  }
  if (index >= end) return { item: undefined, next: end };
  const next = Math.min(tokens.next(index), end + 1);
  const prelude = textOf(tokens, from, index).trim();
  return { item: { atRule: undefined, prelude, content: readContent(tokens, index + 1, next - 1, depth + 1) }, next };
};

const readAtRule = (tokens: Tokens, from: number, end: number, depth: number): Read<Block> => {
  let index = from + 1;
  while (index < end && tokens.type(index) !== types.LeftCurlyBracket && tokens.type(index) !== types.Semicolon) {
    index = tokens.next(index);
  }
  const atRule = nameOf(tokens, from).slice(1).toLowerCase();
  const stop = Math.min(index, end);
  const prelude = textOf(tokens, from + 1, stop).trim();
  if (index >= end || tokens.type(index) === types.Semicolon) {
    return { item: { atRule, prelude, content: undefined }, next: stop + 1 };
  }
  const next = Math.min(tokens.next(index), end + 1);
  return { item: { atRule, prelude, content: readContent(tokens, index + 1, next - 1, depth + 1) }, next };
};

/** What stands from the token `from` to the token `end`; at depth 0 that is a sheet, which has no declarations. */
const readContent = (tokens: Tokens, from: number, end: number, depth: number): Content => {
  const content: (Declaration | Block)[] = [];
  if (depth > deepest) return content;
  for (let index = from; index < end; ) {
    const type = tokens.type(index);
    const isNothing =
      isBlank(type) || (depth > 0 ? type === types.Semicolon : type === types.CDO || type === types.CDC);
    if (isNothing) {
      index += 1;
      continue;
    }
    let read: Read<Declaration | Block> =
      type === types.AtKeyword ? readAtRule(tokens, index, end, depth) : { item: undefined, next: index };
    if (type !== types.AtKeyword) {
      if (depth > 0) read = readDeclaration(tokens, index, end, true);
      if (read.item === undefined) read = readRule(tokens, index, end, depth);
    }
    if (read.item) content.push(read.item);
    index = read.next;
  }
  return content;
};

/** The rules and at-rules of a sheet. */
export const blocksOf = (sheet: string): Content => {
  const tokens = tokensOf(sheet);
  return readContent(tokens, 0, tokens.count, 0);
};

/** The declarations of a style attribute, in their order; rules inside it are none. */
export const declarationsOf = (style: string): Declaration[] => {
  const tokens = tokensOf(style);
  const declarations: Declaration[] = [];
  for (let index = 0; index < tokens.count; ) {
    const isNothing = isBlank(tokens.type(index)) || tokens.type(index) === types.Semicolon;
    const { item, next } = isNothing
      ? { item: undefined, next: index + 1 }
      : readDeclaration(tokens, index, tokens.count, false);
    if (item) declarations.push(item);
    index = next;
  }
  return declarations;
};
