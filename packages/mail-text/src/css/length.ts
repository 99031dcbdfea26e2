// Lengths, numbers, angles and times as senders write them, and what they come to in pixels; math functions (`calc()` and the
// like) are solved by a library.
import { calc } from '@csstools/css-calc';
import { tokenize, tokenTypes as types } from 'css-tree/tokenizer';

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

export interface LengthRules {
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
