// How large the parts of a box are, within bounds: margins, borders, paddings and content (CSS 2.2 §10, CSS Sizing 3).
// Knows no element by name.
import type { Size } from '../css/box-properties.ts';
import { type Computed, measureOf } from '../css/computed.ts';
import { isRelativeToWhole, type Length, pixelsOf } from '../css/length.ts';
import type { Properties } from '../css/properties.ts';
import { atLeast, clamped, type Interval, minus, notNegative, sum, zero } from './geometry.ts';

/** Pixels, where 100 % is within bounds too. */
export const pixelsIn = (length: Length, computed: Computed, whole: Interval): Interval => {
  if (!isRelativeToWhole(length)) {
    const pixels = pixelsOf(length, measureOf(computed, 0)) ?? 0;
    return { lo: pixels, hi: pixels };
  }
  const ends = [whole.lo, whole.hi].map((end) => {
    const pixels = pixelsOf(length, measureOf(computed, Number.isFinite(end) ? end : 1e9));
    return pixels === undefined || Math.abs(pixels) >= 1e6 ? undefined : pixels;
  });
  const [one, other] = ends;
  return {
    lo: Math.min(one ?? Number.NEGATIVE_INFINITY, other ?? Number.NEGATIVE_INFINITY),
    hi: Math.max(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY),
  };
};

export interface Sides {
  readonly top: Interval;
  readonly right: Interval;
  readonly bottom: Interval;
  readonly left: Interval;
}

/** Whether a side takes what room is left. */
export const isAutomatic = (size: Size): size is 'auto' => size === 'auto';

export interface Edges {
  readonly margin: Sides;
  readonly border: Sides;
  readonly padding: Sides;
}

const sidesOf = (read: (side: 'top' | 'right' | 'bottom' | 'left') => Interval): Sides => ({
  top: read('top'),
  right: read('right'),
  bottom: read('bottom'),
  left: read('left'),
});

const drawn = (style: string): boolean => style !== 'none' && style !== 'hidden';

const newEdges = (computed: Computed, whole: Interval): Edges => {
  const { style } = computed;
  return {
    margin: sidesOf((side) => {
      const margin = style[`margin-${side}`];
      return isAutomatic(margin) ? zero : pixelsIn(margin, computed, whole);
    }),
    border: sidesOf((side) =>
      drawn(style[`border-${side}-style`]) ? pixelsIn(style[`border-${side}-width`], computed, whole) : zero,
    ),
    padding: sidesOf((side) => notNegative(pixelsIn(style[`padding-${side}`], computed, whole))),
  };
};

const known = new WeakMap<Computed, { readonly lo: number; readonly hi: number; readonly edges: Edges }>();

/** @param whole the width of the containing block, which also vertical shares refer to */
export const edgesOf = (computed: Computed, whole: Interval): Edges => {
  const before = known.get(computed);
  if (before?.lo === whole.lo && before.hi === whole.hi) return before.edges;
  const edges = newEdges(computed, whole);
  known.set(computed, { ...whole, edges });
  return edges;
};

export const across = ({ border, padding }: Edges): Interval =>
  sum(border.left, padding.left, border.right, padding.right);
export const upright = ({ border, padding }: Edges): Interval =>
  sum(border.top, padding.top, border.bottom, padding.bottom);

type Side = 'width' | 'height';

/** What is said about one side of the content; undefined where that is left to the layout. */
export interface Extent {
  readonly said: Interval | undefined;
  readonly least: Interval;
  readonly most: Interval;
}

/**
 * @param whole what shares refer to; undefined where shares say nothing
 * @param frame borders and paddings, which may be counted in
 */
export const extentOf = (computed: Computed, side: Side, whole: Interval | undefined, frame: Interval): Extent => {
  const { style } = computed;
  const isBorderBox = style['box-sizing'] === 'border-box';
  const content = (size: Size): Interval | undefined => {
    if (isAutomatic(size) || (whole === undefined && isRelativeToWhole(size))) return undefined;
    const pixels = pixelsIn(size, computed, whole ?? zero);
    return notNegative(isBorderBox ? minus(pixels, frame) : pixels);
  };
  return {
    said: content(style[side]),
    least: content(style[`min-${side}`]) ?? zero,
    most: content(style[`max-${side}`]) ?? atLeast(Number.POSITIVE_INFINITY),
  };
};

/** A size within what is said of its least and most. */
export const within = (size: Interval, { least, most }: Extent): Interval => clamped(size, least, most);

const contains = (style: Properties, ...words: readonly string[]): boolean =>
  style.contain.some((word) => words.includes(word));

/** Whether a box is as large as if it were empty. */
export const isSizedAlone = (style: Properties): boolean =>
  contains(style, 'strict', 'size') || style['container-type'].includes('size');

export type Cut = 'shown' | 'cut' | 'scrolled';

/** What becomes of content that is too wide or too high. */
export const cutOf = (style: Properties): { readonly x: Cut; readonly y: Cut } => {
  if (contains(style, 'strict', 'content', 'paint')) return { x: 'cut', y: 'cut' };
  const [x, y] = [style['overflow-x'], style['overflow-y']];
  const cut = (own: string, other: string): Cut => {
    if (own === 'hidden') return 'cut';
    if (own === 'clip') return style['overflow-clip-margin'].length > 0 ? 'shown' : 'cut';
    if (own === 'scroll' || own === 'auto') return 'scrolled';
    // CSS Overflow 3 §3.1: beside a side that scrolls, the other one does too.
    return other === 'visible' || other === 'clip' ? 'shown' : 'scrolled';
  };
  return { x: cut(x, y), y: cut(y, x) };
};

/** What a line of a font needs that says nothing itself; shares of the font size. */
const usualLine: Interval = { lo: 1.1, hi: 1.8 };
export const lineHeightOf = ({ style, fontSize, rootFontSize }: Computed): Interval => {
  const height = style['line-height'];
  if (height === 'normal') return { lo: usualLine.lo * fontSize, hi: usualLine.hi * fontSize };
  const pixels =
    'factor' in height
      ? height.factor * fontSize
      : (pixelsOf(height, { fontSize, rootFontSize, whole: fontSize }) ?? fontSize);
  return { lo: pixels, hi: pixels };
};
