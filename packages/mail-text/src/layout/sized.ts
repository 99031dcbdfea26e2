// How an element takes part in the layout around it, by its display and position (CSS Display 3 §2.7). Knows no place and no
// size.
import type { Computed } from '../css/computed.ts';
import { lengthOf } from '../css/length.ts';
import type { Properties } from '../css/properties.ts';
import { isTransformed } from '../css/transform.ts';
import type { Box, Role } from './box.ts';
import { atLeast, type Interval, minus, notNegative, type Rect, sum, zero } from './geometry.ts';
import {
  across,
  cutOf,
  type Edges,
  extentOf,
  isAutomatic,
  isSizedAlone,
  lineHeightOf,
  pixelsIn,
  upright,
  within,
} from './sizes.ts';

/** What is known of an element besides its style. */
export interface ElementFacts {
  /** Pictures and fields, which have a size of their own. */
  readonly isReplaced: boolean;
  /** How many elements are in it. */
  readonly children: number;
  /** What cannot be shown of it can be scrolled to with the whole page. */
  readonly isPage: boolean;
  /** Rows that a cell reaches over. */
  readonly rowSpan: number;
  /** Whether something of the document has this id and is empty. */
  readonly isEmptyReference: (id: string) => boolean;
}

export type Manner = 'in flow' | 'in line' | 'inline' | 'item' | 'floating' | 'placed' | 'row' | 'cell';

const isOutOfFlow = ({ position }: Properties): boolean => position === 'absolute' || position === 'fixed';

const blockDisplay = (display: string): string =>
  display
    .replace(/^-webkit-inline-box$/, '-webkit-box')
    .replace(/^inline-(?=flex|grid|table)/, '')
    .replace(/^(?:inline|inline-block|ruby|ruby-text|contents)$/, 'block');

export const mannerOf = ({ style }: Computed, parent: Box, facts: ElementFacts): Manner => {
  const { display } = style;
  if (isOutOfFlow(style)) return 'placed';
  if (parent.role === 'flex' || parent.role === 'grid') return 'item';
  if (style.float !== 'none') return 'floating';
  if (display === 'table-cell' || display === 'table-caption') return display === 'table-cell' ? 'cell' : 'in flow';
  if (/^table-/.test(display)) return 'row';
  if (/^inline-|^-webkit-inline-box$/.test(display)) return 'in line';
  if (/^(?:inline|ruby|ruby-text|math)$/.test(display)) return facts.isReplaced ? 'in line' : 'inline';
  return 'in flow';
};

export const roleOf = (display: string, isItem: boolean): Role => {
  const shown = isItem ? blockDisplay(display) : display;
  if (/flex$/.test(shown)) return 'flex';
  if (/grid$/.test(shown)) return 'grid';
  if (shown === 'table' || shown === 'inline-table') return 'table';
  if (shown === 'table-row') return 'row';
  if (/^table-(?:row|header|footer)-group$/.test(shown)) return 'rows';
  return 'block';
};

/** Whether what is placed in it is placed in it, wherever else it would be. */
export const holds = (style: Properties): boolean =>
  isTransformed(style) ||
  style.filter.length > 0 ||
  style['backdrop-filter'][0] !== 'none' ||
  style.perspective[0] !== 'none' ||
  style.contain.some((word) => /^(?:strict|content|paint|layout)$/.test(word)) ||
  style['will-change'].some((word) => /^(?:transform|filter|perspective|translate|rotate|scale)$/.test(word));

// How large a box of each kind is, at least and at most, before its content is known. Knows no place.

/** Tracks of `grid-template-rows` that are lengths; of others nobody knows the height. */
export const tracksOf = (computed: Computed): Box['items']['tracks'] => {
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

export interface Sized {
  /** Of the content. */
  readonly width: Interval;
  readonly height: Interval | undefined;
  /** No content makes it higher than this. */
  readonly mostHeight: number;
  readonly leastHeight: Interval;
}

export const sizedAs = (
  manner: Manner,
  role: Role,
  computed: Computed,
  parent: Box,
  room: { readonly width: Interval; readonly height: Interval | undefined },
  edges: Edges,
  facts: ElementFacts,
): Sized => {
  const { style } = computed;
  const wide = extentOf(computed, 'width', room.width, across(edges));
  const high = extentOf(computed, 'height', room.height, upright(edges));
  const isTable = role === 'table' || manner === 'cell' || manner === 'row';
  const margins = sum(edges.margin.left, edges.margin.right, across(edges));
  const fills = manner === 'in flow' && !facts.isReplaced && role !== 'table';
  const free = fills ? notNegative(minus(room.width, margins)) : atLeast(0);
  let width = within(wide.said ?? free, wide);
  // Tables and cells grow with their content.
  if (isTable) width = manner === 'cell' && style['table-layout'] === 'auto' ? atLeast(0) : atLeast(width.lo);
  let height = high.said;
  if (isTable) height = undefined;
  if (height === undefined && !isTable && isSizedAlone(style)) height = zero;
  // Lines without a height come to nothing, however many there are.
  if (height === undefined && !isTable && facts.children === 0 && lineHeightOf(computed).hi === 0) height = zero;
  const ratio = style['aspect-ratio'];
  const cuts = cutOf(style);
  if (height === undefined && ratio > 0 && cuts.y !== 'shown' && Number.isFinite(width.hi)) {
    height = { lo: width.lo / ratio, hi: width.hi / ratio };
  }
  const isFolded = parent.role === 'grid' && parent.items.tracks[parent.items.count] === 'collapsible';
  if (manner === 'item' && isFolded && height === undefined && cuts.y !== 'shown' && isAutomatic(style['min-height']))
    height = zero;
  if (manner === 'item' && parent.role === 'flex') {
    const isColumn = parent.computed.style['flex-direction'].startsWith('column');
    const [grow, shrink] = [style['flex-grow'], style['flex-shrink']];
    const basis = style['flex-basis'];
    const said = isAutomatic(basis)
      ? isColumn
        ? high.said
        : wide.said
      : pixelsIn(basis, computed, isColumn ? (room.height ?? atLeast(0)) : room.width);
    const isRigid = shrink === 0;
    const flexed: Interval = {
      lo: said !== undefined && isRigid ? said.lo : 0,
      hi: said === undefined || grow > 0 ? Number.POSITIVE_INFINITY : said.hi,
    };
    if (isColumn) height = said === undefined && grow === 0 ? undefined : within(flexed, high);
    else width = within(flexed, wide);
    // Content that is not cut off keeps an item as large as it needs.
    const grows = isColumn ? cuts.y === 'shown' : cuts.x === 'shown';
    const isFree = isColumn ? isAutomatic(style['min-height']) : isAutomatic(style['min-width']);
    if (grows && isFree && !isRigid) {
      if (isColumn) height = height && atLeast(height.lo);
      else width = atLeast(width.lo);
    }
  }
  const mostHeight = isTable ? Number.POSITIVE_INFINITY : Math.max(high.most.hi, high.least.hi);
  return {
    width,
    height: height && within(height, high),
    mostHeight,
    leastHeight: high.least,
  };
};

/** Pixels. A box that scrolls is of no use where it is lower or narrower. */
const scrollable = 12;

/** Outside of what nothing of its content is seen, from the corner of its padding; undefined where all is. */
export const clipOf = (
  style: Properties,
  sized: Sized,
  edges: Edges,
  gridHigh: Interval | undefined,
): Rect | undefined => {
  const { x, y } = cutOf(style);
  const { padding } = edges;
  const high = Math.min((sized.height ?? gridHigh)?.hi ?? Number.POSITIVE_INFINITY, sized.mostHeight);
  const height = Math.max(high, sized.leastHeight.hi) + padding.top.hi + padding.bottom.hi;
  const width = sized.width.hi + padding.left.hi + padding.right.hi;
  // What has no room in a column goes on in the next.
  if (style['column-count'][0] !== 'auto' || style['column-width'][0] !== 'auto') return undefined;
  const cutsX = x === 'cut' || (x === 'scrolled' && width < scrollable);
  const cutsY = y === 'cut' || (y === 'scrolled' && height < scrollable);
  if (!cutsX && !cutsY) return undefined;
  return {
    left: cutsX ? 0 : Number.NEGATIVE_INFINITY,
    right: cutsX ? width : Number.POSITIVE_INFINITY,
    top: cutsY ? 0 : Number.NEGATIVE_INFINITY,
    bottom: cutsY ? height : Number.POSITIVE_INFINITY,
  };
};
