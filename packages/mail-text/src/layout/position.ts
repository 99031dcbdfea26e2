// Where the border box of an element is in the frame around it (CSS 2.2 §9.3 and §10.3), at least and at most, and how its style
// transforms it. Its content is not known yet.
import { type Computed, measureOf } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import { isTransformed, projectionOf } from '../css/transform.ts';
import { lengthOf } from '../css/value.ts';
import type { Box, BoxType, ContainingBlock } from './box.ts';
import {
  anywhere,
  atLeast,
  type Frame,
  type Interval,
  minus,
  notNegative,
  sum,
  type Transform,
  zero,
} from './geometry.ts';
import { type ContentSize, type Edges, horizontalEdges, isAuto, pixelsIn, verticalEdges } from './sizes.ts';

export interface Position {
  readonly x: Interval;
  readonly y: Interval;
}

/** What decides where a box is. */
export interface Placing {
  readonly type: BoxType;
  readonly computed: Computed;
  readonly parent: Box;
  readonly containingBlock: ContainingBlock;
  readonly size: ContentSize;
  readonly edges: Edges;
}

/** The position of the border box in the frame of its parent, or of its containing block. */
export const positionOf = (placing: Placing): Position => {
  const { type, computed, parent, size, edges } = placing;
  const { style } = computed;
  const { margin } = edges;
  const isRightToLeft = style.direction === 'rtl';
  switch (type) {
    case 'absolute':
      return absolutePosition(placing);
    case 'item': {
      const { x, y } = itemPosition(parent, computed);
      return { x: sum(x, margin.left), y: sum(y, margin.top) };
    }
    case 'float':
      return floatPosition(placing);
    case 'atomic inline':
      return {
        x: isRightToLeft ? anywhere : sum(parent.left, parent.flow.x(), margin.left),
        y: sum(parent.flow.y(), { lo: 0, hi: parent.computed.fontSize * 3 }, margin.top),
      };
    case 'table cell':
      return { x: atLeast(parent.left.lo), y: atLeast(parent.flow.y().lo) };
    default: {
      const isCentred = isAuto(style['margin-left']);
      const slack = isCentred ? notNegative(minus(parent.width, sum(size.width, horizontalEdges(edges)))) : zero;
      const x = sum(parent.left, margin.left, isCentred ? { lo: 0, hi: slack.hi } : zero);
      return { x: isRightToLeft && type !== 'inline' ? anywhere : x, y: parent.flow.y() };
    }
  }
};

/** From one frame to another around it; anywhere where something between them is transformed. */
const offsetTo = (from: Frame, to: Frame): Position => {
  let [x, y] = [zero, zero];
  for (let at: Frame | undefined = from; at && at !== to; at = at.parent) {
    if (at.transform) return { x: anywhere, y: anywhere };
    // The window stands beside the page, which scrolls up and down in it.
    if (at.parent === undefined) return { x: to.parent === undefined ? x : anywhere, y: anywhere };
    [x, y] = [sum(x, at.x), sum(y, at.y)];
  }
  return { x, y };
};

/** Where it would be in normal flow: CSS 2.2 §10.3.7, "static position". */
const staticPosition = ({ computed, parent, containingBlock }: Placing): Position => {
  if (parent.context === 'flex' || parent.context === 'grid') return { x: anywhere, y: anywhere };
  const offset = offsetTo(parent.frame, containingBlock.frame);
  const isRightToLeft = computed.style.direction === 'rtl';
  return {
    x: isRightToLeft ? anywhere : sum(parent.left, parent.flow.x(), offset.x),
    y: sum(parent.flow.y(), { lo: 0, hi: parent.flow.isAtStart() ? 0 : computed.fontSize * 3 }, offset.y),
  };
};

const absolutePosition = (placing: Placing): Position => {
  const { computed, containingBlock: block, size, edges } = placing;
  const { left, right, top, bottom } = computed.style;
  const { margin } = edges;
  const fallback = staticPosition(placing);
  const width = sum(size.width, horizontalEdges(edges));
  const height = sum(size.height ?? atLeast(0), verticalEdges(edges));
  const along = (
    start: Properties['left'],
    end: Properties['left'],
    [from, extent]: readonly [Interval, Interval],
    [before, after]: readonly [Interval, Interval],
    own: Interval,
    otherwise: Interval,
  ): Interval => {
    if (!isAuto(start)) return sum(from, pixelsIn(start, computed, extent), before);
    if (isAuto(end)) return sum(otherwise, before);
    return minus(sum(from, extent), sum(pixelsIn(end, computed, extent), after, own));
  };
  return {
    x: along(left, right, [block.left, block.width], [margin.left, margin.right], width, fallback.x),
    y: along(top, bottom, [block.top, block.height], [margin.top, margin.bottom], height, fallback.y),
  };
};

const floatPosition = ({ computed, parent, edges }: Placing): Position => {
  const isLeft = /left|start/.test(computed.style.float);
  const isFirst = !parent.flow.hasFloats();
  const room = { lo: parent.left.lo, hi: parent.left.hi + (isFirst ? 0 : parent.width.hi) };
  return {
    x: isLeft ? sum(room, edges.margin.left) : anywhere,
    y: sum(parent.flow.y(), atLeast(0), edges.margin.top),
  };
};

/** The position of an item in its flex container or grid. */
const itemPosition = (parent: Box, computed: Computed): Position => {
  const { style } = parent.computed;
  const alignment = computed.style['align-self'] === 'auto' ? style['align-items'] : computed.style['align-self'];
  const isAligned = /^(?:normal|stretch|flex-start|start|self-start|auto)$/.test(alignment);
  const isJustified = /^(?:normal|stretch|flex-start|start|left)$/.test(style['justify-content']);
  return parent.context === 'grid'
    ? gridItemPosition(parent, computed, isAligned, isJustified)
    : flexItemPosition(parent, computed, isAligned, isJustified);
};

const gridItemPosition = (parent: Box, computed: Computed, isAligned: boolean, isJustified: boolean): Position => {
  const { items } = parent;
  const isPlaced =
    computed.style['grid-row-start'][0] !== 'auto' || parent.computed.style['grid-template-columns'][0] !== 'none';
  const above = items.tracks.slice(0, items.count).map((track) => (track === 'collapsible' ? zero : track));
  return {
    x: isPlaced || !isJustified ? anywhere : atLeast(parent.left.lo),
    y: isPlaced || !isAligned || !isJustified ? anywhere : atLeast(sum(parent.flow.y(), ...above).lo),
  };
};

const flexItemPosition = (parent: Box, computed: Computed, isAligned: boolean, isJustified: boolean): Position => {
  const { style } = parent.computed;
  const y = parent.flow.y();
  const isColumn = style['flex-direction'].startsWith('column');
  const isInOrder =
    isJustified &&
    !style['flex-direction'].endsWith('reverse') &&
    style['flex-wrap'] === 'nowrap' &&
    computed.style.order === 0;
  const main = isInOrder ? atLeast(parent.items.main.lo) : anywhere;
  const cross = isAligned && style['flex-wrap'] === 'nowrap' ? zero : anywhere;
  if (style.direction === 'rtl') return { x: anywhere, y: sum(y, isColumn ? main : cross) };
  return isColumn ? { x: sum(parent.left, cross), y: sum(y, main) } : { x: sum(parent.left, main), y: sum(y, cross) };
};

/**
 * How much a line of a box holds. A shrink-to-fit box takes what there is around it before a line breaks (CSS 2.2 §10.3.5,
 * §10.3.7 and §10.3.9), so that short text has one line although its box has no least width.
 * @param x where its border box is
 */
export const availableLineWidthOf = (placing: Placing, x: Interval): Interval => {
  const { type, computed, parent, containingBlock, size, edges } = placing;
  const { style } = computed;
  const { width } = size;
  const isShrinkToFit = !Number.isFinite(width.hi) && style.display !== 'table' && style.display !== 'inline-table';
  if (!isShrinkToFit || type === 'item' || type === 'table cell') return width;
  const taken = sum(horizontalEdges(edges), edges.margin.left, edges.margin.right).hi;
  const offset = (side: Properties['left']): number =>
    isAuto(side) ? 0 : pixelsIn(side, computed, containingBlock.width).hi;
  const isStatic = isAuto(style.left) && isAuto(style.right);
  const left = isStatic ? Math.max(x.hi - containingBlock.left.lo, 0) : offset(style.left);
  const available =
    type === 'absolute' ? containingBlock.width.lo - left - offset(style.right) : parent.availableLineWidth.lo;
  const least = available - taken;
  return { lo: Math.max(width.lo, Number.isFinite(least) ? least : 0), hi: width.hi };
};

/**
 * How a box is transformed, and how far that moves it; anywhere where that hangs on a size that nobody knows.
 * @param borderBox its size
 */
export const transformOf = (
  computed: Computed,
  borderBox: { readonly width: Interval; readonly height: Interval },
  edges: Edges,
): { readonly transform: Transform; readonly shift: Position } | undefined => {
  const { style } = computed;
  const { zoom } = style;
  const { width, height } = borderBox;
  if (!isTransformed(style) && zoom === 1) return undefined;
  const largest = { width: Math.min(width.hi, largestSize), height: Math.min(height.hi, largestSize) };
  const least = projectionOf(style, { width: width.lo, height: height.lo }, measureOf(computed));
  const most = projectionOf(style, largest, measureOf(computed));
  if (!least || !most) return undefined;
  const [originX = '50%', originY = '50%'] = style['transform-origin'];
  const { a, b, c, d, facing } = least;
  const transform: Transform = {
    projection: { a: a * zoom, b: b * zoom, c: c * zoom, d: d * zoom, e: 0, f: 0, facing },
    originX: zoom === 1 ? minus(originOf(originX, computed, width), edges.border.left) : zero,
    originY: zoom === 1 ? minus(originOf(originY, computed, height), edges.border.top) : zero,
  };
  return { transform, shift: { x: between(least.e, most.e, width), y: between(least.f, most.f, height) } };
};

/** Stands for a size without bounds, so that products with it stay numbers. */
const largestSize = 1e7;

const between = (one: number, other: number, size: Interval): Interval => {
  const end = one === other || Number.isFinite(size.hi) ? other : (other - one) * Number.POSITIVE_INFINITY;
  return { lo: Math.min(one, end), hi: Math.max(one, end) };
};

const originKeywords = new Map([
  ['left', '0%'],
  ['top', '0%'],
  ['center', '50%'],
  ['right', '100%'],
  ['bottom', '100%'],
]);

const originOf = (word: string, computed: Computed, size: Interval): Interval => {
  const length = lengthOf(originKeywords.get(word) ?? word, { bare: false, percent: true });
  return length ? pixelsIn(length, computed, size) : anywhere;
};
