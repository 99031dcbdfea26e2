// The properties of boxes: where they are, how large they are, what of their content is cut off; and how they are painted, masked,
// transformed, filtered and animated.
import { type ColorValue, colorOf, transparent } from './color.ts';
import {
  anyWords,
  colorReader,
  isNegative,
  keyword,
  lineWidth,
  nothing,
  number,
  oneWord,
  own,
  type Reader,
  type Shadow,
  shadows,
  share,
  size,
} from './text-properties.ts';
import { type Call, callOf, type Length, lengthOf, listOf, numberOf, secondsOf, type Words } from './value.ts';

export type Size = Length | 'auto';

const displays = new Set(
  (
    'none contents inline block inline-block flow-root list-item flex inline-flex grid inline-grid table inline-table ' +
    'table-row table-cell table-row-group table-header-group table-footer-group table-caption table-column ' +
    'table-column-group ruby ruby-text -webkit-box -webkit-inline-box -webkit-flex -webkit-inline-flex math'
  ).split(' '),
);

const displayPairs = new Map<string, string>(
  Object.entries({
    'block flow': 'block',
    'inline flow': 'inline',
    'block flow-root': 'flow-root',
    'inline flow-root': 'inline-block',
    'block flex': 'flex',
    'inline flex': 'inline-flex',
    'block grid': 'grid',
    'inline grid': 'inline-grid',
    'block table': 'table',
    'inline table': 'inline-table',
    'block flow list-item': 'list-item',
    'block ruby': 'ruby',
    'inline ruby': 'ruby',
  }),
);

/** One of the values with one word; `-webkit-` names of flexible boxes are the newer ones. */
const display: Reader<string> = (words) => {
  if (words.length > 1) return displayPairs.get(words.join(' '));
  const word = (words[0] ?? '').replace(/^-webkit-(?=(?:inline-)?flex$)/, '');
  return displays.has(word) ? word : undefined;
};

const length: Reader<Size> = size('auto', true);
const extent: Reader<Size> = size(
  'auto none min-content max-content fit-content stretch -webkit-fill-available intrinsic',
  false,
);
const padding: Reader<Length> = oneWord((word, { quirks }) => {
  const read = lengthOf(word, { bare: quirks, percent: true });
  return read && !isNegative(read) ? read : undefined;
});
export const borderStyles = 'none hidden dotted dashed solid double groove ridge inset outset';
const borderStyle: Reader<string> = keyword(borderStyles);
const alignment: Reader<string> = (words) => words.join(' ');
export type Overflow = 'visible' | 'hidden' | 'clip' | 'scroll' | 'auto';
const overflow: Reader<Overflow> = oneWord((word) =>
  word === 'overlay' ? 'auto' : keyword<Overflow>('visible hidden clip scroll auto')([word], { quirks: false }),
);

/** Width by height; 0 where the box has none of its own. */
const aspectRatio: Reader<number> = (words) => {
  const numbers = words.flatMap((word) => (word === 'auto' || word === '/' ? [] : [numberOf(word) ?? Number.NaN]));
  const [across = 0, down = 1] = numbers;
  const ratio = across / down;
  return Number.isNaN(ratio) || ratio < 0 ? undefined : Number.isFinite(ratio) ? ratio : 0;
};

export const boxProperties = {
  display: own<string>('inline', display),
  position: own<string>('static', keyword('static relative absolute fixed sticky -webkit-sticky')),
  float: own<string>('none', keyword('none left right inline-start inline-end')),
  clear: own<string>('none', keyword('none left right both inline-start inline-end')),
  width: own<Size>('auto', extent),
  height: own<Size>('auto', extent),
  'min-width': own<Size>('auto', extent),
  'min-height': own<Size>('auto', extent),
  'max-width': own<Size>('auto', extent),
  'max-height': own<Size>('auto', extent),
  'box-sizing': own<string>('content-box', keyword('content-box border-box')),
  'margin-top': own<Size>(nothing, length),
  'margin-right': own<Size>(nothing, length),
  'margin-bottom': own<Size>(nothing, length),
  'margin-left': own<Size>(nothing, length),
  'padding-top': own<Length>(nothing, padding),
  'padding-right': own<Length>(nothing, padding),
  'padding-bottom': own<Length>(nothing, padding),
  'padding-left': own<Length>(nothing, padding),
  'border-top-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-right-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-bottom-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-left-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-top-style': own<string>('none', borderStyle),
  'border-right-style': own<string>('none', borderStyle),
  'border-bottom-style': own<string>('none', borderStyle),
  'border-left-style': own<string>('none', borderStyle),
  top: own<Size>('auto', length),
  right: own<Size>('auto', length),
  bottom: own<Size>('auto', length),
  left: own<Size>('auto', length),
  'z-index': own<number | 'auto'>(
    'auto',
    oneWord((word) => (word === 'auto' ? 'auto' : numberOf(word))),
  ),
  'overflow-x': own<Overflow>('visible', overflow),
  'overflow-y': own<Overflow>('visible', overflow),
  'overflow-clip-margin': own<Words>([], anyWords),
  'flex-direction': own<string>('row', keyword('row row-reverse column column-reverse')),
  'flex-wrap': own<string>('nowrap', keyword('nowrap wrap wrap-reverse')),
  'flex-grow': own<number>(0, number),
  'flex-shrink': own<number>(1, number),
  'flex-basis': own<Size>('auto', size('auto content min-content max-content fit-content', false)),
  order: own<number>(0, number),
  'align-items': own<string>('normal', alignment),
  'align-self': own<string>('auto', alignment),
  'align-content': own<string>('normal', alignment),
  'justify-content': own<string>('normal', alignment),
  'grid-template-rows': own<Words>(['none'], anyWords),
  'grid-template-columns': own<Words>(['none'], anyWords),
  'grid-template-areas': own<Words>(['none'], anyWords),
  'grid-row-start': own<Words>(['auto'], anyWords),
  'grid-column-start': own<Words>(['auto'], anyWords),
  '-webkit-line-clamp': own<number | 'none'>(
    'none',
    oneWord((word) => (word === 'none' ? 'none' : numberOf(word))),
  ),
  '-webkit-box-orient': own<string>('horizontal', keyword('horizontal vertical inline-axis block-axis')),
  'column-count': own<Words>(['auto'], anyWords),
  'column-width': own<Words>(['auto'], anyWords),
  'aspect-ratio': own<number>(0, aspectRatio),
  contain: own<Words>(['none'], anyWords),
  'container-type': own<Words>(['normal'], anyWords),
  'content-visibility': own<string>('visible', keyword('visible hidden auto')),
  'table-layout': own<string>('auto', keyword('auto fixed')),
  'vertical-align': own<Words>(['baseline'], anyWords),
  content: own<Words>(['normal'], anyWords),
};

// Painting.

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
