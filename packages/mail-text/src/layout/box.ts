// Where the next line and the next block of a stretch of content begin, at the earliest and at the latest. Knows no
// element and no style.
import type { Computed } from '../css/computed.ts';
import { viewport } from '../css/length.ts';
import { atLeast, exactly, type Frame, type Interval, rootFrame, sum, zero } from './geometry.ts';

/** How text in a line stands. */
interface LineStyle {
  /** Height of a line of it; pixels. */
  readonly height: Interval;
  /** Whether lines break where they are full. */
  readonly wraps: boolean;
}

/** Of a word or a picture, where it stands, in the coordinates of its block. */
export interface Spot {
  /** From the beginning of the line to its own beginning, and to its own end. */
  readonly start: Interval;
  readonly end: Interval;
  /** The top of its line. */
  readonly top: Interval;
  /** How many lines of this stretch are above it at least and at most. */
  readonly line: Interval;
}

interface Flow {
  /** Space that a block keeps from others; of several that meet only the largest counts. */
  margin(size: Interval): void;
  /** Something of this height that no margin reaches over. */
  pass(height: Interval): void;
  /** Everything that follows begins below this. */
  passTo(y: Interval): void;
  /** Something floats down to here beside what follows; below it, where it leaves no room beside itself. */
  float(bottom: Interval, isFull: boolean): void;
  /** Whether nothing is in the line yet. */
  readonly isAtStart: () => boolean;
  /** Whether something floats in it. */
  readonly hasFloats: () => boolean;
  /** What follows begins below all that floats. */
  clear(): void;
  /** What follows begins here, also where that is farther up. */
  moveTo(y: Interval): void;
  /** Where the next thing begins; in its line, from the beginning of that. */
  readonly y: () => Interval;
  readonly x: () => Interval;
  /** A block whose content follows; `indent` is how far its first line is moved in. */
  beginBlock(indent: Interval): void;
  /** Puts something into the line. */
  place(width: Interval, room: Interval, style: LineStyle): Spot;
  /** Puts a longer text into the line, of which nobody asks where its words are. */
  run(width: Interval, room: Interval, style: LineStyle): void;
  /** Something in the line is taller than its text. */
  raise(height: Interval): void;
  /** Moves on in the line, without anything to be seen. */
  skip(width: Interval): void;
  /** A line break that is written. */
  breakLine(style: LineStyle): void;
  /** Ends the line, if something is on it. */
  endLine(): void;
  /** Lines so far in the innermost block. */
  readonly lines: () => Interval;
}

/** @param collapsing the margin above, which a first one inside may be part of */
export const createFlow = (start: Interval, collapsing = 0): Flow => {
  let { lo, hi } = start;
  let largestMargin = Math.max(collapsing, 0);
  let floated: Interval | undefined;
  let deepestMargin = 0;
  let [x, linesLo, linesHi] = [{ lo: 0, hi: 0 }, 0, 0];
  let [heightLo, heightHi, shortest] = [0, 0, Number.POSITIVE_INFINITY];
  let isEmpty = true;
  let [wrapsLo, wrapsHi] = [0, 0];
  // Of all that was put in since a line certainly began: no line is longer, however much room it has.
  let longest = 0;

  const settle = (): void => {
    largestMargin = 0;
    deepestMargin = 0;
  };
  const nextLine = (): void => {
    lo += heightLo;
    hi += heightHi;
    linesLo += 1;
    linesHi += 1;
    [heightLo, heightHi, shortest] = [0, 0, Number.POSITIVE_INFINITY];
    [wrapsLo, wrapsHi] = [0, 0];
    x = { lo: 0, hi: 0 };
    longest = 0;
    isEmpty = true;
  };
  const moveOn = (width: Interval): void => {
    x = { lo: x.lo + width.lo, hi: x.hi + width.hi };
    longest += Math.max(width.hi, 0);
  };
  const grow = (height: Interval): void => {
    heightLo = Math.max(heightLo, height.lo);
    heightHi = Math.max(heightHi, height.hi);
  };

  return {
    margin: (size) => {
      // The least: margins that meet collapse. The most: none do.
      if (size.lo >= 0) lo += Math.max(size.lo - largestMargin, 0);
      else lo += size.lo;
      if (size.hi >= 0) hi += size.hi;
      else hi += Math.min(size.hi - deepestMargin, 0);
      largestMargin = Math.max(largestMargin, size.lo);
      deepestMargin = Math.min(deepestMargin, size.hi);
    },
    pass: (height) => {
      lo += height.lo;
      hi += height.hi;
      if (height.hi > 0) settle();
    },
    passTo: (y) => {
      lo = Math.max(lo, y.lo);
      hi = Math.max(hi, y.hi);
    },
    float: (bottom, isFull) => {
      floated = floated ? { lo: Math.max(floated.lo, bottom.lo), hi: Math.max(floated.hi, bottom.hi) } : bottom;
      if (isFull && isEmpty) lo = Math.max(lo, bottom.lo);
      hi = Math.max(hi, bottom.hi);
    },
    isAtStart: () => isEmpty,
    hasFloats: () => floated !== undefined,
    clear: () => {
      if (!floated) return;
      lo = Math.max(lo, floated.lo);
      hi = Math.max(hi, floated.hi);
    },
    moveTo: (y) => {
      ({ lo, hi } = y);
      settle();
    },
    y: () => ({ lo, hi }),
    x: () => (wrapsLo === wrapsHi ? { ...x } : { lo: Math.min(x.lo, 0), hi: Math.max(longest, x.hi) }),
    beginBlock: (indent) => {
      x = { ...indent };
      longest = Math.max(indent.hi, 0);
      [linesLo, linesHi] = [0, 0];
    },
    place: (width, room, style) => {
      settle();
      shortest = Math.min(shortest, style.height.lo);
      if (style.wraps && !isEmpty) {
        if (x.lo + width.lo > room.hi) {
          lo += shortest;
          linesLo += 1;
          wrapsLo += 1;
          x = { lo: 0, hi: x.hi };
        }
        if (x.hi + width.hi > room.lo) {
          hi += Math.max(heightHi, style.height.hi);
          linesHi += 1;
          wrapsHi += 1;
          x = { lo: x.lo, hi: 0 };
        }
      }
      grow(style.height);
      const isCertain = wrapsLo === wrapsHi;
      const from = isCertain ? { ...x } : { lo: Math.min(x.lo, 0), hi: Math.max(Math.min(room.hi, longest), x.hi) };
      moveOn(width);
      isEmpty = false;
      const end = isCertain ? { ...x } : sum(from, width);
      return { start: from, end, top: { lo, hi }, line: { lo: linesLo, hi: linesHi } };
    },
    run: (width, room, style) => {
      settle();
      shortest = Math.min(shortest, style.height.lo);
      grow(style.height);
      isEmpty = false;
      moveOn(width);
      if (!style.wraps || x.hi <= room.lo) return;
      const fewest = Math.max(Math.floor(x.lo / Math.max(room.hi, 1)), 0);
      // A line may be half empty where a long word follows.
      const most = room.lo > 0 ? Math.ceil((2 * x.hi) / room.lo) : Number.POSITIVE_INFINITY;
      lo += fewest * shortest;
      hi += most * Math.max(heightHi, style.height.hi);
      linesLo += fewest;
      linesHi += most;
      wrapsLo += fewest;
      wrapsHi += most;
      x = { lo: 0, hi: Math.min(room.hi, longest) };
    },
    raise: grow,
    skip: (width) => {
      moveOn(width);
      if (width.hi > 0) settle();
    },
    breakLine: (style) => {
      settle();
      if (isEmpty) grow(style.height);
      nextLine();
    },
    endLine: () => {
      if (!isEmpty) nextLine();
      x = { lo: 0, hi: 0 };
      longest = 0;
    },
    lines: () => ({ lo: linesLo, hi: linesHi }),
  };
};

// The boxes that elements make, while they are open. Types, and what all kinds of boxes share.

/** What an absolutely placed box is placed in: the padding box of an element. */
export interface Holder {
  readonly frame: Frame;
  readonly left: Interval;
  readonly top: Interval;
  readonly width: Interval;
  readonly height: Interval;
}

/** Where the next letter of a drawing stands: the beginning of its base line. */
export interface Pen {
  x: Interval;
  y: Interval;
}

export type Role = 'block' | 'inline' | 'flex' | 'grid' | 'table' | 'rows' | 'row' | 'drawing';

export interface Box {
  readonly role: Role;
  readonly computed: Computed;
  readonly frame: Frame;
  /** Where what is in it stands, one thing after the other. */
  readonly flow: Flow;
  /** The content of the innermost block: from where to where its lines reach. */
  readonly left: Interval;
  readonly width: Interval;
  /** How much a line holds before it breaks: in a box that is as wide as its content, more than its width at least. */
  readonly lineRoom: Interval;
  /** Of the content, where that is known before it is read. */
  readonly height: Interval | undefined;
  readonly holder: Holder;
  readonly fixedHolder: Holder;
  /** Nothing of it is drawn. */
  readonly isGone: boolean;
  /** How large letters are drawn in it; 1 as they are. */
  readonly scale: number;
  /** Towards whoever looks; negative where its back is seen. */
  readonly facing: number;
  /** In a drawing, where its text is written; `isAnchored` where that is not its beginning. */
  readonly pen: Pen | undefined;
  readonly isAnchored: boolean;
  /** No element is in it: its lines are lines of text. */
  readonly isTextOnly: boolean;
  /** Lines beyond this many are cut off. */
  readonly mostLines: number;
  /** Of a flexible box or a row: how far its items reach. */
  readonly items: Items;
  /** Ends it once its content is known. @returns how high its content and padding are */
  readonly close: () => Interval;
}

/** Items that stand beside or below one another. */
export interface Items {
  count: number;
  main: Interval;
  cross: Interval;
  /** Tracks of a grid from above to below. */
  readonly tracks: readonly (Interval | 'collapsible')[];
}

export const noItems = (tracks: Items['tracks'] = []): Items => ({ count: 0, main: zero, cross: zero, tracks });

const window: Holder = {
  frame: { ...rootFrame, isFixed: true },
  left: zero,
  top: zero,
  width: exactly(viewport.width),
  height: exactly(viewport.height),
};

const page: Holder = { ...window, frame: rootFrame };

/** What stands around the outermost element. */
export const pageBox = (computed: Computed): Box => ({
  role: 'block',
  computed,
  frame: rootFrame,
  flow: createFlow(zero),
  left: zero,
  width: exactly(viewport.width),
  lineRoom: exactly(viewport.width),
  height: undefined,
  holder: page,
  fixedHolder: window,
  isGone: false,
  scale: 1,
  facing: 1,
  pen: undefined,
  isAnchored: false,
  isTextOnly: false,
  mostLines: Number.POSITIVE_INFINITY,
  items: noItems(),
  close: () => atLeast(0),
});
