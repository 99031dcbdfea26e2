// How wide text is at least and at most, whatever its font. Knows no layout.
import { type Computed, measureOf } from '../css/computed.ts';
import { pixelsOf, viewport } from '../css/length.ts';
import type { Box, Spot } from './box.ts';
import { write } from './drawing.ts';
import { common, type Frame, type Interval, inParent, isSlit, type Rect, sum, zero } from './geometry.ts';
import { lineHeightOf } from './sizes.ts';

/** Shares of the font size. */
interface Breadth {
  readonly lo: number;
  readonly hi: number;
}

const nothing: Breadth = { lo: 0, hi: 0 };
const narrow: Breadth = { lo: 0.18, hi: 0.65 };
const usual: Breadth = { lo: 0.34, hi: 1 };
const broad: Breadth = { lo: 0.45, hi: 1.25 };
const full: Breadth = { lo: 0.9, hi: 1.4 };

const narrowLetters = new Set("iljtfrIJ1.,:;'’‘|!()[]{}/\\-·` ");
const broadLetters = new Set('mwMWQOGD@%&—');

const breadths: Breadth[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code < 32) return nothing;
  if (narrowLetters.has(character)) return narrow;
  return broadLetters.has(character) ? broad : usual;
});

const breadthOf = (code: number): Breadth => {
  const ascii = breadths[code];
  if (ascii) return ascii;
  if (code >= 0x300 && code <= 0x36f) return nothing;
  if (code >= 0x200b && code <= 0x200f) return nothing;
  if (code >= 0x2e80 && code <= 0xffdc) return full;
  // Other scripts: joined letters may be narrow, some signs broad.
  return { lo: 0.1, hi: 1.4 };
};

interface Spacing {
  /** Pixels. */
  readonly fontSize: number;
  /** Pixels between two letters, and between two words, beyond the usual. */
  readonly letters: number;
  readonly words: number;
}

/** Pixels. */
const widthOf = (text: string, { fontSize, letters, words }: Spacing): { lo: number; hi: number } => {
  let [lo, hi, count, spaces] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const breadth = breadthOf(code);
    lo += breadth.lo;
    hi += breadth.hi;
    if (breadth !== nothing) count += 1;
    if (code === 32) spaces += 1;
  }
  const apart = count * letters + spaces * words;
  return { lo: lo * fontSize + apart, hi: hi * fontSize + apart };
};

// Text in a box → which of it stands where somebody may see it: not outside of what is cut off, not outside of the window
// where no scrolling leads. Knows no colour.

/** UTF-16 units of a text, from one to before the other. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** From the middle of a line, how far letters reach up and down at most. */
const above = 0.42;
const below = 0.55;
/** Pixels. Less than this of a letter is nothing. */
const sliver = 1;

export interface Page {
  /** How far down something was seen so far. */
  reached: number;
  /** Whether somebody asks where texts are. */
  readonly watches: boolean;
  /** As far as the last text reached at most, on the page; undefined where it may be anywhere. */
  last: Rect | undefined;
}

/** Whoever scrolls sees no sense in going on over so many windows of nothing. */
const farthestBelow = 2 * viewport.height;

const isOutside = (rect: Rect): boolean => rect.right - rect.left <= sliver || rect.bottom - rect.top <= sliver;

/** Whether something that reaches so far at most is seen by nobody. */
const isOutOfSight = (rect: Rect, frame: Frame, page: Page): boolean => {
  let reach = rect;
  // How far the frame is moved; what is in it may be wide by itself.
  let shifted = 0;
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (at.clip) {
      reach = common(reach, at.clip);
      if (isSlit(at.clip) || isOutside(reach)) return true;
    }
    if (at.parent === undefined) break;
    reach = inParent(reach, at);
    shifted = at.turning ? reach.left : shifted + at.x.lo;
  }
  if (reach.right <= sliver || reach.bottom <= sliver) return true;
  if (frame.isPlaced && shifted >= viewport.width) return true;
  if (frame.isFixed) return reach.top >= viewport.height;
  return frame.isPlaced && reach.top >= page.reached + farthestBelow;
};

/** Whether a frame is neither moved nor cut off, nor in one that is: then the flow alone decides. */
const isPlain = (frame: Frame): boolean => {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (at.clip || at.turning || at.isPlaced || at.x.hi < 0 || at.y.hi < 0) return false;
  }
  return true;
};

/** Whether nothing of a box is seen, however large its content is. */
const isCutOff = ({ frame }: Box): boolean => {
  for (let at: Frame | undefined = frame; at; at = at.parent) if (at.clip && isSlit(at.clip)) return true;
  return false;
};

const isFlowedOff = (box: Box, indent: Interval): boolean =>
  box.left.hi < 0 ||
  box.flow.y().hi < 0 ||
  indent.lo < 0 ||
  box.left.lo >= viewport.width ||
  indent.lo >= viewport.width;

const verticalMode = /^(?:vertical|sideways|tb)/;

/** @param most as far as a line of the box reaches where its text does not stand at the beginning */
const rectOf = (spot: Spot, box: Box, lineHeight: Interval, most: number): Rect => {
  const { style, fontSize } = box.computed;
  const isShifted = style['text-align'] !== 'start' && style['text-align'] !== 'left';
  // Letters that are pushed together run backwards from the first one.
  const end = box.left.hi + Math.max(spot.end.hi, spot.start.hi + fontSize);
  const middle = { lo: spot.top.lo + lineHeight.lo / 2, hi: spot.top.hi + lineHeight.hi / 2 };
  const isOpen = style.direction === 'rtl';
  return {
    left: isOpen ? Number.NEGATIVE_INFINITY : box.left.lo + Math.min(spot.start.lo, spot.end.lo),
    right: isOpen ? Number.POSITIVE_INFINITY : isShifted ? Math.max(end, box.left.hi + most) : end,
    top: middle.lo - above * fontSize,
    // Something tall in the same line moves its text down.
    bottom: middle.hi + (below + (box.isTextOnly ? 0 : 4)) * fontSize,
  };
};

/** A word with the white space behind it; in preformatted text line breaks are words of their own. */
const words = /\n|[^\s\u00a0]+[^\S\n]*|[^\S\n]+/g;
const plainWords = /\S+\s*|\s+/g;

const joinedRanges = (ranges: readonly Range[]): Range[] => {
  const joined: Range[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last?.to === range.from) joined[joined.length - 1] = { from: last.from, to: range.to };
    else joined.push(range);
  }
  return joined;
};

const whole = (text: string): Range[] => [{ from: 0, to: text.length }];

const spacingOf = (computed: Computed) => {
  const pixels = (name: 'letter-spacing' | 'word-spacing') =>
    pixelsOf(computed.style[name], measureOf(computed, 0)) ?? 0;
  return { fontSize: computed.fontSize, letters: pixels('letter-spacing'), words: pixels('word-spacing') };
};

/** Text that runs from above to below. */
const layVertically = (box: Box, text: string, page: Page): Range[] => {
  const width = widthOf(text, spacingOf(box.computed));
  const y = box.flow.y();
  const longest = Math.max(...text.split(/\s+/).map((word) => widthOf(word, spacingOf(box.computed)).hi));
  const reach = box.height ? Math.max(box.height.hi, longest) : width.hi;
  const rect: Rect = {
    left: Number.NEGATIVE_INFINITY,
    right: Number.POSITIVE_INFINITY,
    top: y.lo,
    bottom: y.hi + reach,
  };
  return isOutOfSight(rect, box.frame, page) ? [] : whole(text);
};

/**
 * Puts text into the lines of a box.
 * @returns what of it may be seen, from the beginning on
 */
export const layText = (box: Box, text: string, page: Page): Range[] => {
  const { computed, flow } = box;
  const { style } = computed;
  if (verticalMode.test(style['writing-mode'])) return layVertically(box, text, page);
  const spacing = spacingOf(computed);
  if (box.pen) {
    const rect = write(box, box.pen, widthOf(text.trim(), spacing));
    return isOutOfSight(rect, box.frame, page) ? [] : whole(text);
  }
  const lineStyle = { height: lineHeightOf(computed), wraps: !/^(?:nowrap|pre)$/.test(style['white-space']) };
  const keepsBreaks = /^pre|^break/.test(style['white-space']);
  const indent = flow.x().lo < 0 || flow.x().lo > viewport.width ? flow.x() : zero;
  const mustLook =
    !isPlain(box.frame) || isFlowedOff(box, indent) || box.mostLines !== Number.POSITIVE_INFINITY || page.watches;
  page.last = undefined;
  if (!mustLook && !keepsBreaks) {
    flow.run(widthOf(text, spacing), box.lineRoom, lineStyle);
    page.reached = Math.max(page.reached, flow.y().lo);
    return whole(text);
  }
  // A box that is as wide as its content is, where that is this text alone, no wider than it.
  const isFitted = box.isTextOnly && !Number.isFinite(box.width.hi);
  const most = isFitted ? Math.max(box.width.lo, widthOf(text, spacing).hi) : box.width.hi;
  const seen: Range[] = [];
  for (const { 0: word, index } of text.matchAll(keepsBreaks ? words : plainWords)) {
    if (word === '\n') {
      flow.breakLine(lineStyle);
      seen.push({ from: index, to: index + 1 });
      continue;
    }
    const spot = flow.place(widthOf(word, spacing), box.lineRoom, lineStyle);
    const rect = rectOf(spot, box, lineStyle.height, most);
    if (spot.line.lo >= box.mostLines || (mustLook && isOutOfSight(rect, box.frame, page))) continue;
    if (page.watches) page.last = page.last ? around(page.last, onPage(rect, box.frame)) : onPage(rect, box.frame);
    seen.push({ from: index, to: index + word.length });
  }
  const last = seen.at(-1);
  if (last) page.reached = Math.max(page.reached, topOnPage(box, flow.y()));
  return seen.length === 0 ? [] : joinedRanges(seen);
};

const around = (one: Rect, other: Rect): Rect => ({
  left: Math.min(one.left, other.left),
  right: Math.max(one.right, other.right),
  top: Math.min(one.top, other.top),
  bottom: Math.max(one.bottom, other.bottom),
});

const onPage = (rect: Rect, frame: Frame): Rect => {
  let reach = rect;
  for (let at: Frame | undefined = frame; at?.parent; at = at.parent) reach = inParent(reach, at);
  return reach;
};

/** As far as the padding of a box of this height reaches at least, on the page; undefined where it is turned or cut off. */
export const leastOnPage = ({ frame, width }: Box, height: Interval): Rect | undefined => {
  let least: Rect = { left: 0, right: width.lo, top: 0, bottom: height.lo };
  for (let at: Frame | undefined = frame; at?.parent; at = at.parent) {
    if (at.turning || at.clip) return undefined;
    const { x, y } = at;
    least = { left: least.left + x.hi, right: least.right + x.lo, top: least.top + y.hi, bottom: least.bottom + y.lo };
  }
  return least;
};

const topOnPage = ({ frame }: Box, y: Interval): number => {
  let top = y.lo;
  for (let at: Frame | undefined = frame; at?.parent; at = at.parent) top += at.y.lo;
  return Number.isFinite(top) ? top : 0;
};

/** Where something of this size would be seen by nobody: a picture, a field. */
export const isPictureOutOfSight = (box: Box, page: Page): boolean => {
  const size = { width: sum(box.width, zero), height: box.height ?? { lo: 0, hi: Number.POSITIVE_INFINITY } };
  const rect: Rect = { left: 0, right: size.width.hi, top: 0, bottom: size.height.hi };
  return isCutOff(box) || isSlit(rect) || isOutOfSight(rect, box.frame, page);
};

/** A line break that is written, in a box. */
export const layBreak = (box: Box): void => box.flow.breakLine({ height: lineHeightOf(box.computed), wraps: true });
