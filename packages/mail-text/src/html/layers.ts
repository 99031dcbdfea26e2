// Which elements are painted as one, above or below others, and where the ground of a text is not certain because something
// else may lie there. Knows no cascade.
import type { Computed } from '../css/computed.ts';
import type { StyledElement } from '../css/element.ts';
import { pixelsOf } from '../css/length.ts';
import type { Properties } from '../css/properties.ts';
import { isTransformed } from '../css/transform.ts';
import { callOf, stringOf, type Words } from '../css/value.ts';
import type { Layer } from './appearance.ts';
import type { Ink } from './ink.ts';

const isNegative = (side: Properties['margin-top'], { fontSize, rootFontSize }: Computed): boolean =>
  side !== 'auto' && (pixelsOf(side, { fontSize, rootFontSize, percentageBase: 1000 }) ?? 0) < 0;

const isPulled = (computed: Computed): boolean => {
  const { style } = computed;
  return (['margin-top', 'margin-right', 'margin-bottom', 'margin-left'] as const).some((side) =>
    isNegative(style[side], computed),
  );
};

const isShifted = ({ position, top, right, bottom, left }: Properties): boolean =>
  position === 'absolute' ||
  position === 'fixed' ||
  (position !== 'static' && [top, right, bottom, left].some((side) => side !== 'auto'));

/** Its content may be larger than it is, and stand on what follows. */
const overflows = (style: Properties): boolean =>
  (style.height !== 'auto' || style['max-height'] !== 'auto') &&
  style['overflow-y'] === 'visible' &&
  !/^table|^inline$/.test(style.display);

/** Whether something else than what is around an element may lie behind its text. */
export const isLoose = (computed: Computed): boolean => {
  const { style } = computed;
  return style.position !== 'static' || isPulled(computed) || isTransformed(style) || overflows(style);
};

/** Pixels. A shadow that reaches no farther lies behind nothing else. */
const smallShadow = 20;

/** Whether an element may paint what lies behind the text of others. */
export const paintsElsewhere = (computed: Computed): boolean => {
  const { style } = computed;
  const reaches = style['box-shadow'].some(
    ({ isInset, spread, blur, x, y }) =>
      !isInset &&
      [spread, blur, x, y].some(
        (length) => Math.abs(pixelsOf(length, { ...computed, percentageBase: 0 }) ?? 0) > smallShadow,
      ),
  );
  return reaches || isShifted(style) || isPulled(computed) || isTransformed(style);
};

const isLayer = (style: Properties): boolean =>
  style.position !== 'static' ||
  style.opacity < 1 ||
  style.filter.length > 0 ||
  style['mix-blend-mode'] !== 'normal' ||
  isTransformed(style);

/** The layer of an element that begins in another. @param order how many elements began before */
export const layerOf = (computed: Computed, around: Layer | undefined, order: number): Layer | undefined => {
  const { style } = computed;
  if (!isLayer(style)) return around;
  return {
    around,
    depth: (around?.depth ?? 0) + 1,
    height: style['z-index'] === 'auto' || style.position === 'static' ? 0 : style['z-index'],
    order,
    holdsContent: style.height === 'auto' && style['max-height'] === 'auto' && style.display !== 'inline',
    isMoved: isShifted(style) || isTransformed(style),
  };
};

const isZero = (side: Properties['top']): boolean => side !== 'auto' && 'amount' in side && side.amount === 0;
const isWhole = (side: Properties['width']): boolean =>
  side !== 'auto' && 'amount' in side && side.unit === '%' && side.amount >= 100;

/** Whether it is exactly as large as what it is placed in. */
export const fillsHolder = ({ style }: Computed): boolean =>
  (style.position === 'absolute' || style.position === 'fixed') &&
  isZero(style.top) &&
  isZero(style.left) &&
  (isZero(style.bottom) || isWhole(style.height)) &&
  (isZero(style.right) || isWhole(style.width));

/** Whether nothing is seen through an element. */
export const isOpaque = ({ style }: Computed, ink: Ink, parent: Ink): boolean => {
  const paints = ink !== parent && ink.ground !== parent.ground && ink.letters === parent.letters;
  const isSolid = ink.ground !== 'unknown' && ink.ground.every(({ alpha }) => alpha >= 1);
  const isFull =
    ('alpha' in style['background-color'] && style['background-color'].alpha >= 1) ||
    style['background-image'].some(
      (picture) =>
        typeof picture === 'object' &&
        'stops' in picture &&
        picture.stops.every((stop) => 'alpha' in stop && stop.alpha >= 1),
    );
  const isCut =
    style['clip-path'] !== 'none' || style['mask-image'].some((picture) => picture !== 'none') || style.clip.length > 0;
  return paints && isSolid && isFull && !isCut && style.visibility === 'visible' && ink.opacity >= 0.98 && !ink.isMixed;
};

// The text of `content` (CSS Generated Content 3): strings and attributes; pictures, counters and quotes say nothing. Knows no
// style.

/** UTF-16 units. No sender puts a letter into a style sheet. */
const longest = 2_000;

const textOf = (word: string, { attributes }: StyledElement): string => {
  const text = stringOf(word);
  if (text !== undefined) return text;
  const call = callOf(word);
  if (call?.name !== 'attr') return '';
  const [name = ''] = call.args[0] ?? [];
  const fallback = stringOf(call.args[1]?.[0] ?? '');
  return attributes[name] ?? fallback ?? '';
};

/** Undefined where the part of the element is not made at all. What stands behind a slash is told to nobody who sees. */
export const generatedText = (content: Words, element: StyledElement): string | undefined => {
  const [first] = content;
  if (first === undefined || first === 'none' || first === 'normal') return undefined;
  const slash = content.indexOf('/');
  const shown = slash < 0 ? content : content.slice(0, slash);
  return shown
    .map((word) => textOf(word, element))
    .join('')
    .slice(0, longest);
};
