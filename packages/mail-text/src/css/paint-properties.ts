// The properties that paint, clip, mask, transform, filter and animate elements.
import { type ColorValue, colorOf, transparent } from './color.ts';
import { type Length, lengthOf, numberOf, secondsOf } from './length.ts';
import {
  anyWords,
  colorReader,
  keyword,
  oneWord,
  own,
  type Reader,
  type Shadow,
  shadows,
  share,
} from './text-properties.ts';
import { type Call, callOf, listOf, type Words } from './value.ts';

/** A gradient by its colours; of other images nobody knows what they show. */
export type ImageValue =
  | 'none'
  | 'unknown'
  | { readonly stops: readonly ColorValue[] }
  | { readonly reference: string };

const gradient = /^(?:-webkit-|-moz-|-o-)?(?:repeating-)?(?:linear|radial|conic)-gradient$/;
const imageFunctions =
  /^(?:url|src|(?:-webkit-)?image-set|(?:-webkit-)?cross-fade|image|element|paint|-webkit-gradient|-webkit-canvas)$/;

const stopsOf = ({ args }: Call): ColorValue[] => args.flatMap((words) => words.flatMap((word) => colorOf(word) ?? []));

/** Undefined where a word is no image. */
export const imageOf = (word: string): ImageValue | undefined => {
  if (word === 'none') return 'none';
  const call = callOf(word);
  if (!call) return undefined;
  if (gradient.test(call.name)) {
    const stops = stopsOf(call);
    return stops.length >= 2 ? { stops } : undefined;
  }
  const [, reference] = /^\s*["']?#([^"')]+)["']?\s*$/.exec(call.name === 'url' ? call.body : '') ?? [];
  if (reference !== undefined) return { reference };
  return imageFunctions.test(call.name) ? 'unknown' : undefined;
};

/** The image of each layer, the topmost first. */
const images: Reader<readonly ImageValue[]> = (words) => {
  const read = listOf(words).map((layer) => (layer.length === 1 ? imageOf(layer[0] ?? '') : undefined));
  return read.every((image) => image !== undefined) ? read : undefined;
};

export const boxNames =
  /^(?:border-box|padding-box|content-box|text|border-area|fill-box|stroke-box|view-box|margin-box|no-clip)$/;

const boxes: Reader<Words> = (words) =>
  words.every((word) => word === ',' || boxNames.test(word)) ? words.filter((word) => word !== ',') : undefined;

const functions =
  (known: RegExp): Reader<readonly Call[]> =>
  (words) => {
    if (words.length === 1 && words[0] === 'none') return [];
    const calls = words.flatMap((word) => callOf(word) ?? []);
    return calls.length === words.length && calls.every(({ name }) => known.test(name)) ? calls : undefined;
  };

const filters = functions(
  /^(?:blur|brightness|contrast|drop-shadow|grayscale|hue-rotate|invert|opacity|saturate|sepia|url)$/,
);
const transforms = functions(
  /^(?:matrix|matrix3d|translate|translatex|translatey|translatez|translate3d|scale|scalex|scaley|scalez|scale3d|rotate|rotatex|rotatey|rotatez|rotate3d|skew|skewx|skewy|perspective)$/,
);

/** `rect(top, right, bottom, left)`, each a length or `auto`. */
const clip: Reader<Words> = oneWord((word) => {
  if (word === 'auto') return [];
  const call = callOf(word);
  if (call?.name !== 'rect') return undefined;
  const sides = call.args.flat();
  const isSide = (side: string) => side === 'auto' || lengthOf(side, { bare: true, percent: false }) !== undefined;
  return sides.length === 4 && sides.every(isSide) ? sides : undefined;
});

const shapes = /^(?:inset|circle|ellipse|polygon|path|rect|xywh|url|shape)$/;

/** A shape, or nothing where nothing is clipped. */
const clipPath: Reader<Call | undefined | 'none'> = (words) => {
  const shape = words.find((word) => !boxNames.test(word));
  if (shape === undefined) return words.length === 1 ? 'none' : undefined;
  if (shape === 'none') return words.length === 1 ? 'none' : undefined;
  const call = callOf(shape);
  return call && words.length <= 2 && shapes.test(call.name) ? call : undefined;
};

const opacity: Reader<number> = (words, rules) => {
  const read = share(words, rules);
  return read === undefined ? undefined : Math.min(Math.max(read, 0), 1);
};

const zoom: Reader<number> = oneWord((word) => {
  if (word === 'normal') return 1;
  const factor = word.endsWith('%')
    ? (numberOf(word.slice(0, -1)) ?? Number.NaN) / 100
    : (numberOf(word) ?? Number.NaN);
  // Browsers take 0 for no zoom at all.
  return factor >= 0 ? factor || 1 : undefined;
});

const perList =
  <Item>(read: (word: string) => Item | undefined): Reader<readonly Item[]> =>
  (words) => {
    const items = listOf(words).map((item) => (item.length === 1 ? read(item[0] ?? '') : undefined));
    return items.every((item) => item !== undefined) ? items : undefined;
  };

export const fillModes = /^(?:none|forwards|backwards|both)$/;
export const directions = /^(?:normal|reverse|alternate|alternate-reverse)$/;
const matching = (known: RegExp) => perList((word) => (known.test(word) ? word : undefined));

/** How often; `infinite` is endless. */
export const iterationsOf = (word: string): number | undefined =>
  word === 'infinite' ? Number.POSITIVE_INFINITY : numberOf(word);

export const paintProperties = {
  opacity: own<number>(1, opacity),
  filter: own<readonly Call[]>([], filters),
  'backdrop-filter': own<Words>(['none'], anyWords),
  'mix-blend-mode': own<string>(
    'normal',
    keyword(
      'normal multiply screen overlay darken lighten color-dodge color-burn hard-light soft-light difference exclusion hue saturation color luminosity plus-darker plus-lighter',
    ),
  ),
  isolation: own<string>('auto', keyword('auto isolate')),
  transform: own<readonly Call[]>([], transforms),
  translate: own<Words>(['none'], anyWords),
  scale: own<Words>(['none'], anyWords),
  rotate: own<Words>(['none'], anyWords),
  'transform-origin': own<Words>(['50%', '50%'], anyWords),
  'transform-style': own<string>('flat', keyword('flat preserve-3d')),
  'backface-visibility': own<string>('visible', keyword('visible hidden')),
  perspective: own<Words>(['none'], anyWords),
  'offset-path': own<Words>(['none'], anyWords),
  'will-change': own<Words>(['auto'], anyWords),
  zoom: own<number>(1, zoom),
  clip: own<Words>([], clip),
  'clip-path': own<Call | undefined | 'none'>('none', clipPath),
  'mask-image': own<readonly ImageValue[]>(['none'], images),
  'mask-size': own<Words>(['auto'], anyWords),
  'mask-position': own<Words>(['0%', '0%'], anyWords),
  'mask-repeat': own<Words>(['repeat'], anyWords),
  'mask-mode': own<Words>(['match-source'], anyWords),
  'background-color': own<ColorValue>(transparent, colorReader),
  'background-image': own<readonly ImageValue[]>(['none'], images),
  'background-clip': own<Words>(['border-box'], boxes),
  'background-size': own<Words>(['auto'], anyWords),
  'background-repeat': own<Words>(['repeat'], anyWords),
  'box-shadow': own<readonly Shadow[]>([], shadows),
  'animation-name': own<readonly string[]>(
    ['none'],
    perList((word) => word),
  ),
  'animation-duration': own<readonly number[]>([0], perList(secondsOf)),
  'animation-delay': own<readonly number[]>([0], perList(secondsOf)),
  'animation-iteration-count': own<readonly number[]>([1], perList(iterationsOf)),
  'animation-direction': own<readonly string[]>(['normal'], matching(directions)),
  'animation-fill-mode': own<readonly string[]>(['none'], matching(fillModes)),
  'animation-play-state': own<readonly string[]>(['running'], matching(/^(?:running|paused)$/)),
};

/** Whether a size is nothing, as in `0 0` or `0%`. */
export const isNoSize = (words: Words): boolean => {
  const lengths = words.map((word): Length | undefined => lengthOf(word, { bare: false, percent: true }));
  return (
    lengths.length > 0 && lengths.some((length) => length !== undefined && 'amount' in length && length.amount === 0)
  );
};
