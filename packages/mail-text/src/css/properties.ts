// All properties that say something about being seen, and the shorthands that set them.
import {
  borderStyles,
  boxNames,
  boxProperties,
  directions,
  fillModes,
  imageOf,
  iterationsOf,
  paintProperties,
} from './box-properties.ts';
import { colorOf } from './color.ts';
import {
  colorReader,
  decorations,
  fontSize,
  keyword,
  lineHeight,
  lineWidth,
  type Property,
  type ReadingRules,
  textProperties,
} from './text-properties.ts';
import { type CssWideKeyword, lengthOf, listOf, numberOf, secondsOf, type Words } from './value.ts';

/**
 * To ask for a further property, add a line to one of the three tables: what it means first, whether it is inherited, and
 * how it is read. Every element's `Computed.style` then has it.
 */
export const properties = { ...textProperties, ...boxProperties, ...paintProperties };

export type PropertyName = keyof typeof properties;

export type Properties = {
  readonly [Name in PropertyName]: (typeof properties)[Name] extends Property<infer Value> ? Value : never;
};

/** A keyword that any property takes, in the place of a value. */
interface CssWideValue {
  readonly wide: CssWideKeyword;
}

/** What declarations say; of properties that none of them mentions nothing. */
export type Declared = { readonly [Name in PropertyName]?: Properties[Name] | CssWideValue };

export const isCssWideValue = (value: unknown): value is CssWideValue =>
  typeof value === 'object' && value !== null && 'wide' in value;

export const isPropertyName = (name: string): name is PropertyName => Object.hasOwn(properties, name);

/** A shorthand: the properties it sets, and what each word means for each. */
interface Shorthand {
  readonly sets: readonly PropertyName[];
  readonly read: (words: Words, rules: ReadingRules) => Partial<Properties> | undefined;
}

const repeats = /^(?:repeat|repeat-x|repeat-y|no-repeat|space|round)$/;
const positions = /^(?:left|right|top|bottom|center)$/;

interface Layer {
  image: string;
  color: string;
  boxes: string[];
  position: string[];
  size: string[];
  repeat: string[];
}

/** One layer of `background` or `mask`; undefined where a word is not valid in it. */
const layerOf = (words: Words): Layer | undefined => {
  const layer: Layer = { image: 'none', color: '', boxes: [], position: [], size: [], repeat: [] };
  let inSize = false;
  for (const word of words) {
    const isExtent =
      /^(?:auto|cover|contain)$/.test(word) || lengthOf(word, { bare: false, percent: true }) !== undefined;
    if (word === '/') inSize = true;
    else if (inSize && isExtent && layer.size.length < 2) layer.size.push(word);
    else if (imageOf(word) !== undefined && layer.image === 'none') layer.image = word;
    else if (boxNames.test(word)) layer.boxes.push(word);
    else if (repeats.test(word)) layer.repeat.push(word);
    else if (positions.test(word) || isExtent) layer.position.push(word);
    else if (layer.color === '' && colorOf(word) !== undefined) layer.color = word;
    else if (!/^(?:scroll|fixed|local|alpha|luminance|match-source|add|subtract|intersect|exclude)$/.test(word))
      return undefined;
  }
  return layer;
};

const joined = (parts: readonly (readonly string[])[]): Words =>
  parts.flatMap((part, index) => (index > 0 ? [',', ...part] : part));

const background: Shorthand = {
  sets: ['background-color', 'background-image', 'background-clip', 'background-size', 'background-repeat'],
  read: (words, rules) => {
    const quirkyColor = words.length === 1 ? colorReader(words, rules) : undefined;
    const read = quirkyColor === undefined ? listOf(words).map(layerOf) : [layerOf([])];
    if (!read.every((layer) => layer !== undefined)) return undefined;
    if (read.slice(0, -1).some((layer) => layer.color !== '')) return undefined;
    return {
      'background-color':
        quirkyColor ?? colorOf(read.at(-1)?.color ?? '') ?? paintProperties['background-color'].initial,
      'background-image': read.map(({ image }) => imageOf(image) ?? 'none'),
      'background-clip': read.map(({ boxes }) => boxes[1] ?? boxes[0] ?? 'border-box'),
      'background-size': joined(read.map(({ size }) => (size.length > 0 ? size : ['auto']))),
      'background-repeat': joined(read.map(({ repeat }) => (repeat.length > 0 ? repeat : ['repeat']))),
    };
  },
};

const mask: Shorthand = {
  sets: ['mask-image', 'mask-size', 'mask-position', 'mask-repeat', 'mask-mode'],
  read: (words) => {
    const read = listOf(words).map(layerOf);
    if (!read.every((layer) => layer !== undefined && layer.color === '')) return undefined;
    return {
      'mask-image': read.map((layer) => imageOf(layer?.image ?? 'none') ?? 'none'),
      'mask-size': joined(read.map((layer) => (layer?.size.length ? layer.size : ['auto']))),
      'mask-position': joined(read.map((layer) => (layer?.position.length ? layer.position : ['0%', '0%']))),
      'mask-repeat': joined(read.map((layer) => (layer?.repeat.length ? layer.repeat : ['repeat']))),
      'mask-mode': words.filter((word) => /^(?:alpha|luminance)$/.test(word)),
    };
  },
};

/** One of the animations of a list, word by word. */
const animationOf = (words: Words) => {
  const times = words.flatMap((word) => secondsOf(word) ?? []);
  const rest = words.filter((word) => secondsOf(word) === undefined);
  const take = (isIt: (word: string) => boolean): string | undefined => {
    const at = rest.findIndex(isIt);
    return at < 0 ? undefined : rest.splice(at, 1)[0];
  };
  take((word) =>
    /^(?:linear|ease|ease-in|ease-out|ease-in-out|step-start|step-end|(?:steps|cubic-bezier|linear)\(.*)$/.test(word),
  );
  const iterations = take((word) => iterationsOf(word) !== undefined);
  const direction = take((word) => directions.test(word));
  const fill = take((word) => fillModes.test(word));
  const state = take((word) => /^(?:running|paused)$/.test(word));
  return { duration: times[0] ?? 0, delay: times[1] ?? 0, iterations, direction, fill, state, name: rest[0] ?? 'none' };
};

const animation: Shorthand = {
  sets: [
    'animation-name',
    'animation-duration',
    'animation-delay',
    'animation-iteration-count',
    'animation-direction',
    'animation-fill-mode',
    'animation-play-state',
  ],
  read: (words) => {
    const all = listOf(words).map(animationOf);
    return {
      'animation-name': all.map(({ name }) => name),
      'animation-duration': all.map(({ duration }) => duration),
      'animation-delay': all.map(({ delay }) => delay),
      'animation-iteration-count': all.map(({ iterations }) => iterationsOf(iterations ?? '1') ?? 1),
      'animation-direction': all.map(({ direction }) => direction ?? 'normal'),
      'animation-fill-mode': all.map(({ fill }) => fill ?? 'none'),
      'animation-play-state': all.map(({ state }) => state ?? 'running'),
    };
  },
};

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
