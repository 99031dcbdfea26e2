// Sizes of a box before its content is known, as intervals: margins, borders, paddings (CSS 2.2 §8), the size properties (§10,
// CSS Sizing 3) and what tables, grids and flex containers make of them. What is not certain is left open.
import type { Size } from '../css/box-properties.ts';
import { type Computed, measureOf } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import { hasPercentage, type Length, lengthOf, pixelsOf } from '../css/value.ts';
import type { Box, BoxType, ElementFacts, FormattingContext } from './box.ts';
import { atLeast, clamped, type Interval, minus, notNegative, sum, zero } from './geometry.ts';

/** Pixels. @param base what 100 % is, which need not be known exactly */
export const pixelsIn = (length: Length, computed: Computed, base: Interval): Interval => {
  if (!hasPercentage(length)) {
    const pixels = pixelsOf(length, measureOf(computed, 0)) ?? 0;
    return { lo: pixels, hi: pixels };
  }
  const ends = [base.lo, base.hi].map((end) => {
    const pixels = pixelsOf(length, measureOf(computed, Number.isFinite(end) ? end : 1e9));
    return pixels === undefined || Math.abs(pixels) >= 1e6 ? undefined : pixels;
  });
  const [one, other] = ends;
  return {
    lo: Math.min(one ?? Number.NEGATIVE_INFINITY, other ?? Number.NEGATIVE_INFINITY),
    hi: Math.max(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY),
  };
};

export const isAuto = (size: Size): size is 'auto' => size === 'auto';

interface Sides {
  readonly top: Interval;
  readonly right: Interval;
  readonly bottom: Interval;
  readonly left: Interval;
}

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

const hasBorder = (style: string): boolean => style !== 'none' && style !== 'hidden';

const newEdges = (computed: Computed, containerWidth: Interval): Edges => {
  const { style } = computed;
  return {
    margin: sidesOf((side) => {
      const margin = style[`margin-${side}`];
      return isAuto(margin) ? zero : pixelsIn(margin, computed, containerWidth);
    }),
    border: sidesOf((side) =>
      hasBorder(style[`border-${side}-style`])
        ? pixelsIn(style[`border-${side}-width`], computed, containerWidth)
        : zero,
    ),
    padding: sidesOf((side) => notNegative(pixelsIn(style[`padding-${side}`], computed, containerWidth))),
  };
};

const lastEdges = new WeakMap<Computed, { readonly lo: number; readonly hi: number; readonly edges: Edges }>();

/** @param containerWidth the width of the containing block, which vertical percentages refer to as well */
export const edgesOf = (computed: Computed, containerWidth: Interval): Edges => {
  const before = lastEdges.get(computed);
  if (before?.lo === containerWidth.lo && before.hi === containerWidth.hi) return before.edges;
  const edges = newEdges(computed, containerWidth);
  lastEdges.set(computed, { ...containerWidth, edges });
  return edges;
};

/** Border and padding of both sides. */
export const horizontalEdges = ({ border, padding }: Edges): Interval =>
  sum(border.left, padding.left, border.right, padding.right);
export const verticalEdges = ({ border, padding }: Edges): Interval =>
  sum(border.top, padding.top, border.bottom, padding.bottom);

/** The size properties of one axis, for the content box. */
interface SizeProperties {
  /** Undefined where it is `auto`, or a percentage of something that is. */
  readonly preferred: Interval | undefined;
  readonly min: Interval;
  readonly max: Interval;
}

/**
 * @param base what percentages refer to; undefined where they count as `auto`
 * @param edges border and padding, which `box-sizing` may count in
 */
const sizePropertiesOf = (
  computed: Computed,
  axis: 'width' | 'height',
  base: Interval | undefined,
  edges: Interval,
): SizeProperties => {
  const { style } = computed;
  const isBorderBox = style['box-sizing'] === 'border-box';
  const content = (size: Size): Interval | undefined => {
    if (isAuto(size) || (base === undefined && hasPercentage(size))) return undefined;
    const pixels = pixelsIn(size, computed, base ?? zero);
    return notNegative(isBorderBox ? minus(pixels, edges) : pixels);
  };
  return {
    preferred: content(style[axis]),
    min: content(style[`min-${axis}`]) ?? zero,
    max: content(style[`max-${axis}`]) ?? atLeast(Number.POSITIVE_INFINITY),
  };
};

const within = (size: Interval, { min, max }: SizeProperties): Interval => clamped(size, min, max);

const hasContainment = (style: Properties, ...words: readonly string[]): boolean =>
  style.contain.some((word) => words.includes(word));

/** CSS Containment 1 §3.1: then a box is as large as if it were empty. */
const hasSizeContainment = (style: Properties): boolean =>
  hasContainment(style, 'strict', 'size') || style['container-type'].includes('size');

type Overflowing = 'visible' | 'clipped' | 'scrollable';

/** What becomes of content that overflows the box, along each axis. */
export const overflowOf = (style: Properties): { readonly x: Overflowing; readonly y: Overflowing } => {
  if (hasContainment(style, 'strict', 'content', 'paint')) return { x: 'clipped', y: 'clipped' };
  const [x, y] = [style['overflow-x'], style['overflow-y']];
  const along = (own: string, other: string): Overflowing => {
    if (own === 'hidden') return 'clipped';
    if (own === 'clip') return style['overflow-clip-margin'].length > 0 ? 'visible' : 'clipped';
    if (own === 'scroll' || own === 'auto') return 'scrollable';
    // CSS Overflow 3 §3.1: beside an axis that scrolls, the other one does too.
    return other === 'visible' || other === 'clip' ? 'visible' : 'scrollable';
  };
  return { x: along(x, y), y: along(y, x) };
};

/** Height of a line of `normal` height, whatever the font; shares of the font size. */
const normalLineHeight: Interval = { lo: 1.1, hi: 1.8 };

export const lineHeightOf = ({ style, fontSize, rootFontSize }: Computed): Interval => {
  const height = style['line-height'];
  if (height === 'normal') return { lo: normalLineHeight.lo * fontSize, hi: normalLineHeight.hi * fontSize };
  const pixels =
    'factor' in height
      ? height.factor * fontSize
      : (pixelsOf(height, { fontSize, rootFontSize, percentageBase: fontSize }) ?? fontSize);
  return { lo: pixels, hi: pixels };
};

/** Tracks of `grid-template-rows` that are lengths; of others nobody knows the height. */
export const rowTracksOf = (computed: Computed): Box['items']['tracks'] => {
  const words = computed.style['grid-template-rows'];
  if (words.some((word) => word.includes('(') || word === ',')) return [];
  return words.flatMap((word): (Interval | 'collapsible')[] => {
    if (/^0(?:\.0+)?fr$/.test(word)) return ['collapsible'];
    const length = lengthOf(word, { bare: false, percent: false });
    return length ? [pixelsIn(length, computed, zero)] : /^(?:none|\[.*\])$/.test(word) ? [] : [atLeast(0)];
  });
};

/** The height of a grid whose rows are all lengths; undefined where it may have others. */
export const gridHeight = (
  tracks: Box['items']['tracks'],
  children: number,
  style: Properties,
): Interval | undefined => {
  const isPlain = style['grid-template-columns'][0] === 'none' && children <= Math.max(tracks.length, 1);
  const lengths = tracks.filter((track): track is Interval => track !== 'collapsible');
  return isPlain && tracks.length > 0 && lengths.length === tracks.length ? sum(...lengths) : undefined;
};

export interface ContentSize {
  readonly width: Interval;
  /** Undefined where its content decides; then at most `maxHeight`. */
  readonly height: Interval | undefined;
  readonly maxHeight: number;
  readonly minHeight: Interval;
}

/** Width and height of the box whose size is asked for, and of its containing block. */
interface Sizing {
  readonly type: BoxType;
  readonly context: FormattingContext;
  readonly computed: Computed;
  readonly parent: Box;
  readonly container: { readonly width: Interval; readonly height: Interval | undefined };
  readonly edges: Edges;
  readonly facts: ElementFacts;
}

/** Tables and their parts grow with their content. */
const growsAsTable = ({ type, context }: Sizing): boolean =>
  context === 'table' || type === 'table cell' || type === 'table row';

const widthOf = (sizing: Sizing, properties: SizeProperties): Interval => {
  const { type, context, computed, container, edges, facts } = sizing;
  const margins = sum(edges.margin.left, edges.margin.right, horizontalEdges(edges));
  const fills = type === 'block' && !facts.isReplaced && context !== 'table';
  const free = fills ? notNegative(minus(container.width, margins)) : atLeast(0);
  const width = within(properties.preferred ?? free, properties);
  if (type === 'table cell' && computed.style['table-layout'] === 'auto') return atLeast(0);
  return growsAsTable(sizing) ? atLeast(width.lo) : width;
};

const heightOf = (sizing: Sizing, { preferred }: SizeProperties, width: Interval): Interval | undefined => {
  const { type, computed, parent, facts } = sizing;
  const { style } = computed;
  if (!growsAsTable(sizing)) {
    if (preferred !== undefined) return preferred;
    if (hasSizeContainment(style)) return zero;
    // Lines without a height come to nothing, however many there are.
    if (facts.children === 0 && lineHeightOf(computed).hi === 0) return zero;
  }
  const isCut = overflowOf(style).y !== 'visible';
  const ratio = style['aspect-ratio'];
  if (ratio > 0 && isCut && Number.isFinite(width.hi)) return { lo: width.lo / ratio, hi: width.hi / ratio };
  const isInEmptyTrack = parent.context === 'grid' && parent.items.tracks[parent.items.count] === 'collapsible';
  return type === 'item' && isInEmptyTrack && isCut && isAuto(style['min-height']) ? zero : undefined;
};

/** The size of a flex item along the main axis (Flexbox 1 §9.7), where its flex base size tells it. */
const mainSizeOf = (
  { computed, container }: Sizing,
  properties: SizeProperties,
  isColumn: boolean,
): Interval | undefined => {
  const { style } = computed;
  const [grow, basis] = [style['flex-grow'], style['flex-basis']];
  const isRigid = style['flex-shrink'] === 0;
  const base = isAuto(basis)
    ? properties.preferred
    : pixelsIn(basis, computed, isColumn ? (container.height ?? atLeast(0)) : container.width);
  if (isColumn && base === undefined && grow === 0) return undefined;
  const flexed: Interval = {
    lo: base !== undefined && isRigid ? base.lo : 0,
    hi: base === undefined || grow > 0 ? Number.POSITIVE_INFINITY : base.hi,
  };
  const size = within(flexed, properties);
  // The automatic minimum size: content that overflows visibly keeps an item as large as it needs.
  const overflow = overflowOf(style);
  const growsWithContent = isColumn
    ? overflow.y === 'visible' && isAuto(style['min-height'])
    : overflow.x === 'visible' && isAuto(style['min-width']);
  return growsWithContent && !isRigid ? atLeast(size.lo) : size;
};

export const contentSizeOf = (sizing: Sizing): ContentSize => {
  const { type, computed, parent, container, edges } = sizing;
  const horizontal = sizePropertiesOf(computed, 'width', container.width, horizontalEdges(edges));
  const vertical = sizePropertiesOf(computed, 'height', container.height, verticalEdges(edges));
  let width = widthOf(sizing, horizontal);
  let height = heightOf(sizing, vertical, width);
  if (type === 'item' && parent.context === 'flex') {
    const isColumn = parent.computed.style['flex-direction'].startsWith('column');
    if (isColumn) height = mainSizeOf(sizing, vertical, true);
    else width = mainSizeOf(sizing, horizontal, false) ?? width;
  }
  return {
    width,
    height: height && within(height, vertical),
    maxHeight: growsAsTable(sizing) ? Number.POSITIVE_INFINITY : Math.max(vertical.max.hi, vertical.min.hi),
    minHeight: vertical.min,
  };
};
