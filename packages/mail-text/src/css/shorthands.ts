// Shorthand properties → the properties that they stand for, with what each word means for each. Knows no element.
import { borderStyles, boxProperties } from './box-properties.ts';
import { animation, background, mask } from './layer-shorthands.ts';
import { numberOf } from './length.ts';
import { type Properties, type PropertyName, properties, type Shorthand } from './properties.ts';
import { keyword, type ReadingRules } from './property.ts';
import { colorReader, decorations, fontSize, lineHeight, lineWidth, textProperties } from './text-properties.ts';
import type { Words } from './value.ts';

const sides = ['top', 'right', 'bottom', 'left'] as const;

const readOne = (name: PropertyName, words: Words, rules: ReadingRules): Partial<Properties> | undefined => {
  const value = properties[name].read(words, rules);
  return value === undefined ? undefined : { [name]: value };
};

/** One to four values for the four sides, in the order that every such property has. */
const fourSides = (sets: readonly [PropertyName, PropertyName, PropertyName, PropertyName]): Shorthand => ({
  sets,
  read: (words, rules) => {
    if (words.length < 1 || words.length > 4) return undefined;
    const [top = '', right = top, bottom = top, left = right] = words;
    const read = [top, right, bottom, left].map((word, index) => readOne(sets[index] ?? 'top', [word], rules));
    return read.every((side) => side !== undefined) ? Object.assign({}, ...read) : undefined;
  },
});

/** Two values, for the start and the end of one direction. */
const twoSides = (first: PropertyName, second: PropertyName): Shorthand => ({
  sets: [first, second],
  read: (words, rules) => {
    const [start = '', end = start] = words;
    const read = words.length > 2 ? [undefined] : [readOne(first, [start], rules), readOne(second, [end], rules)];
    return read.every((side) => side !== undefined) ? Object.assign({}, ...read) : undefined;
  },
});

const borderOf = (named: readonly (typeof sides)[number][]): Shorthand => {
  const isStyle = keyword(borderStyles);
  const sets = named.flatMap((side) => [`border-${side}-width` as const, `border-${side}-style` as const]);
  return {
    sets,
    read: (words, rules) => {
      const widths = words.flatMap((word) => lineWidth([word], rules) ?? []);
      const styles = words.flatMap((word) => isStyle([word], rules) ?? []);
      const colors = words.flatMap((word) => colorReader([word], { quirks: false }) ?? []);
      if (widths.length + styles.length + colors.length !== words.length) return undefined;
      return Object.assign(
        {},
        ...named.map((side) => ({
          [`border-${side}-width`]: widths[0] ?? { amount: 3, unit: 'px' },
          [`border-${side}-style`]: styles[0] ?? 'none',
        })),
      );
    },
  };
};

const systemFonts = /^(?:caption|icon|menu|message-box|small-caption|status-bar)$/;
const fontWord =
  /^(?:normal|italic|oblique|bold|bolder|lighter|small-caps|\d{3}|[+-]?[\d.]+deg|(?:ultra-|extra-|semi-)?(?:condensed|expanded))$/;

/** `italic bold 12px/1.5 serif`: style words, the size, its line height, at least one family. */
const font: Shorthand = {
  sets: ['font-size', 'line-height'],
  read: (words, rules) => {
    if (words.length === 1 && systemFonts.test(words[0] ?? '')) {
      return { 'font-size': { pixels: 13 }, 'line-height': 'normal' };
    }
    const at = words.findIndex((word) => !fontWord.test(word));
    const size = fontSize([words[at] ?? ''], rules);
    const hasHeight = words[at + 1] === '/';
    const height = hasHeight ? lineHeight([words[at + 2] ?? ''], rules) : 'normal';
    const families = words.slice(at + (hasHeight ? 3 : 1));
    if (size === undefined || height === undefined || families.length === 0) return undefined;
    return { 'font-size': size, 'line-height': height };
  },
};

const flex: Shorthand = {
  sets: ['flex-grow', 'flex-shrink', 'flex-basis'],
  read: (words, rules) => {
    if (words.length === 1 && words[0] === 'none') return { 'flex-grow': 0, 'flex-shrink': 0, 'flex-basis': 'auto' };
    if (words.length === 1 && words[0] === 'auto') return { 'flex-grow': 1, 'flex-shrink': 1, 'flex-basis': 'auto' };
    const numbers = words.flatMap((word) => numberOf(word) ?? []);
    const bases = words.filter((word) => numberOf(word) === undefined);
    // Of three numbers the last is a length.
    const basis = bases[0] ?? (numbers.length > 2 ? String(numbers[2]) : '0%');
    const read = boxProperties['flex-basis'].read([basis], rules);
    if (read === undefined || bases.length > 1) return undefined;
    return { 'flex-grow': numbers[0] ?? 1, 'flex-shrink': numbers[1] ?? 1, 'flex-basis': read };
  },
};

const textStroke: Shorthand = {
  sets: ['-webkit-text-stroke-width', '-webkit-text-stroke-color'],
  read: (words, rules) => {
    const widths = words.flatMap((word) => lineWidth([word], { quirks: false }) ?? []);
    const colors = words.flatMap((word) => colorReader([word], rules) ?? []);
    if (widths.length + colors.length !== words.length) return undefined;
    const { '-webkit-text-stroke-width': width, '-webkit-text-stroke-color': color } = textProperties;
    return {
      '-webkit-text-stroke-width': widths[0] ?? width.initial,
      '-webkit-text-stroke-color': colors[0] ?? color.initial,
    };
  },
};

/** Only the lines matter. */
const textDecoration: Shorthand = {
  sets: ['text-decoration-line'],
  read: (words, rules) => ({
    'text-decoration-line':
      decorations(
        words.filter((word) => decorations([word], rules) !== undefined),
        rules,
      ) ?? [],
  }),
};

/** How many columns, and how wide they are at least; in any order. */
const columns: Shorthand = {
  sets: ['column-count', 'column-width'],
  read: (words) => {
    const count = words.find((word) => numberOf(word) !== undefined) ?? 'auto';
    const width = words.find((word) => word !== 'auto' && word !== count) ?? 'auto';
    return words.length > 2 ? undefined : { 'column-count': [count], 'column-width': [width] };
  },
};

export const shorthands: Readonly<Record<string, Shorthand>> = {
  margin: fourSides(['margin-top', 'margin-right', 'margin-bottom', 'margin-left']),
  padding: fourSides(['padding-top', 'padding-right', 'padding-bottom', 'padding-left']),
  inset: fourSides(['top', 'right', 'bottom', 'left']),
  'border-width': fourSides(['border-top-width', 'border-right-width', 'border-bottom-width', 'border-left-width']),
  'border-style': fourSides(['border-top-style', 'border-right-style', 'border-bottom-style', 'border-left-style']),
  border: borderOf(sides),
  'border-top': borderOf(['top']),
  'border-right': borderOf(['right']),
  'border-bottom': borderOf(['bottom']),
  'border-left': borderOf(['left']),
  'margin-inline': twoSides('margin-left', 'margin-right'),
  'margin-block': twoSides('margin-top', 'margin-bottom'),
  'padding-inline': twoSides('padding-left', 'padding-right'),
  'padding-block': twoSides('padding-top', 'padding-bottom'),
  'inset-inline': twoSides('left', 'right'),
  'inset-block': twoSides('top', 'bottom'),
  overflow: twoSides('overflow-x', 'overflow-y'),
  font,
  background,
  mask,
  flex,
  animation,
  columns,
  'text-decoration': textDecoration,
  '-webkit-text-stroke': textStroke,
};
