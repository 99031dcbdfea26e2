// What a box comes to once its content has been read: how far what follows it is moved. Knows no element by name.
import type { Computed } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import type { Drawing } from '../css/transform.ts';
import { type Box, createFlow, type Holder, noItems } from './box.ts';
import { atLeast, common, type Frame, frameIn, type Interval, minus, type Rect, sum, zero } from './geometry.ts';
import { extentIn, lineRoomOf, placeOf, turningOf } from './place.ts';
import {
  clipOf,
  type ElementFacts,
  gridHeight,
  holds,
  type Manner,
  mannerOf,
  roleOf,
  type Sized,
  sizedAs,
  tracksOf,
} from './sized.ts';
import { across, clipByPath, clipByRect, cutOf, type Edges, edgesOf, isAutomatic, pixelsIn, upright } from './sizes.ts';

interface Opened {
  readonly parent: Box;
  readonly manner: Manner;
  readonly sized: Sized;
  readonly edges: Edges;
  readonly items: Box['items'];
  /** Where its content began. */
  readonly top: Interval;
  readonly place: { readonly x: Interval; readonly y: Interval };
  readonly isShared: boolean;
  readonly rowSpan: number;
}

const contentHeight = (box: Box, { sized, items, top }: Opened): Interval => {
  const { style } = box.computed;
  const isColumn = style['flex-direction'].startsWith('column');
  const read = minus(box.flow.y(), top);
  const own: Interval = { lo: Math.max(read.lo, 0), hi: read.hi };
  const content = box.role === 'flex' ? (isColumn ? items.main : items.cross) : box.role === 'grid' ? atLeast(0) : own;
  const height = sized.height ?? {
    lo: Math.min(content.lo, sized.mostHeight),
    hi: Math.min(content.hi, sized.mostHeight),
  };
  return { lo: Math.max(height.lo, sized.leastHeight.lo), hi: Math.max(height.hi, sized.leastHeight.hi) };
};

/** Ends a box; what follows it in its parent comes after it. */
const closeBox = (box: Box, opened: Opened): Interval => {
  box.flow.endLine();
  const height = contentHeight(box, opened);
  endBox(box, opened, height);
  return sum(height, opened.edges.padding.top, opened.edges.padding.bottom);
};

const endBox = (box: Box, opened: Opened, height: Interval): void => {
  const { parent, manner, sized, edges, top, isShared } = opened;
  const outer = sum(height, upright(edges));
  const outerWidth = sum(sized.width, across(edges), edges.margin.left, edges.margin.right);
  const withMargins = sum(outer, edges.margin.top, edges.margin.bottom);
  switch (manner) {
    case 'in flow':
      if (isShared) {
        if (sized.height !== undefined || sized.mostHeight !== Number.POSITIVE_INFINITY || sized.leastHeight.lo > 0) {
          parent.flow.moveTo(sum(top, height));
        }
        parent.flow.pass(sum(edges.padding.bottom, edges.border.bottom));
      } else parent.flow.pass(outer);
      parent.flow.margin(edges.margin.bottom);
      parent.flow.beginBlock(zero);
      return;
    case 'in line': {
      const style = { height: zero, wraps: !/^(?:nowrap|pre)$/.test(parent.computed.style['white-space']) };
      parent.flow.place(outerWidth, parent.lineRoom, style);
      parent.flow.raise({ lo: Math.max(withMargins.lo, 0), hi: withMargins.hi + parent.computed.fontSize });
      return;
    }
    case 'item': {
      const isColumn = parent.computed.style['flex-direction'].startsWith('column');
      const isOrdered = box.computed.style.order === 0;
      const [main, cross] = isColumn ? [withMargins, outerWidth] : [outerWidth, withMargins];
      parent.items.count += 1;
      parent.items.main = sum(parent.items.main, { lo: isOrdered ? Math.max(main.lo, 0) : 0, hi: main.hi });
      parent.items.cross = {
        lo: Math.max(parent.items.cross.lo, cross.lo),
        hi: Math.max(parent.items.cross.hi, cross.hi),
      };
      return;
    }
    case 'cell':
      if (opened.rowSpan <= 1)
        parent.items.cross = { lo: Math.max(parent.items.cross.lo, outer.lo), hi: Number.POSITIVE_INFINITY };
      return;
    case 'floating':
      parent.flow.float(sum(parent.flow.y(), withMargins), outerWidth.lo >= parent.width.hi);
      return;
    default:
  }
};

// The box that an element makes in another (CSS 2.2 §9 and §10, Flexbox, Grid; in short): its frame, its flow, and what is
// to be done when it ends. What is not certain is left open. Knows no element by name.

const shiftOf = (computed: Computed, parent: Box): { x: Interval; y: Interval } | undefined => {
  const { style } = computed;
  if (style.position !== 'relative') return undefined;
  const along = (start: Properties['left'], end: Properties['right'], whole: Interval | undefined): Interval => {
    if (!isAutomatic(start)) return pixelsIn(start, computed, whole ?? zero);
    return isAutomatic(end) ? zero : minus(zero, pixelsIn(end, computed, whole ?? zero));
  };
  const x = along(style.left, style.right, parent.width);
  const y = along(style.top, style.bottom, parent.height);
  return x.lo === 0 && x.hi === 0 && y.lo === 0 && y.hi === 0 ? undefined : { x, y };
};

/** What is seen of a box at all, from the corner of its padding. */
const visiblePart = (
  computed: Computed,
  manner: Manner,
  sized: Sized,
  edges: Edges,
  facts: ElementFacts,
): Rect | undefined => {
  const { style } = computed;
  const grid =
    roleOf(style.display, manner === 'item') === 'grid'
      ? gridHeight(tracksOf(computed), facts.children, style)
      : undefined;
  const extent = extentIn(sized, edges);
  const parts = [
    facts.isPage ? undefined : clipOf(style, sized, edges, grid),
    manner === 'placed' ? clipByRect(computed, edges) : undefined,
    clipByPath(computed, extent, edges, facts.isEmptyReference),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.reduce(common);
};

/** Skewed until nothing is left of it. */
const isFlattened = (drawing: Drawing | undefined): boolean =>
  drawing !== undefined && Math.max(Math.abs(drawing.b), Math.abs(drawing.c)) > 1e5;

const isTurnedAway = (drawing: Drawing | undefined, computed: Computed, parent: Box): boolean => {
  const facing =
    (drawing?.facing ?? 1) * (parent.computed.style['transform-style'] === 'preserve-3d' ? parent.facing : 1);
  return computed.style['backface-visibility'] === 'hidden' && facing < 0;
};

/** An element without a box of its own in the lines around it. */
const openInline = (parent: Box, computed: Computed, facts: ElementFacts): Box => {
  const edges = edgesOf(computed, parent.width);
  const shift = shiftOf(computed, parent);
  const clip = clipByPath(computed, { width: atLeast(0), height: atLeast(0) }, edges, facts.isEmptyReference);
  const isShifted = shift !== undefined || clip !== undefined;
  const frame = isShifted
    ? frameIn(parent.frame, { ...shift, clip, isPlaced: parent.frame.isPlaced || shift !== undefined })
    : parent.frame;
  parent.flow.skip(sum(edges.margin.left, edges.border.left, edges.padding.left));
  const holder: Holder | undefined =
    computed.style.position === 'static'
      ? undefined
      : {
          frame,
          left: sum(parent.left, { lo: 0, hi: Number.POSITIVE_INFINITY }),
          top: sum(parent.flow.y(), atLeast(0)),
          width: atLeast(0),
          height: atLeast(0),
        };
  return {
    ...parent,
    role: 'inline',
    isTextOnly: false,
    computed,
    frame,
    holder: holder ?? parent.holder,
    close: () => {
      parent.flow.skip(sum(edges.margin.right, edges.border.right, edges.padding.right));
      return atLeast(0);
    },
  };
};

/** A row of a table, or a group of them. */
const openRow = (parent: Box, computed: Computed): Box => {
  const role = roleOf(computed.style.display, false);
  const shift = shiftOf(computed, parent);
  const frame = shift ? frameIn(parent.frame, { ...shift, isPlaced: true }) : parent.frame;
  const isColumn = /^table-column/.test(computed.style.display);
  const items = noItems();
  const height = edgesOf(computed, zero) && pixelsInOr(computed);
  return {
    ...parent,
    role: role === 'row' ? 'row' : 'rows',
    computed,
    frame,
    items,
    isGone: parent.isGone || isColumn,
    close: () => {
      if (role === 'row') parent.flow.pass({ lo: Math.max(items.cross.lo, height), hi: Number.POSITIVE_INFINITY });
      return atLeast(0);
    },
  };
};

const pixelsInOr = (computed: Computed): number => {
  const { height } = computed.style;
  return isAutomatic(height) ? 0 : Math.max(pixelsIn(height, computed, zero).lo, 0);
};

/** @returns the box of an element that begins in `parent`; it has to be closed before what follows it begins. */
export const openBox = (parent: Box, computed: Computed, facts: ElementFacts): Box => {
  const { style } = computed;
  if (style.display === 'contents') return { ...parent, computed, close: () => atLeast(0) };
  const manner = mannerOf(computed, parent, facts);
  if (manner === 'inline') return openInline(parent, computed, facts);
  if (manner === 'row') return openRow(parent, computed);
  const role = roleOf(style.display, manner === 'item');
  const outside = style.position === 'fixed' ? parent.fixedHolder : parent.holder;
  const room = manner === 'placed' ? outside : { width: parent.width, height: parent.height };
  const edges = edgesOf(computed, room.width);
  const sized = sizedAs(manner, role, computed, parent, room, edges, facts);
  if (manner === 'in flow') {
    parent.flow.endLine();
    if (style.clear !== 'none') parent.flow.clear();
    parent.flow.margin(edges.margin.top);
  }
  const place = placeOf(manner, computed, parent, outside, sized, edges);
  const base = manner === 'placed' ? outside.frame : parent.frame;
  const shift = shiftOf(computed, parent);
  const around = shift ? frameIn(base, { ...shift, isPlaced: true }) : base;
  const turned = turningOf(computed, extentIn(sized, edges), edges);
  const clip = visiblePart(computed, manner, sized, edges, facts);
  const isShared =
    manner === 'in flow' &&
    role === 'block' &&
    clip === undefined &&
    turned === undefined &&
    style.display !== 'flow-root' &&
    style.position === 'static' &&
    !facts.isReplaced;
  const isApart = manner !== 'in flow' || clip !== undefined || style.display === 'flow-root' || role !== 'block';
  const { border, padding } = edges;
  const frame: Frame = isShared
    ? around
    : frameIn(around, {
        x: sum(place.x, border.left, turned?.shift.x ?? zero),
        y: sum(place.y, border.top, turned?.shift.y ?? zero),
        turning: turned?.turning,
        clip,
        isFixed: style.position === 'fixed' ? outside.frame.isFixed : around.isFixed,
        isPlaced: around.isPlaced || manner === 'placed' || turned !== undefined,
      });
  const flow = isShared ? parent.flow : createFlow(padding.top, isApart ? 0 : edges.margin.top.hi);
  if (isShared) flow.pass(sum(border.top, padding.top));
  const left = isShared ? sum(place.x, border.left, padding.left) : padding.left;
  const top = flow.y();
  const isHolder = holds(style);
  const paddingBox: Holder | undefined =
    isHolder || style.position !== 'static'
      ? {
          frame,
          left: minus(left, padding.left),
          top: minus(top, padding.top),
          width: sum(sized.width, padding.left, padding.right),
          height: sum(sized.height ?? { lo: sized.leastHeight.lo, hi: sized.mostHeight }, padding.top, padding.bottom),
        }
      : undefined;
  const items = noItems(role === 'grid' ? tracksOf(computed) : []);
  const clamp = style['-webkit-line-clamp'];
  const isClamped =
    clamp !== 'none' &&
    style.display === '-webkit-box' &&
    /^(?:vertical|block-axis)$/.test(style['-webkit-box-orient']) &&
    cutOf(style).y === 'cut';
  const box: Box = {
    role,
    computed,
    frame,
    flow,
    left,
    width: sized.width,
    lineRoom: lineRoomOf(manner, computed, parent, outside, sized, edges, place.x),
    height: sized.height,
    holder: paddingBox ?? parent.holder,
    fixedHolder: (isHolder ? paddingBox : undefined) ?? parent.fixedHolder,
    isGone:
      parent.isGone ||
      isFlattened(turned?.turning.drawing) ||
      isTurnedAway(turned?.turning.drawing, computed, parent) ||
      style['content-visibility'] === 'hidden',
    scale: parent.scale * Math.sqrt(areaOf(turned?.turning.drawing)),
    facing: turned?.turning.drawing.facing ?? 1,
    pen: undefined,
    isAnchored: false,
    isTextOnly: facts.children === 0,
    mostLines: isClamped ? clamp : Number.POSITIVE_INFINITY,
    items,
    close: () => closeBox(box, { parent, manner, sized, edges, items, top, place, isShared, rowSpan: facts.rowSpan }),
  };
  flow.beginBlock(pixelsIn(style['text-indent'], computed, sized.width));
  return box;
};

const areaOf = (drawing: Drawing | undefined): number =>
  drawing ? Math.abs(drawing.a * drawing.d - drawing.b * drawing.c) : 1;
