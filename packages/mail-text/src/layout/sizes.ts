// How large the parts of a box are, within bounds: margins, borders, paddings and content (CSS 2.2 §10, CSS Sizing 3).
// Knows no element by name.
import type { Size } from '../css/box-properties.ts';
import { type Computed, measureOf } from '../css/computed.ts';
import { isRelativeToWhole, type Length, lengthOf, pixelsOf } from '../css/length.ts';
import type { Properties } from '../css/properties.ts';
import { type Call, stringOf } from '../css/value.ts';
import { atLeast, clamped, everywhere, type Interval, minus, notNegative, type Rect, sum, zero } from './geometry.ts';

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

interface Sides {
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
interface Extent {
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

type Cut = 'shown' | 'cut' | 'scrolled';

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

// `clip` and `clip-path` → the rectangle outside of which nothing is seen, at most. Knows no element.

const nothing: Rect = { left: 0, right: 0, top: 0, bottom: 0 };

const from = (rect: Rect, { border }: Edges): Rect => ({
  left: rect.left - border.left.hi,
  right: rect.right - border.left.lo,
  top: rect.top - border.top.hi,
  bottom: rect.bottom - border.top.lo,
});

/** CSS 2 `clip`; the sides are counted from the corner of the border box. */
export const clipByRect = (computed: Computed, edges: Edges): Rect | undefined => {
  const { clip } = computed.style;
  if (clip.length !== 4) return undefined;
  const [top, right, bottom, left] = clip.map((side) => {
    const length = lengthOf(side, { bare: true, percent: false });
    return length && pixelsIn(length, computed, { lo: 0, hi: 0 }).lo;
  });
  return from(
    {
      left: left ?? Number.NEGATIVE_INFINITY,
      right: right ?? Number.POSITIVE_INFINITY,
      top: top ?? Number.NEGATIVE_INFINITY,
      bottom: bottom ?? Number.POSITIVE_INFINITY,
    },
    edges,
  );
};

/** Pixels. */
const largestCut = 3_000;

interface ShownSize {
  readonly width: Interval;
  readonly height: Interval;
}

const isOne = (rect: Rect): boolean => !Object.values(rect).some((side) => Number.isNaN(side));

/** `inset()`, `rect()` and `xywh()`, whose sides are lengths. */
const sidesClip = ({ name, args }: Call, computed: Computed, { width, height }: ShownSize): Rect => {
  const words = (args[0] ?? []).filter((_, index, all) => !all.slice(0, index + 1).includes('round'));
  const along = (word: string | undefined, whole: Interval, automatic: Interval): Interval => {
    const length = lengthOf(word ?? '', { bare: false, percent: true });
    return word === 'auto' || !length ? automatic : pixelsIn(length, computed, whole);
  };
  const zero: Interval = { lo: 0, hi: 0 };
  const [first, second = first, third = first, fourth = second] = words;
  if (name === 'xywh') {
    const [x, y] = [along(first, width, zero), along(words[1], height, zero)];
    const [right, bottom] = [sum(x, along(words[2], width, width)), sum(y, along(words[3], height, height))];
    return { left: x.lo, right: right.hi, top: y.lo, bottom: bottom.hi };
  }
  if (name === 'rect') {
    const [top, right] = [along(first, height, zero), along(words[1], width, width)];
    const [bottom, left] = [along(words[2], height, height), along(words[3], width, zero)];
    return { left: left.lo, right: right.hi, top: top.lo, bottom: bottom.hi };
  }
  const [top, right] = [along(first, height, zero), along(second, width, zero)];
  const [bottom, left] = [along(third, height, zero), along(fourth, width, zero)];
  const isShare = (word: string | undefined): number => Number(/^([\d.]+)%$/.exec(word ?? '')?.[1] ?? Number.NaN);
  // Shares that meet leave nothing, however large the box is.
  if (isShare(first) + isShare(third) >= 100 || isShare(second) + isShare(fourth) >= 100) return nothing;
  // No box is so large that as much can be cut off of it and something is left.
  if (top.lo + bottom.lo >= largestCut || left.lo + right.lo >= largestCut) return nothing;
  return { left: left.lo, right: width.hi - right.lo, top: top.lo, bottom: height.hi - bottom.lo };
};

/** Words before `at` are the radii, those behind it the centre. */
const roundClip = ({ args }: Call, computed: Computed, { width, height }: ShownSize): Rect => {
  const words = args[0] ?? [];
  const at = words.indexOf('at');
  const radii = at < 0 ? words : words.slice(0, at);
  const [x = '50%', y = '50%'] = at < 0 ? [] : words.slice(at + 1);
  const places = new Map([
    ['left', '0%'],
    ['top', '0%'],
    ['center', '50%'],
    ['right', '100%'],
    ['bottom', '100%'],
  ]);
  const pixels = (word: string, whole: Interval): Interval | undefined => {
    const length = lengthOf(places.get(word) ?? word, { bare: false, percent: true });
    return length && pixelsIn(length, computed, whole);
  };
  const [across, down] = [pixels(radii[0] ?? '', width), pixels(radii[1] ?? radii[0] ?? '', height)];
  if (across?.hi === 0 || down?.hi === 0) return nothing;
  const isShare = radii.some((word) => word.endsWith('%'));
  const [centreX, centreY] = [pixels(x, width), pixels(y, height)];
  if (!across || !down || !centreX || !centreY || isShare) return everywhere;
  return {
    left: centreX.lo - across.hi,
    right: centreX.hi + across.hi,
    top: centreY.lo - down.hi,
    bottom: centreY.hi + down.hi,
  };
};

/** Three points in a line enclose nothing. */
const isLine = (points: readonly (readonly [number, number])[]): boolean => {
  const [[x0, y0] = [0, 0], ...rest] = points;
  const doubled = rest.reduce((total, [x, y], index) => {
    const [nextX, nextY] = rest[index + 1] ?? [x0, y0];
    return total + (x - x0) * (nextY - y0) - (nextX - x0) * (y - y0);
  }, 0);
  return Math.abs(doubled) < 1;
};

const polygonClip = ({ args }: Call, computed: Computed, { width, height }: ShownSize): Rect => {
  const points = args.filter((words) => !/^(?:nonzero|evenodd)$/.test(words[0] ?? ''));
  const lengths = points.map((words) => words.map((word) => lengthOf(word, { bare: false, percent: true })));
  if (!lengths.every((pair) => pair.length === 2 && pair.every((length) => length !== undefined))) return everywhere;
  const read = (size: number): [number, number][] =>
    lengths.map(([x, y]) => [
      x ? pixelsIn(x, computed, { lo: size, hi: size }).lo : 0,
      y ? pixelsIn(y, computed, { lo: size, hi: size }).lo : 0,
    ]);
  if (isLine(read(100)) && isLine(read(300))) return nothing;
  const xs = lengths.map(([x]) => (x ? pixelsIn(x, computed, width) : { lo: 0, hi: 0 }));
  const ys = lengths.map(([, y]) => (y ? pixelsIn(y, computed, height) : { lo: 0, hi: 0 }));
  return {
    left: Math.min(...xs.map(({ lo }) => lo)),
    right: Math.max(...xs.map(({ hi }) => hi)),
    top: Math.min(...ys.map(({ lo }) => lo)),
    bottom: Math.max(...ys.map(({ hi }) => hi)),
  };
};

const referenceIn = (body: string): string | undefined => /^\s*#([^\s"')]+)\s*$/.exec(stringOf(body) ?? body)?.[1];

/** Points beyond this many say nothing that matters. */
const mostPoints = 500;

const shapeOf = (
  shape: Call,
  computed: Computed,
  extent: ShownSize,
  isEmpty: (id: string) => boolean,
): Rect | undefined => {
  switch (shape.name) {
    case 'inset':
    case 'rect':
    case 'xywh':
      return sidesClip(shape, computed, extent);
    case 'circle':
    case 'ellipse':
      return roundClip(shape, computed, extent);
    case 'polygon':
      return shape.args.length > mostPoints ? undefined : polygonClip(shape, computed, extent);
    case 'path':
      return /[lhvcsqta]/i.test(stringOf(shape.args.at(-1)?.[0] ?? '') ?? 'l') ? undefined : nothing;
    case 'url': {
      const id = referenceIn(shape.body);
      return id !== undefined && isEmpty(id) ? nothing : undefined;
    }
    default:
      return undefined;
  }
};

/** @param extent the border box */
export const clipByPath = (
  computed: Computed,
  extent: ShownSize,
  edges: Edges,
  isEmpty: (id: string) => boolean,
): Rect | undefined => {
  const shape = computed.style['clip-path'];
  if (shape === undefined || shape === 'none') return undefined;
  const clip = shapeOf(shape, computed, extent, isEmpty);
  return clip && isOne(clip) ? from(clip, edges) : undefined;
};
