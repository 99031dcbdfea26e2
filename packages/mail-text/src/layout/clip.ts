// What cuts a box off (`overflow`, `clip`, `clip-path`): the rectangle outside of which certainly nothing of it is seen. A shape
// counts as the rectangle around it.
import type { Computed } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import { type Call, lengthOf, stringOf } from '../css/value.ts';
import type { BoxType, ElementFacts } from './box.ts';
import { formattingContextOf } from './box.ts';
import { everywhere, type Interval, intersection, type Rect, sum, zero } from './geometry.ts';
import {
  type ContentSize,
  type Edges,
  gridHeight,
  horizontalEdges,
  overflowOf,
  pixelsIn,
  rowTracksOf,
  verticalEdges,
} from './sizes.ts';

interface BoxSize {
  readonly width: Interval;
  readonly height: Interval;
}

export const borderBoxOf = (content: ContentSize, edges: Edges): BoxSize => ({
  width: sum(content.width, horizontalEdges(edges)),
  height: sum(content.height ?? { lo: content.minHeight.lo, hi: content.maxHeight }, verticalEdges(edges)),
});

/** What is seen of a box at all, from the corner of its padding box; undefined where nothing cuts it off. */
export const visiblePartOf = (
  computed: Computed,
  type: BoxType,
  size: ContentSize,
  edges: Edges,
  facts: ElementFacts,
): Rect | undefined => {
  const { style } = computed;
  const grid =
    formattingContextOf(style.display, type === 'item') === 'grid'
      ? gridHeight(rowTracksOf(computed), facts.children, style)
      : undefined;
  const parts = [
    facts.isPage ? undefined : clipByOverflow(style, size, edges, grid),
    type === 'absolute' ? clipByRect(computed, edges) : undefined,
    clipByPath(computed, borderBoxOf(size, edges), edges, facts.isEmptyReference),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.reduce(intersection);
};

/** Pixels. Through a scroll container that is lower or narrower nobody reads. */
const smallestScrollport = 12;

const clipByOverflow = (
  style: Properties,
  size: ContentSize,
  edges: Edges,
  heightOfGrid: Interval | undefined,
): Rect | undefined => {
  const { x, y } = overflowOf(style);
  const { padding } = edges;
  const most = Math.min((size.height ?? heightOfGrid)?.hi ?? Number.POSITIVE_INFINITY, size.maxHeight);
  const height = Math.max(most, size.minHeight.hi) + padding.top.hi + padding.bottom.hi;
  const width = size.width.hi + padding.left.hi + padding.right.hi;
  // What has no room in a column goes on in the next.
  if (style['column-count'][0] !== 'auto' || style['column-width'][0] !== 'auto') return undefined;
  const cutsX = x === 'clipped' || (x === 'scrollable' && width < smallestScrollport);
  const cutsY = y === 'clipped' || (y === 'scrollable' && height < smallestScrollport);
  if (!cutsX && !cutsY) return undefined;
  return {
    left: cutsX ? 0 : Number.NEGATIVE_INFINITY,
    right: cutsX ? width : Number.POSITIVE_INFINITY,
    top: cutsY ? 0 : Number.NEGATIVE_INFINITY,
    bottom: cutsY ? height : Number.POSITIVE_INFINITY,
  };
};

const nothing: Rect = { left: 0, right: 0, top: 0, bottom: 0 };

/** From the corner of the border box → from that of the padding box. */
const fromPadding = (rect: Rect, { border }: Edges): Rect => ({
  left: rect.left - border.left.hi,
  right: rect.right - border.left.lo,
  top: rect.top - border.top.hi,
  bottom: rect.bottom - border.top.lo,
});

/** CSS 2 `clip`; the sides are counted from the corner of the border box. */
const clipByRect = (computed: Computed, edges: Edges): Rect | undefined => {
  const { clip } = computed.style;
  if (clip.length !== 4) return undefined;
  const [top, right, bottom, left] = clip.map((side) => {
    const length = lengthOf(side, { bare: true, percent: false });
    return length && pixelsIn(length, computed, zero).lo;
  });
  return fromPadding(
    {
      left: left ?? Number.NEGATIVE_INFINITY,
      right: right ?? Number.POSITIVE_INFINITY,
      top: top ?? Number.NEGATIVE_INFINITY,
      bottom: bottom ?? Number.POSITIVE_INFINITY,
    },
    edges,
  );
};

/** Pixels. No box is so large that `inset()` cuts as much off and something is left. */
const largestCut = 3_000;

const isKnown = (rect: Rect): boolean => !Object.values(rect).some((side) => Number.isNaN(side));

/** `inset()`, `rect()` and `xywh()`, whose sides are lengths. */
const sidesClip = ({ name, args }: Call, computed: Computed, { width, height }: BoxSize): Rect => {
  const words = (args[0] ?? []).filter((_, index, all) => !all.slice(0, index + 1).includes('round'));
  const along = (word: string | undefined, base: Interval, auto: Interval): Interval => {
    const length = lengthOf(word ?? '', { bare: false, percent: true });
    return word === 'auto' || !length ? auto : pixelsIn(length, computed, base);
  };
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
  if (top.lo + bottom.lo >= largestCut || left.lo + right.lo >= largestCut) return nothing;
  return { left: left.lo, right: width.hi - right.lo, top: top.lo, bottom: height.hi - bottom.lo };
};

/** Words before `at` are the radii, those behind it the centre. */
const roundClip = ({ args }: Call, computed: Computed, { width, height }: BoxSize): Rect => {
  const words = args[0] ?? [];
  const at = words.indexOf('at');
  const radii = at < 0 ? words : words.slice(0, at);
  const [x = '50%', y = '50%'] = at < 0 ? [] : words.slice(at + 1);
  const keywords = new Map([
    ['left', '0%'],
    ['top', '0%'],
    ['center', '50%'],
    ['right', '100%'],
    ['bottom', '100%'],
  ]);
  const pixels = (word: string, base: Interval): Interval | undefined => {
    const length = lengthOf(keywords.get(word) ?? word, { bare: false, percent: true });
    return length && pixelsIn(length, computed, base);
  };
  const [radiusX, radiusY] = [pixels(radii[0] ?? '', width), pixels(radii[1] ?? radii[0] ?? '', height)];
  if (radiusX?.hi === 0 || radiusY?.hi === 0) return nothing;
  const isShare = radii.some((word) => word.endsWith('%'));
  const [centreX, centreY] = [pixels(x, width), pixels(y, height)];
  if (!radiusX || !radiusY || !centreX || !centreY || isShare) return everywhere;
  return {
    left: centreX.lo - radiusX.hi,
    right: centreX.hi + radiusX.hi,
    top: centreY.lo - radiusY.hi,
    bottom: centreY.hi + radiusY.hi,
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

const polygonClip = ({ args }: Call, computed: Computed, { width, height }: BoxSize): Rect => {
  const points = args.filter((words) => !/^(?:nonzero|evenodd)$/.test(words[0] ?? ''));
  const lengths = points.map((words) => words.map((word) => lengthOf(word, { bare: false, percent: true })));
  if (!lengths.every((pair) => pair.length === 2 && pair.every((length) => length !== undefined))) return everywhere;
  const read = (size: number): [number, number][] =>
    lengths.map(([x, y]) => [
      x ? pixelsIn(x, computed, { lo: size, hi: size }).lo : 0,
      y ? pixelsIn(y, computed, { lo: size, hi: size }).lo : 0,
    ]);
  if (isLine(read(100)) && isLine(read(300))) return nothing;
  const xs = lengths.map(([x]) => (x ? pixelsIn(x, computed, width) : zero));
  const ys = lengths.map(([, y]) => (y ? pixelsIn(y, computed, height) : zero));
  return {
    left: Math.min(...xs.map(({ lo }) => lo)),
    right: Math.max(...xs.map(({ hi }) => hi)),
    top: Math.min(...ys.map(({ lo }) => lo)),
    bottom: Math.max(...ys.map(({ hi }) => hi)),
  };
};

const referenceIn = (body: string): string | undefined => /^\s*#([^\s"')]+)\s*$/.exec(stringOf(body) ?? body)?.[1];

/** Larger polygons are not looked at. */
const mostPoints = 500;

const shapeOf = (
  shape: Call,
  computed: Computed,
  size: BoxSize,
  isEmpty: (id: string) => boolean,
): Rect | undefined => {
  switch (shape.name) {
    case 'inset':
    case 'rect':
    case 'xywh':
      return sidesClip(shape, computed, size);
    case 'circle':
    case 'ellipse':
      return roundClip(shape, computed, size);
    case 'polygon':
      return shape.args.length > mostPoints ? undefined : polygonClip(shape, computed, size);
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

/** @param size of the border box */
export const clipByPath = (
  computed: Computed,
  size: BoxSize,
  edges: Edges,
  isEmpty: (id: string) => boolean,
): Rect | undefined => {
  const shape = computed.style['clip-path'];
  if (shape === undefined || shape === 'none') return undefined;
  const clip = shapeOf(shape, computed, size, isEmpty);
  return clip && isKnown(clip) ? fromPadding(clip, edges) : undefined;
};
