// How a box is turned, scaled and moved by its own style, around which point of it. Knows no place.
import { type Computed, measureOf } from '../css/computed.ts';
import { lengthOf } from '../css/length.ts';
import type { Properties } from '../css/properties.ts';
import { type Drawing, drawingOf, isTransformed } from '../css/transform.ts';
import type { Box, Holder } from './box.ts';
import {
  anywhere,
  atLeast,
  type Frame,
  type Interval,
  minus,
  notNegative,
  sum,
  type Turning,
  zero,
} from './geometry.ts';
import type { Manner, Sized } from './sized.ts';
import { across, type Edges, isAutomatic, pixelsIn, upright } from './sizes.ts';

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

// Where the border box of an element stands in the frame around it, at least and at most. Knows no content.

/** From one frame to another around it; anywhere where something between them is turned. */
const offsetTo = (from: Frame, to: Frame): { readonly x: Interval; readonly y: Interval } => {
  let [x, y] = [zero, zero];
  for (let at: Frame | undefined = from; at && at !== to; at = at.parent) {
    if (at.turning) return { x: anywhere, y: anywhere };
    // The window stands beside the page, which scrolls up and down in it.
    if (at.parent === undefined) return { x: to.parent === undefined ? x : anywhere, y: anywhere };
    [x, y] = [sum(x, at.x), sum(y, at.y)];
  }
  return { x, y };
};

/** Where an item of a flexible box or a grid stands in it. */
const itemPlace = (parent: Box, computed: Computed): { readonly x: Interval; readonly y: Interval } => {
  const { style } = parent.computed;
  const { items } = parent;
  const y = parent.flow.y();
  const alignment = computed.style['align-self'] === 'auto' ? style['align-items'] : computed.style['align-self'];
  const isAligned = /^(?:normal|stretch|flex-start|start|self-start|auto)$/.test(alignment);
  const isJustified = /^(?:normal|stretch|flex-start|start|left)$/.test(style['justify-content']);
  if (parent.role === 'grid') {
    const index = items.count;
    const isPlaced = computed.style['grid-row-start'][0] !== 'auto' || style['grid-template-columns'][0] !== 'none';
    const above = items.tracks.slice(0, index).map((track) => (track === 'collapsible' ? zero : track));
    const top =
      isPlaced || !isAligned || !isJustified ? anywhere : { lo: sum(y, ...above).lo, hi: Number.POSITIVE_INFINITY };
    return { x: isPlaced || !isJustified ? anywhere : { lo: parent.left.lo, hi: Number.POSITIVE_INFINITY }, y: top };
  }
  const isColumn = style['flex-direction'].startsWith('column');
  const isPlain =
    isJustified &&
    !style['flex-direction'].endsWith('reverse') &&
    style['flex-wrap'] === 'nowrap' &&
    computed.style.order === 0;
  const along = isPlain ? { lo: items.main.lo, hi: Number.POSITIVE_INFINITY } : anywhere;
  const beside = isAligned && style['flex-wrap'] === 'nowrap' ? zero : anywhere;
  if (style.direction === 'rtl') return { x: anywhere, y: sum(y, isColumn ? along : beside) };
  return isColumn
    ? { x: sum(parent.left, beside), y: sum(y, along) }
    : { x: sum(parent.left, along), y: sum(y, beside) };
};

/**
 * How much a line of a box holds. One that is as wide as its content takes what there is around it before a line breaks
 * (CSS 2.2 §10.3.5, §10.3.7 and §10.3.9), so that short text has one line although its box has no least width.
 * @param x where its border box stands
 */
export const lineRoomOf = (
  manner: Manner,
  computed: Computed,
  parent: Box,
  holder: Holder,
  sized: Sized,
  edges: Edges,
  x: Interval,
): Interval => {
  const { style } = computed;
  const { width } = sized;
  const isOpen = !Number.isFinite(width.hi) && style.display !== 'table' && style.display !== 'inline-table';
  if (!isOpen || manner === 'item' || manner === 'cell') return width;
  const taken = sum(across(edges), edges.margin.left, edges.margin.right).hi;
  const side = (offset: Properties['left']): number =>
    isAutomatic(offset) ? 0 : pixelsIn(offset, computed, holder.width).hi;
  const isWhereItFell = isAutomatic(style.left) && isAutomatic(style.right);
  const left = isWhereItFell ? Math.max(x.hi - holder.left.lo, 0) : side(style.left);
  const around = manner === 'placed' ? holder.width.lo - left - side(style.right) : parent.lineRoom.lo;
  const least = around - taken;
  return { lo: Math.max(width.lo, Number.isFinite(least) ? least : 0), hi: width.hi };
};

const lineHeightAround = ({ computed }: Box): Interval => ({ lo: 0, hi: computed.fontSize * 3 });

/** The place of the border box in the frame of its parent, or of its holder. */
export const placeOf = (
  manner: Manner,
  computed: Computed,
  parent: Box,
  holder: Holder,
  sized: Sized,
  edges: Edges,
) => {
  const { style } = computed;
  const { margin } = edges;
  switch (manner) {
    case 'placed': {
      const [left, right, top, bottom] = [style.left, style.right, style.top, style.bottom];
      const outerWidth = sum(sized.width, across(edges));
      const here = offsetTo(parent.frame, holder.frame);
      const isInRow = parent.role === 'flex' || parent.role === 'grid';
      const flowX = isInRow ? anywhere : sum(parent.left, parent.flow.x(), here.x);
      const flowY = isInRow
        ? anywhere
        : sum(parent.flow.y(), { lo: 0, hi: parent.flow.isAtStart() ? 0 : computed.fontSize * 3 }, here.y);
      const x = !isAutomatic(left)
        ? sum(holder.left, pixelsIn(left, computed, holder.width), margin.left)
        : isAutomatic(right)
          ? sum(style.direction === 'rtl' ? anywhere : flowX, margin.left)
          : minus(
              sum(holder.left, holder.width),
              sum(pixelsIn(right, computed, holder.width), margin.right, outerWidth),
            );
      const outerHeight = sum(sized.height ?? atLeast(0), upright(edges));
      const y = !isAutomatic(top)
        ? sum(holder.top, pixelsIn(top, computed, holder.height), margin.top)
        : isAutomatic(bottom)
          ? sum(flowY, margin.top)
          : minus(
              sum(holder.top, holder.height),
              sum(pixelsIn(bottom, computed, holder.height), margin.bottom, outerHeight),
            );
      return { x, y };
    }
    case 'item': {
      const { x, y } = itemPlace(parent, computed);
      return { x: sum(x, margin.left), y: sum(y, margin.top) };
    }
    case 'floating': {
      const isLeft = /left|start/.test(style.float);
      const isFirst = !parent.flow.hasFloats();
      const room = { lo: parent.left.lo, hi: parent.left.hi + (isFirst ? 0 : parent.width.hi) };
      return {
        x: isLeft ? sum(room, margin.left) : anywhere,
        y: sum(parent.flow.y(), { lo: 0, hi: Number.POSITIVE_INFINITY }, margin.top),
      };
    }
    case 'in line':
      return {
        x: style.direction === 'rtl' ? anywhere : sum(parent.left, parent.flow.x(), margin.left),
        y: sum(parent.flow.y(), lineHeightAround(parent), margin.top),
      };
    case 'cell':
      return {
        x: { lo: parent.left.lo, hi: Number.POSITIVE_INFINITY },
        y: { lo: parent.flow.y().lo, hi: Number.POSITIVE_INFINITY },
      };
    default: {
      const isCentred = isAutomatic(style['margin-left']);
      const slack = isCentred ? notNegative(minus(parent.width, sum(sized.width, across(edges)))) : zero;
      const x = sum(parent.left, margin.left, isCentred ? { lo: 0, hi: slack.hi } : zero);
      return { x: style.direction === 'rtl' && manner !== 'inline' ? anywhere : x, y: parent.flow.y() };
    }
  }
};
