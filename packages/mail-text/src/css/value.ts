// A declared value as written → its component values ("words"), through css-tree's tokenizer: comments are gone, escapes decoded,
// everything but strings and URLs in lower case. And the words that are lengths, numbers, angles and times → what they come to in
// pixels and the like; math functions (`calc()` and the like) are solved by a library.

import { calc } from '@csstools/css-calc';
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

// Lengths and numbers.

/** An amount in a unit, or a calculation that is solved where its units are known. */
export type Length = { readonly amount: number; readonly unit: string } | { readonly math: string };

/** What units are relative to; pixels. */
export interface Measure {
  readonly fontSize: number;
  readonly rootFontSize: number;
  /** What 100 % is; undefined where that is not known. */
  readonly percentageBase: number | undefined;
}

/** The window of the person whose view is asked for: on a desktop screen. */
export const viewport = { width: 1280, height: 800 } as const;

const perInch = 96;
const absolute = new Map<string, number>(
  Object.entries({
    px: 1,
    pt: perInch / 72,
    pc: perInch / 6,
    in: perInch,
    cm: perInch / 2.54,
    mm: perInch / 25.4,
    q: perInch / 101.6,
  }),
);
const ofFont = new Map<string, number>(Object.entries({ em: 1, ex: 0.5, ch: 0.5, cap: 0.7, ic: 1, lh: 1.2 }));

/** `svw`, `dvh`, `cqi` … → the side of the window that they are a hundredth of. */
const sideOf = (unit: string): number | undefined => {
  const [, side] = /^(?:[sld]?v|cq)(w|h|i|b|min|max)$/.exec(unit) ?? [];
  if (side === undefined) return undefined;
  return side === 'h' || side === 'b' || side === 'min' ? viewport.height : viewport.width;
};

const isUnit = (unit: string): boolean =>
  absolute.has(unit) || ofFont.has(unit) || /^r(?:em|ex|ch|cap|ic|lh)$/.test(unit) || sideOf(unit) !== undefined;

/** Longer calculations are not solved. */
const longestMath = 400;
const mathFunction =
  /^(?:-webkit-)?(calc|min|max|clamp|round|mod|rem|sin|cos|tan|asin|acos|atan|atan2|pow|sqrt|hypot|log|exp|abs|sign)\(/;

const lengthPattern = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)([a-z]+|%)?$/;

const isMath = (word: string): boolean => word.length <= longestMath && mathFunction.test(word);

interface LengthRules {
  /** A bare number is pixels, as in quirks mode; otherwise only 0 may lack its unit. */
  readonly bare: boolean;
  readonly percent: boolean;
}

/** A length; undefined where a browser would not take the word for one. */
export const lengthOf = (word: string, { bare, percent }: LengthRules): Length | undefined => {
  if (isMath(word)) {
    const math = word.replace(/^-webkit-/, '');
    const isLength = solve(math, { fontSize: 16, rootFontSize: 16, percentageBase: 16 })?.isLength === true;
    return isLength && (percent || !math.includes('%')) ? { math } : undefined;
  }
  const [, number, unit = ''] = lengthPattern.exec(word) ?? [];
  if (number === undefined) return undefined;
  const amount = Number(number);
  if (unit === '') return bare || amount === 0 ? { amount, unit: 'px' } : undefined;
  return (unit === '%' ? percent : isUnit(unit)) ? { amount, unit } : undefined;
};

const amountInPixels = (amount: number, unit: string, measure: Measure): number | undefined => {
  const fixed = absolute.get(unit);
  if (fixed !== undefined) return amount * fixed;
  if (unit === '%') return measure.percentageBase === undefined ? undefined : (amount * measure.percentageBase) / 100;
  const share = ofFont.get(unit);
  if (share !== undefined) return amount * share * measure.fontSize;
  const ofRoot = ofFont.get(unit.slice(1));
  if (unit.startsWith('r') && ofRoot !== undefined) return amount * ofRoot * measure.rootFontSize;
  const side = sideOf(unit);
  return side === undefined ? undefined : (amount * side) / 100;
};

/** What stands for infinity, so that sums of it stay numbers. */
const endless = 1e9;

/** A calculation → a number, of pixels where it is of lengths. */
const solve = (math: string, measure: Measure): { value: number; isLength: boolean } | undefined => {
  let inPixels = '';
  let isKnown = true;
  tokenize(math, (type, start, end) => {
    const text = math.slice(start, end);
    const [, number = '', unit = ''] =
      type === types.Dimension || type === types.Percentage ? (lengthPattern.exec(text) ?? []) : [];
    if (number === '' || /^(?:deg|grad|rad|turn|m?s)$/.test(unit)) {
      inPixels += text;
      return;
    }
    const pixels = amountInPixels(Number(number), unit, measure);
    isKnown &&= pixels !== undefined;
    inPixels += `${pixels ?? 0}px`;
  });
  if (!isKnown) return undefined;
  const solved = calc(inPixels);
  const [, factor, unit] = /^(?:calc\((-?infinity|nan) \* 1(px)?\)|calc\((-?infinity)\))$/i.exec(solved) ?? [];
  if (factor !== undefined) return { value: factor.startsWith('-') ? -endless : endless, isLength: unit === 'px' };
  const [, value, px] = /^(-?[\d.]+(?:e[+-]?\d+)?)(px)?$/i.exec(solved) ?? [];
  return value === undefined ? undefined : { value: Number(value), isLength: px !== undefined };
};

/** Pixels; undefined where they hang on something that is not known. */
export const pixelsOf = (length: Length, measure: Measure): number | undefined => {
  if ('math' in length) return solve(length.math, measure)?.value;
  return amountInPixels(length.amount, length.unit, measure);
};

/** Whether it is a percentage, or has one in it. */
export const hasPercentage = (length: Length): boolean =>
  'math' in length ? length.math.includes('%') : length.unit === '%';

/** Whether it is given in units of the font around it, which browsers keep legible. */
export const isRelativeToFont = (length: Length): boolean =>
  'math' in length ? /%|em|ex|ch/.test(length.math) : length.unit === '%' || ofFont.has(length.unit);

const unitless: Measure = { fontSize: 16, rootFontSize: 16, percentageBase: undefined };

/** A plain number, also a calculated one. */
export const numberOf = (word: string): number | undefined => {
  if (isMath(word)) {
    const solved = solve(word, unitless);
    return solved?.isLength === false ? solved.value : undefined;
  }
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/.test(word) ? Number(word) : undefined;
};

/** A number from 0 to 1, also written in percent. */
export const shareOf = (word: string): number | undefined => {
  const [, percent] = /^([+-]?[\d.]+)%$/.exec(word) ?? [];
  return percent === undefined ? numberOf(word) : Number(percent) / 100;
};

const radiansPer = new Map<string, number>(
  Object.entries({ deg: Math.PI / 180, grad: Math.PI / 200, rad: 1, turn: 2 * Math.PI }),
);

/** Radians; only 0 may lack its unit. */
export const angleOf = (word: string): number | undefined => {
  const plain = isMath(word) ? calc(word) : word;
  const [, amount, unit = ''] = /^([+-]?[\d.]+(?:e[+-]?\d+)?)([a-z]*)$/.exec(plain) ?? [];
  if (amount === undefined) return undefined;
  const radians = radiansPer.get(unit);
  if (radians !== undefined) return Number(amount) * radians;
  return unit === '' && Number(amount) === 0 ? 0 : undefined;
};

/** Seconds. */
export const secondsOf = (word: string): number | undefined => {
  const [, amount, unit] = /^([+-]?[\d.]+(?:e[+-]?\d+)?)(m?s)$/.exec(isMath(word) ? calc(word) : word) ?? [];
  if (amount === undefined) return undefined;
  return unit === 'ms' ? Number(amount) / 1000 : Number(amount);
};
