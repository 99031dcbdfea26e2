// The box that an element generates in that of its parent (CSS 2.2 §9 and §10, Flexbox, Grid; in short): its frame, its flow, and
// how far it moves on what follows it once it is closed. What is not certain is left open.
import type { Computed } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import type { Projection } from '../css/transform.ts';
import {
  type Box,
  type BoxType,
  boxTypeOf,
  type ContainingBlock,
  containsFixed,
  type ElementFacts,
  type FormattingContext,
  formattingContextOf,
  noItems,
} from './box.ts';
import { borderBoxOf, clipByPath, visiblePartOf } from './clip.ts';
import { Flow } from './flow.ts';
import { atLeast, type Frame, frameIn, type Interval, minus, type Rect, sum, zero } from './geometry.ts';
import { availableLineWidthOf, type Placing, type Position, positionOf, transformOf } from './position.ts';
import {
  type ContentSize,
  contentSizeOf,
  type Edges,
  edgesOf,
  horizontalEdges,
  isAuto,
  overflowOf,
  pixelsIn,
  rowTracksOf,
  verticalEdges,
} from './sizes.ts';

/** @returns the box of an element that begins in `parent`; it has to be closed before what follows it begins. */
export const openBox = (parent: Box, computed: Computed, facts: ElementFacts): Box => {
  if (computed.style.display === 'contents') return { ...parent, computed, close: () => atLeast(0) };
  const type = boxTypeOf(computed, parent, facts);
  if (type === 'inline') return openInlineBox(parent, computed, facts);
  if (type === 'table row') return openTableRow(parent, computed);
  return openOtherBox(parent, computed, facts, type);
};

/** What is settled about a box before its content begins. */
interface Opening extends Placing {
  readonly context: FormattingContext;
  readonly position: Position;
  readonly transform: ReturnType<typeof transformOf>;
  readonly clip: Rect | undefined;
  /** A block in the block formatting context of its parent: its lines are in the flow of that. */
  readonly sharesFlow: boolean;
}

const openOtherBox = (parent: Box, computed: Computed, facts: ElementFacts, type: BoxType): Box => {
  const { style } = computed;
  const context = formattingContextOf(style.display, type === 'item');
  const containingBlock = style.position === 'fixed' ? parent.fixedContainingBlock : parent.containingBlock;
  const container = type === 'absolute' ? containingBlock : { width: parent.width, height: parent.height };
  const edges = edgesOf(computed, container.width);
  const size = contentSizeOf({ type, context, computed, parent, container, edges, facts });
  if (type === 'block') {
    parent.flow.endLine();
    if (style.clear !== 'none') parent.flow.clearFloats();
    parent.flow.margin(edges.margin.top);
  }
  const placing: Placing = { type, computed, parent, containingBlock, size, edges };
  const position = positionOf(placing);
  const transform = transformOf(computed, borderBoxOf(size, edges), edges);
  const clip = visiblePartOf(computed, type, size, edges, facts);
  const sharesFlow =
    type === 'block' &&
    context === 'block' &&
    clip === undefined &&
    transform === undefined &&
    style.display !== 'flow-root' &&
    style.position === 'static' &&
    !facts.isReplaced;
  return boxOf({ ...placing, context, position, transform, clip, sharesFlow }, facts);
};

const boxOf = (opening: Opening, facts: ElementFacts): Box => {
  const { computed, parent, size, edges, context, position, sharesFlow } = opening;
  const { style } = computed;
  const { border, padding } = edges;
  const frame = frameOf(opening);
  const flow = flowOf(opening);
  const left = sharesFlow ? sum(position.x, border.left, padding.left) : padding.left;
  const top = flow.y();
  const isContainingBlock = containsFixed(style);
  const paddingBox =
    isContainingBlock || style.position !== 'static' ? paddingBoxOf(frame, left, top, size, edges) : undefined;
  const items = noItems(context === 'grid' ? rowTracksOf(computed) : []);
  const projection = opening.transform?.transform.projection;
  const box: Box = {
    context,
    computed,
    frame,
    flow,
    left,
    width: size.width,
    availableLineWidth: availableLineWidthOf(opening, position.x),
    height: size.height,
    containingBlock: paddingBox ?? parent.containingBlock,
    fixedContainingBlock: (isContainingBlock ? paddingBox : undefined) ?? parent.fixedContainingBlock,
    isHidden:
      parent.isHidden ||
      isFlattened(projection) ||
      isBackface(projection, computed, parent) ||
      style['content-visibility'] === 'hidden',
    scale: parent.scale * Math.sqrt(areaOf(projection)),
    facing: projection?.facing ?? 1,
    textPosition: undefined,
    isAnchored: false,
    isTextOnly: facts.children === 0,
    maxLines: maxLinesOf(style),
    items,
    close: () => closeBox(box, opening, top, facts.rowSpan),
  };
  flow.beginBlock(pixelsIn(style['text-indent'], computed, size.width));
  return box;
};

const frameOf = ({
  type,
  computed,
  parent,
  containingBlock,
  edges,
  position,
  transform,
  clip,
  sharesFlow,
}: Opening) => {
  const base = type === 'absolute' ? containingBlock.frame : parent.frame;
  const shift = relativeShiftOf(computed, parent);
  const around = shift ? frameIn(base, { ...shift, isPositioned: true }) : base;
  if (sharesFlow) return around;
  return frameIn(around, {
    x: sum(position.x, edges.border.left, transform?.shift.x ?? zero),
    y: sum(position.y, edges.border.top, transform?.shift.y ?? zero),
    transform: transform?.transform,
    clip,
    isFixed: computed.style.position === 'fixed' ? containingBlock.frame.isFixed : around.isFixed,
    isPositioned: around.isPositioned || type === 'absolute' || transform !== undefined,
  });
};

const flowOf = ({ type, computed, parent, edges, context, clip, sharesFlow }: Opening): Flow => {
  const { border, padding, margin } = edges;
  if (sharesFlow) {
    parent.flow.advance(sum(border.top, padding.top));
    return parent.flow;
  }
  // CSS 2.2 §8.3.1: no margin collapses with that of a box that establishes a formatting context.
  const isIndependent =
    type !== 'block' || clip !== undefined || computed.style.display === 'flow-root' || context !== 'block';
  return new Flow(padding.top, isIndependent ? 0 : margin.top.hi);
};

const paddingBoxOf = (
  frame: Frame,
  left: Interval,
  top: Interval,
  { width, height, minHeight, maxHeight }: ContentSize,
  { padding }: Edges,
): ContainingBlock => ({
  frame,
  left: minus(left, padding.left),
  top: minus(top, padding.top),
  width: sum(width, padding.left, padding.right),
  height: sum(height ?? { lo: minHeight.lo, hi: maxHeight }, padding.top, padding.bottom),
});

/** `position: relative` and its offsets; undefined where they move nothing. */
const relativeShiftOf = (computed: Computed, parent: Box): Position | undefined => {
  const { style } = computed;
  if (style.position !== 'relative') return undefined;
  const along = (start: Properties['left'], end: Properties['right'], base: Interval | undefined): Interval => {
    if (!isAuto(start)) return pixelsIn(start, computed, base ?? zero);
    return isAuto(end) ? zero : minus(zero, pixelsIn(end, computed, base ?? zero));
  };
  const x = along(style.left, style.right, parent.width);
  const y = along(style.top, style.bottom, parent.height);
  return x.lo === 0 && x.hi === 0 && y.lo === 0 && y.hi === 0 ? undefined : { x, y };
};

/** Skewed until nothing is left of it. */
const isFlattened = (projection: Projection | undefined): boolean =>
  projection !== undefined && Math.max(Math.abs(projection.b), Math.abs(projection.c)) > 1e5;

const isBackface = (projection: Projection | undefined, computed: Computed, parent: Box): boolean => {
  const around = parent.computed.style['transform-style'] === 'preserve-3d' ? parent.facing : 1;
  return computed.style['backface-visibility'] === 'hidden' && (projection?.facing ?? 1) * around < 0;
};

const areaOf = (projection: Projection | undefined): number =>
  projection ? Math.abs(projection.a * projection.d - projection.b * projection.c) : 1;

const maxLinesOf = (style: Properties): number => {
  const clamp = style['-webkit-line-clamp'];
  const isClamped =
    clamp !== 'none' &&
    style.display === '-webkit-box' &&
    /^(?:vertical|block-axis)$/.test(style['-webkit-box-orient']) &&
    overflowOf(style).y === 'clipped';
  return isClamped ? clamp : Number.POSITIVE_INFINITY;
};

/** An element in the lines of its parent. */
const openInlineBox = (parent: Box, computed: Computed, facts: ElementFacts): Box => {
  const edges = edgesOf(computed, parent.width);
  const shift = relativeShiftOf(computed, parent);
  const clip = clipByPath(computed, { width: atLeast(0), height: atLeast(0) }, edges, facts.isEmptyReference);
  const hasFrame = shift !== undefined || clip !== undefined;
  const frame = hasFrame
    ? frameIn(parent.frame, { ...shift, clip, isPositioned: parent.frame.isPositioned || shift !== undefined })
    : parent.frame;
  parent.flow.skip(sum(edges.margin.left, edges.border.left, edges.padding.left));
  const own: ContainingBlock | undefined =
    computed.style.position === 'static'
      ? undefined
      : {
          frame,
          left: sum(parent.left, atLeast(0)),
          top: sum(parent.flow.y(), atLeast(0)),
          width: atLeast(0),
          height: atLeast(0),
        };
  return {
    ...parent,
    context: 'inline',
    isTextOnly: false,
    computed,
    frame,
    containingBlock: own ?? parent.containingBlock,
    close: () => {
      parent.flow.skip(sum(edges.margin.right, edges.border.right, edges.padding.right));
      return atLeast(0);
    },
  };
};

/** A row of a table, or a group of rows. */
const openTableRow = (parent: Box, computed: Computed): Box => {
  const isRow = formattingContextOf(computed.style.display, false) === 'row';
  const shift = relativeShiftOf(computed, parent);
  const items = noItems();
  const { height, display } = computed.style;
  const leastHeight = isAuto(height) ? 0 : Math.max(pixelsIn(height, computed, zero).lo, 0);
  return {
    ...parent,
    context: isRow ? 'row' : 'row group',
    computed,
    frame: shift ? frameIn(parent.frame, { ...shift, isPositioned: true }) : parent.frame,
    items,
    isHidden: parent.isHidden || /^table-column/.test(display),
    close: () => {
      if (isRow) parent.flow.advance(atLeast(Math.max(items.cross.lo, leastHeight)));
      return atLeast(0);
    },
  };
};

/** Ends a box; what follows it in its parent comes after it. @returns the height of its padding box */
const closeBox = (box: Box, opening: Opening, top: Interval, rowSpan: number): Interval => {
  const { padding } = opening.edges;
  box.flow.endLine();
  const height = contentHeight(box, opening, top);
  if (opening.type === 'table cell') {
    if (rowSpan <= 1) growRow(opening.parent, sum(height, verticalEdges(opening.edges)));
  } else moveOnParent(box, opening, height, top);
  return sum(height, padding.top, padding.bottom);
};

const contentHeight = ({ context, flow, computed, items }: Box, { size }: Opening, top: Interval): Interval => {
  const isColumn = computed.style['flex-direction'].startsWith('column');
  const read = minus(flow.y(), top);
  const inFlow: Interval = { lo: Math.max(read.lo, 0), hi: read.hi };
  const content = context === 'flex' ? (isColumn ? items.main : items.cross) : context === 'grid' ? atLeast(0) : inFlow;
  const height = size.height ?? {
    lo: Math.min(content.lo, size.maxHeight),
    hi: Math.min(content.hi, size.maxHeight),
  };
  return { lo: Math.max(height.lo, size.minHeight.lo), hi: Math.max(height.hi, size.minHeight.hi) };
};

const growRow = ({ items }: Box, height: Interval): void => {
  items.cross = atLeast(Math.max(items.cross.lo, height.lo));
};

const moveOnParent = (box: Box, opening: Opening, height: Interval, top: Interval): void => {
  const { type, parent, size, edges } = opening;
  const { margin } = edges;
  const borderBoxHeight = sum(height, verticalEdges(edges));
  const outerWidth = sum(size.width, horizontalEdges(edges), margin.left, margin.right);
  const outerHeight = sum(borderBoxHeight, margin.top, margin.bottom);
  switch (type) {
    case 'block':
      endBlock(opening, height, borderBoxHeight, top);
      return;
    case 'atomic inline': {
      const style = { height: zero, wraps: !/^(?:nowrap|pre)$/.test(parent.computed.style['white-space']) };
      parent.flow.place(outerWidth, parent.availableLineWidth, style);
      parent.flow.growLine({ lo: Math.max(outerHeight.lo, 0), hi: outerHeight.hi + parent.computed.fontSize });
      return;
    }
    case 'item':
      addItem(parent, box.computed, outerWidth, outerHeight);
      return;
    case 'float':
      parent.flow.addFloat(sum(parent.flow.y(), outerHeight), outerWidth.lo >= parent.width.hi);
      return;
    default:
  }
};

const endBlock = (opening: Opening, height: Interval, borderBoxHeight: Interval, top: Interval): void => {
  const { parent, size, edges, sharesFlow } = opening;
  if (sharesFlow) {
    const hasOwnHeight =
      size.height !== undefined || size.maxHeight !== Number.POSITIVE_INFINITY || size.minHeight.lo > 0;
    if (hasOwnHeight) parent.flow.jumpTo(sum(top, height));
    parent.flow.advance(sum(edges.padding.bottom, edges.border.bottom));
  } else parent.flow.advance(borderBoxHeight);
  parent.flow.margin(edges.margin.bottom);
  parent.flow.beginBlock(zero);
};

const addItem = ({ computed, items }: Box, item: Computed, width: Interval, height: Interval): void => {
  const isColumn = computed.style['flex-direction'].startsWith('column');
  const isInOrder = item.style.order === 0;
  const [main, cross] = isColumn ? [height, width] : [width, height];
  items.count += 1;
  items.main = sum(items.main, { lo: isInOrder ? Math.max(main.lo, 0) : 0, hi: main.hi });
  items.cross = { lo: Math.max(items.cross.lo, cross.lo), hi: Math.max(items.cross.hi, cross.hi) };
};
