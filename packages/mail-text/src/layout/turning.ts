// How a box is turned, scaled and moved by its own style, around which point of it. Knows no place.
import { type Computed, measureOf } from '../css/computed.ts';
import { lengthOf } from '../css/length.ts';
import { type Drawing, drawingOf, isTransformed } from '../css/transform.ts';
import { anywhere, type Interval, minus, sum, type Turning, zero } from './geometry.ts';
import type { Sized } from './sized.ts';
import { across, type Edges, pixelsIn, upright } from './sizes.ts';

/** The border box, from the corner of its padding. */
export const extentIn = (sized: Sized, edges: Edges): { width: Interval; height: Interval } => ({
  width: sum(sized.width, across(edges)),
  height: sum(sized.height ?? { lo: sized.leastHeight.lo, hi: sized.mostHeight }, upright(edges)),
});

/** How it is turned; where how far it moves hangs on a size that nobody knows, it may be anywhere. */
export const turningOf = (computed: Computed, extent: { width: Interval; height: Interval }, edges: Edges) => {
  const { style } = computed;
  const { zoom } = style;
  if (!isTransformed(style) && zoom === 1) return undefined;
  const huge = 1e7;
  const largest = { width: Math.min(extent.width.hi, huge), height: Math.min(extent.height.hi, huge) };
  const least = drawingOf(style, { width: extent.width.lo, height: extent.height.lo }, measureOf(computed));
  const most = drawingOf(style, largest, measureOf(computed));
  if (!least || !most) return undefined;
  const between = (one: number, other: number, size: Interval): Interval => {
    const end = one === other || Number.isFinite(size.hi) ? other : (other - one) * Number.POSITIVE_INFINITY;
    return { lo: Math.min(one, end), hi: Math.max(one, end) };
  };
  const [originX = '50%', originY = '50%'] = style['transform-origin'];
  const drawing: Drawing = {
    ...{ a: least.a * zoom, b: least.b * zoom, c: least.c * zoom, d: least.d * zoom },
    ...{ e: 0, f: 0, facing: least.facing },
  };
  const turning: Turning = {
    drawing,
    originX: zoom === 1 ? minus(originOf(originX, computed, extent.width), edges.border.left) : zero,
    originY: zoom === 1 ? minus(originOf(originY, computed, extent.height), edges.border.top) : zero,
  };
  const shift = { x: between(least.e, most.e, extent.width), y: between(least.f, most.f, extent.height) };
  return { turning, shift };
};

const originWords = new Map([
  ['left', '0%'],
  ['top', '0%'],
  ['center', '50%'],
  ['right', '100%'],
  ['bottom', '100%'],
]);

const originOf = (word: string, computed: Computed, size: Interval): Interval => {
  const length = lengthOf(originWords.get(word) ?? word, { bare: false, percent: true });
  return length ? pixelsIn(length, computed, size) : anywhere;
};
