// What a box comes to once its content has been read: how far what follows it is moved. Knows no element by name.
import type { Box } from './box.ts';
import { atLeast, type Interval, minus, sum, zero } from './geometry.ts';
import type { Manner } from './manner.ts';
import type { Sized } from './sized.ts';
import { across, type Edges, upright } from './sizes.ts';

export interface Opened {
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
export const closeBox = (box: Box, opened: Opened): Interval => {
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
