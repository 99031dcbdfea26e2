// Positions and sizes that are known only within bounds (nobody knows the fonts), and the coordinate systems that they are in:
// whatever is said of them holds for every font and every browser.
import type { Projection } from '../css/transform.ts';

/** Somewhere from `lo` to `hi`, both of which may be endless; pixels. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

export const exactly = (value: number): Interval => ({ lo: value, hi: value });
export const zero: Interval = exactly(0);
export const anywhere: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
export const atLeast = (lo: number): Interval => ({ lo, hi: Number.POSITIVE_INFINITY });

export const sum = (...all: readonly Interval[]): Interval => ({
  lo: all.reduce((total, { lo }) => total + lo, 0),
  hi: all.reduce((total, { hi }) => total + hi, 0),
});
export const minus = (one: Interval, other: Interval): Interval => ({ lo: one.lo - other.hi, hi: one.hi - other.lo });
export const notNegative = ({ lo, hi }: Interval): Interval => ({ lo: Math.max(lo, 0), hi: Math.max(hi, 0) });
export const clamped = (value: Interval, least: Interval, most: Interval): Interval => ({
  lo: Math.max(Math.min(value.lo, most.lo), least.lo),
  hi: Math.max(Math.min(value.hi, most.hi), least.hi),
});

/** As far as something may reach at most. */
export interface Rect {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const everywhere: Rect = {
  left: Number.NEGATIVE_INFINITY,
  right: Number.POSITIVE_INFINITY,
  top: Number.NEGATIVE_INFINITY,
  bottom: Number.POSITIVE_INFINITY,
};

export const intersection = (one: Rect, other: Rect): Rect => ({
  left: Math.max(one.left, other.left),
  right: Math.min(one.right, other.right),
  top: Math.max(one.top, other.top),
  bottom: Math.min(one.bottom, other.bottom),
});

/** How an element is transformed, around a point of its frame. */
export interface Transform {
  readonly projection: Projection;
  readonly originX: Interval;
  readonly originY: Interval;
}

/** A coordinate system: of the page, or of something that is moved, transformed or cut off by itself. */
export interface Frame {
  readonly parent: Frame | undefined;
  /** How many are around it. */
  readonly depth: number;
  /** Where its origin is in its parent. */
  readonly x: Interval;
  readonly y: Interval;
  readonly transform: Transform | undefined;
  /** Nothing of what is in it is seen outside of this, in its own coordinates. */
  readonly clip: Rect | undefined;
  /** It stays where it is in the window. */
  readonly isFixed: boolean;
  /** Its place was chosen by its sender, not by the flow of the text. */
  readonly isPositioned: boolean;
}

export const rootFrame: Frame = {
  parent: undefined,
  depth: 0,
  x: zero,
  y: zero,
  transform: undefined,
  clip: undefined,
  isFixed: false,
  isPositioned: false,
};

/** Deeper frames are not followed: every text would have to be looked for in all of them. */
const deepest = 40;

const emptyRect: Rect = { left: 0, right: 0, top: 0, bottom: 0 };

/** Stands for frames that are too many: it may be anywhere; what one of them cut off wholly stays cut off. */
const unknownFrame = (frame: Frame): Frame => {
  let isCut = false;
  for (let at: Frame | undefined = frame; at; at = at.parent)
    isCut ||= at.clip !== undefined && isUnreadablyNarrow(at.clip);
  return { ...rootFrame, parent: rootFrame, depth: 1, x: anywhere, y: anywhere, clip: isCut ? emptyRect : undefined };
};

export const frameIn = (around: Frame, rest: Partial<Omit<Frame, 'parent' | 'depth'>>): Frame => {
  const parent = around.depth < deepest ? around : unknownFrame(around);
  return {
    parent,
    depth: parent.depth + 1,
    x: zero,
    y: zero,
    transform: undefined,
    clip: undefined,
    isFixed: false,
    isPositioned: parent.isPositioned,
    ...rest,
  };
};

/** Pixels. Through a gap that is no wider nothing can be read. */
const narrowest = 2;

/** Whether nothing can be seen through a rectangle. */
export const isUnreadablyNarrow = ({ left, right, top, bottom }: Rect): boolean =>
  right - left <= narrowest || bottom - top <= narrowest;

const times = (factor: number, value: number): number => (factor === 0 ? 0 : factor * value);

/** The least and the most that `a x + c y + e` comes to, with the origin of the transform. */
const bounds = (
  along: number,
  across: number,
  shift: number,
  own: readonly [number, number],
  other: readonly [number, number],
  ownOrigin: Interval,
  otherOrigin: Interval,
): readonly [number, number] => {
  const terms = [
    [times(along, own[0]), times(along, own[1])],
    [times(across, other[0]), times(across, other[1])],
    [times(1 - along, ownOrigin.lo), times(1 - along, ownOrigin.hi)],
    [times(-across, otherOrigin.lo), times(-across, otherOrigin.hi)],
  ];
  const least = terms.reduce((total, pair) => total + Math.min(...pair), shift);
  const most = terms.reduce((total, pair) => total + Math.max(...pair), shift);
  return [Number.isNaN(least) ? Number.NEGATIVE_INFINITY : least, Number.isNaN(most) ? Number.POSITIVE_INFINITY : most];
};

const transformed = (rect: Rect, { projection, originX, originY }: Transform): Rect => {
  const { a, b, c, d, e, f } = projection;
  const [x, y] = [[rect.left, rect.right] as const, [rect.top, rect.bottom] as const];
  const [left, right] = bounds(a, c, e, x, y, originX, originY);
  const [top, bottom] = bounds(d, b, f, y, x, originY, originX);
  return { left, right, top, bottom };
};

/** A rectangle of a frame in the coordinates of the frame around it. */
export const inParent = (rect: Rect, frame: Frame): Rect => {
  const { left, right, top, bottom } = frame.transform ? transformed(rect, frame.transform) : rect;
  return { left: left + frame.x.lo, right: right + frame.x.hi, top: top + frame.y.lo, bottom: bottom + frame.y.hi };
};
