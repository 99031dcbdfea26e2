// Painting order (CSS 2.2, appendix E, in short): which elements are painted as one, above or below others; which texts an opaque
// box occludes; and where the backdrop of a text is not certain because something else may be there. Only what is certain counts
// as occlusion: a box that fills the containing block of the text, or whose position and size are known beyond doubt.
import type { Computed } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import { isTransformed } from '../css/transform.ts';
import { pixelsOf } from '../css/value.ts';
import type { Rect } from '../layout/geometry.ts';
import type { TextPaint } from './text-paint.ts';

/** An element that is painted as one: a stacking context, or a positioned element, which is painted like one. */
export interface StackingContext {
  readonly parent: StackingContext | undefined;
  /** How many are around it. */
  readonly depth: number;
  /** Higher ones are painted later; of equals the later in the document. */
  readonly zIndex: number;
  readonly order: number;
  /** Nothing overflows it: it is as high as its content. */
  readonly holdsContent: boolean;
  /** It is elsewhere than normal flow would have it. */
  readonly isMoved: boolean;
}

/** The stacking context of an element in that of its parent. @param order how many elements began before */
export const stackingContextOf = (
  { style }: Computed,
  parent: StackingContext | undefined,
  order: number,
): StackingContext | undefined => {
  if (!isPaintedAsOne(style)) return parent;
  return {
    parent,
    depth: (parent?.depth ?? 0) + 1,
    zIndex: style['z-index'] === 'auto' || style.position === 'static' ? 0 : style['z-index'],
    order,
    holdsContent: style.height === 'auto' && style['max-height'] === 'auto' && style.display !== 'inline',
    isMoved: isShifted(style) || isTransformed(style),
  };
};

const isPaintedAsOne = (style: Properties): boolean =>
  style.position !== 'static' ||
  style.opacity < 1 ||
  style.filter.length > 0 ||
  style['mix-blend-mode'] !== 'normal' ||
  isTransformed(style);

const isShifted = ({ position, top, right, bottom, left }: Properties): boolean =>
  position === 'absolute' ||
  position === 'fixed' ||
  (position !== 'static' && [top, right, bottom, left].some((side) => side !== 'auto'));

/** Whether something else than what is around an element may be behind its text. */
export const mayBeAboveOthers = (computed: Computed): boolean => {
  const { style } = computed;
  return style.position !== 'static' || hasNegativeMargin(computed) || isTransformed(style) || mayOverflow(style);
};

/** Pixels. A shadow that reaches no farther is behind nothing else. */
const smallShadow = 20;

/** Whether an element may be painted behind the text of others. */
export const mayBeBehindOthers = (computed: Computed): boolean => {
  const { style } = computed;
  const isShadowLarge = style['box-shadow'].some(
    ({ isInset, spread, blur, x, y }) =>
      !isInset &&
      [spread, blur, x, y].some(
        (length) => Math.abs(pixelsOf(length, { ...computed, percentageBase: 0 }) ?? 0) > smallShadow,
      ),
  );
  return isShadowLarge || isShifted(style) || hasNegativeMargin(computed) || isTransformed(style);
};

const hasNegativeMargin = ({ style, fontSize, rootFontSize }: Computed): boolean =>
  (['margin-top', 'margin-right', 'margin-bottom', 'margin-left'] as const).some((side) => {
    const margin = style[side];
    return margin !== 'auto' && (pixelsOf(margin, { fontSize, rootFontSize, percentageBase: 1000 }) ?? 0) < 0;
  });

/** Its content may be higher than it is, and be painted on what follows. */
const mayOverflow = (style: Properties): boolean =>
  (style.height !== 'auto' || style['max-height'] !== 'auto') &&
  style['overflow-y'] === 'visible' &&
  !/^table|^inline$/.test(style.display);

/** Whether a box is exactly as large as its containing block. */
export const fillsContainingBlock = ({ style }: Computed): boolean =>
  (style.position === 'absolute' || style.position === 'fixed') &&
  isZero(style.top) &&
  isZero(style.left) &&
  (isZero(style.bottom) || isAll(style.height)) &&
  (isZero(style.right) || isAll(style.width));

const isZero = (side: Properties['top']): boolean => side !== 'auto' && 'amount' in side && side.amount === 0;
const isAll = (side: Properties['width']): boolean =>
  side !== 'auto' && 'amount' in side && side.unit === '%' && side.amount >= 100;

/** Whether nothing is seen through an element. */
export const isOpaque = ({ style }: Computed, paint: TextPaint, parent: TextPaint): boolean => {
  const hasBackground =
    paint !== parent && paint.backdrop !== parent.backdrop && paint.textBackdrop === parent.textBackdrop;
  const isSolid = paint.backdrop !== 'unknown' && paint.backdrop.every(({ alpha }) => alpha >= 1);
  const isFull =
    ('alpha' in style['background-color'] && style['background-color'].alpha >= 1) ||
    style['background-image'].some(
      (image) =>
        typeof image === 'object' &&
        'stops' in image &&
        image.stops.every((stop) => 'alpha' in stop && stop.alpha >= 1),
    );
  const isCut =
    style['clip-path'] !== 'none' || style['mask-image'].some((image) => image !== 'none') || style.clip.length > 0;
  const isPainted = style.visibility === 'visible' && paint.opacity >= 0.98 && !paint.isBlended;
  return hasBackground && isSolid && isFull && !isCut && isPainted;
};

interface Text {
  readonly ordinal: number;
  readonly context: StackingContext | undefined;
  /** As far as it reaches at most, on the page. */
  readonly rect: Rect | undefined;
}

/** An opaque box. */
interface Occluder {
  readonly context: StackingContext;
  /** The stacking context that it fills wholly, undefined for the window; absent where it fills none for certain. */
  readonly fills: { readonly context: StackingContext | undefined } | undefined;
  /** As far as it reaches at least. */
  readonly rect: Rect | undefined;
}

/** More texts and boxes than these are not compared, nor any in more stacking contexts. */
const mostTexts = 1_000;
const mostOccluders = 50;
const deepest = 30;

/** The texts and opaque boxes of a document, as they are met. */
export const createOcclusion = () => {
  const texts: Text[] = [];
  const occluders: Occluder[] = [];
  return {
    addText: (text: Text): void => {
      if (texts.length < mostTexts && isShallow(text.context)) texts.push(text);
    },
    addOccluder: (occluder: Occluder): void => {
      if (occluders.length < mostOccluders && isShallow(occluder.context)) occluders.push(occluder);
    },
    /** The ordinals of the texts that nobody sees for what is painted on them. */
    occludedTexts: (): ReadonlySet<number> => {
      const occluded = new Set<number>();
      for (const occluder of occluders) {
        const path = pathOf(occluder.context);
        for (const text of texts) if (occludes(occluder, path, text)) occluded.add(text.ordinal);
      }
      return occluded;
    },
  };
};

const isShallow = (context: StackingContext | undefined): boolean => context === undefined || context.depth <= deepest;

/** From the outermost on. */
const pathOf = (context: StackingContext | undefined): StackingContext[] => {
  const path: StackingContext[] = [];
  for (let at = context; at; at = at.parent) path.push(at);
  return path.reverse();
};

const occludes = (occluder: Occluder, path: readonly StackingContext[], { context, rect }: Text): boolean => {
  const textPath = pathOf(context);
  const isOver =
    fillsAround(occluder, textPath) ||
    (rect !== undefined && occluder.rect !== undefined && isWithin(rect, occluder.rect));
  return isOver && isPaintedAfter(path, textPath);
};

const fillsAround = ({ fills }: Occluder, textPath: readonly StackingContext[]): boolean => {
  if (!fills) return false;
  if (fills.context === undefined) return true;
  const at = textPath.indexOf(fills.context);
  return at >= 0 && fills.context.holdsContent && textPath.slice(at + 1).every(({ isMoved }) => !isMoved);
};

const isWithin = (inner: Rect, outer: Rect): boolean =>
  inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;

/** Whether one is painted on the other; neither contains the other. */
const isPaintedAfter = (path: readonly StackingContext[], textPath: readonly StackingContext[]): boolean => {
  const at = path.findIndex((context, index) => context !== textPath[index]);
  const [one, other] = [path[at], textPath[at]];
  if (at < 0 || !one) return false;
  if (!other) return one.zIndex >= 0;
  return one.zIndex > other.zIndex || (one.zIndex === other.zIndex && one.order > other.order);
};
