// How a property is described, readers that several properties share, and the properties of text: how large it is, how it is
// spaced and painted.
import { type ColorValue, colorOf, transparent } from './color.ts';
import { type Length, lengthOf, listOf, numberOf, shareOf, type Words } from './value.ts';

export interface ReadingRules {
  /** In quirks mode lengths may lack their unit and colours their `#`. */
  readonly quirks: boolean;
}

/** The value that words mean; undefined where a browser would not accept them. */
export type Reader<Value> = (words: Words, rules: ReadingRules) => Value | undefined;

export interface Property<Value> {
  readonly inherits: boolean;
  readonly initial: Value;
  readonly read: Reader<Value>;
}

/** An inherited property. */
const inherited = <Value>(initial: Value, read: Reader<Value>): Property<Value> => ({
  inherits: true,
  initial,
  read,
});

/** A property that is not inherited. */
export const own = <Value>(initial: Value, read: Reader<Value>): Property<Value> => ({
  inherits: false,
  initial,
  read,
});

/** A reader for values of one word. */
export const oneWord =
  <Value>(read: (word: string, rules: ReadingRules) => Value | undefined): Reader<Value> =>
  (words, rules) =>
    words.length === 1 ? read(words[0] ?? '', rules) : undefined;

/** One of a list of keywords. */
export const keyword = <Keyword extends string>(list: string): Reader<Keyword> => {
  const known = new Set(list.split(' '));
  const isKnown = (word: string): word is Keyword => known.has(word);
  return oneWord((word) => (isKnown(word) ? word : undefined));
};

export const nothing: Length = { amount: 0, unit: 'px' };

/** A length without sign, or any; with keywords that leave it to the layout. */
export const size = (keywords: string, isSigned: boolean): Reader<Length | 'auto'> => {
  const automatic = new Set(keywords.split(' '));
  return oneWord((word, { quirks }) => {
    if (automatic.has(word) || /^fit-content\(/.test(word)) return 'auto';
    const length = lengthOf(word, { bare: quirks, percent: true });
    return length && (isSigned || !isNegative(length)) ? length : undefined;
  });
};

export const isNegative = (length: Length): boolean => 'amount' in length && length.amount < 0;

/** A length, where `normal` or another word means none. */
const spacing = (word: string): Reader<Length> =>
  oneWord((written, { quirks }) => (written === word ? nothing : lengthOf(written, { bare: quirks, percent: true })));

export const number: Reader<number> = oneWord(numberOf);
export const share: Reader<number> = oneWord(shareOf);

/** Any words: their meaning is worked out where the property is used. */
export const anyWords: Reader<Words> = (words) => words;

/** A length or percentage, pixels that a keyword stands for, or a step from the parent's size. */
export type FontSize = Length | { readonly pixels: number } | 'smaller' | 'larger';

const fontKeywords = new Map<string, number>(
  Object.entries({
    'xx-small': 9,
    'x-small': 10,
    small: 13,
    medium: 16,
    large: 18,
    'x-large': 24,
    'xx-large': 32,
    'xxx-large': 48,
  }),
);

export const fontSize: Reader<FontSize> = oneWord((word, { quirks }) => {
  const pixels = fontKeywords.get(word);
  if (pixels !== undefined) return { pixels };
  if (word === 'smaller' || word === 'larger') return word;
  const length = lengthOf(word, { bare: quirks, percent: true });
  return length && !isNegative(length) ? length : undefined;
});

/** A length, a multiple of the font size, or what the font itself asks for. */
export type LineHeight = Length | { readonly factor: number } | 'normal';

export const lineHeight: Reader<LineHeight> = oneWord((word) => {
  if (word === 'normal') return 'normal';
  const factor = numberOf(word);
  if (factor !== undefined) return factor >= 0 ? { factor } : undefined;
  const length = lengthOf(word, { bare: false, percent: true });
  return length && !isNegative(length) ? length : undefined;
});

export const colorReader: Reader<ColorValue> = oneWord((word, { quirks }) => {
  const isBare = quirks && /^(?:[0-9a-f]{3}|[0-9a-f]{6})$/.test(word);
  return colorOf(word) ?? (isBare ? colorOf(`#${word}`) : undefined);
});

const lineWidths = new Map([
  ['thin', 1],
  ['medium', 3],
  ['thick', 5],
]);

export const lineWidth: Reader<Length> = oneWord((word, { quirks }) => {
  const pixels = lineWidths.get(word);
  if (pixels !== undefined) return { amount: pixels, unit: 'px' };
  const length = lengthOf(word, { bare: quirks, percent: false });
  return length && !isNegative(length) ? length : undefined;
});

export interface Shadow {
  readonly color: ColorValue;
  readonly x: Length;
  readonly y: Length;
  readonly blur: Length;
  readonly spread: Length;
  readonly isInset: boolean;
}

const current: ColorValue = { contextual: 'currentcolor' };

const shadowOf = (words: Words): Shadow | undefined => {
  const lengths = words.flatMap((word) => lengthOf(word, { bare: false, percent: false }) ?? []);
  const colors = words.flatMap((word) => colorOf(word) ?? []);
  const insets = words.filter((word) => word === 'inset').length;
  if (lengths.length + colors.length + insets !== words.length || lengths.length < 2 || colors.length > 1)
    return undefined;
  const [x = nothing, y = nothing, blur = nothing, spread = nothing] = lengths;
  return { color: colors[0] ?? current, x, y, blur, spread, isInset: insets > 0 };
};

export const shadows: Reader<readonly Shadow[]> = (words) => {
  if (words.length === 1 && words[0] === 'none') return [];
  const read = listOf(words).map(shadowOf);
  return read.every((shadow) => shadow !== undefined) ? read : undefined;
};

export type DecorationLine = 'underline' | 'overline' | 'line-through';

const decorationLines: ReadonlySet<string> = new Set<DecorationLine>(['underline', 'overline', 'line-through']);
const isDecorationLine = (word: string): word is DecorationLine => decorationLines.has(word);

/** An empty list for `none`. */
export const decorations: Reader<readonly DecorationLine[]> = (words) =>
  words.every((word) => isDecorationLine(word) || word === 'none' || word === 'blink')
    ? words.filter(isDecorationLine)
    : undefined;

type WhiteSpace = 'normal' | 'nowrap' | 'pre' | 'pre-wrap' | 'pre-line' | 'break-spaces';

const whiteSpace: Reader<WhiteSpace> = (words) => {
  const one = keyword<WhiteSpace>('normal nowrap pre pre-wrap pre-line break-spaces')(words, { quirks: false });
  if (one !== undefined) return one;
  if (!words.every((word) => /^(?:wrap|nowrap|collapse|preserve|preserve-breaks|break-spaces)$/.test(word)))
    return undefined;
  const wraps = !words.includes('nowrap');
  if (words.includes('preserve')) return wraps ? 'pre-wrap' : 'pre';
  if (words.includes('preserve-breaks')) return 'pre-line';
  return wraps ? 'normal' : 'nowrap';
};

/** `none`, or a colour; of a picture nobody knows the colour. */
const svgPaint: Reader<ColorValue> = (words, rules) => {
  if (words[0] === 'none') return transparent;
  return /^url\(|^context-/.test(words[0] ?? '') ? { contextual: 'currentcolor' } : colorReader(words, rules);
};

export const textProperties = {
  color: inherited<ColorValue>({ contextual: 'canvastext' }, colorReader),
  '-webkit-text-fill-color': inherited<ColorValue>(current, colorReader),
  '-webkit-text-stroke-color': inherited<ColorValue>(current, colorReader),
  '-webkit-text-stroke-width': inherited<Length>(nothing, lineWidth),
  'text-shadow': inherited<readonly Shadow[]>([], shadows),
  'font-size': inherited<FontSize>({ pixels: 16 }, fontSize),
  'font-size-adjust': inherited<Words>(['none'], (words) => words),
  'line-height': inherited<LineHeight>('normal', lineHeight),
  'text-indent': inherited<Length>(nothing, (words, rules) => spacing('none')(words.slice(0, 1), rules)),
  'letter-spacing': inherited<Length>(nothing, spacing('normal')),
  'word-spacing': inherited<Length>(nothing, spacing('normal')),
  'white-space': inherited<WhiteSpace>('normal', whiteSpace),
  'text-align': inherited<string>(
    'start',
    keyword('start end left right center justify match-parent -webkit-center -webkit-left -webkit-right'),
  ),
  direction: inherited<'ltr' | 'rtl'>('ltr', keyword('ltr rtl')),
  'writing-mode': inherited<string>(
    'horizontal-tb',
    keyword('horizontal-tb vertical-rl vertical-lr sideways-rl sideways-lr lr lr-tb rl tb tb-rl tb-lr'),
  ),
  visibility: inherited<'visible' | 'hidden' | 'collapse'>('visible', keyword('visible hidden collapse')),
  'color-scheme': inherited<Words>(['normal'], (words) => words),
  '-webkit-text-security': inherited<string>('none', keyword('none disc circle square')),
  'text-emphasis-style': inherited<Words>(['none'], (words) => words),
  fill: inherited<ColorValue>({ red: 0, green: 0, blue: 0, alpha: 1 }, svgPaint),
  stroke: inherited<ColorValue>(transparent, svgPaint),
  'fill-opacity': inherited<number>(1, share),
  'stroke-opacity': inherited<number>(1, share),
  'text-decoration-line': own<readonly DecorationLine[]>([], decorations),
};
