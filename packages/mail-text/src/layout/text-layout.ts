// Text in a box → which of it is where somebody may see it: not cut off, not outside of the window where no scrolling leads. Fonts
// are not known: how wide a text is is reckoned at least and at most, for any font.
import { type Computed, measureOf } from '../css/computed.ts';
import { pixelsOf, viewport } from '../css/value.ts';
import type { Box } from './box.ts';
import type { LinePosition } from './flow.ts';
import { type Frame, type Interval, inParent, intersection, isUnreadablyNarrow, type Rect, zero } from './geometry.ts';
import { lineHeightOf } from './sizes.ts';
import { placeSvgText } from './svg-text.ts';

/** UTF-16 units of a text, from one to before the other. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What laying out one text leaves for the next. */
export interface PageState {
  /** How far down something was visible so far. */
  lowestVisible: number;
  /** Whether somebody asks where texts are. */
  readonly tracksText: boolean;
  /** As far as the last text reached at most, on the page; undefined where it may be anywhere. */
  lastText: Rect | undefined;
}

/**
 * Puts text into the lines of a box.
 * @returns what of it may be seen, from the beginning on
 */
export const layOutText = (box: Box, text: string, page: PageState): Range[] => {
  const { computed } = box;
  const whiteSpace = computed.style['white-space'];
  if (verticalMode.test(computed.style['writing-mode'])) return layOutVertically(box, text, page);
  const spacing = spacingOf(computed);
  if (box.textPosition) {
    const rect = placeSvgText(box, box.textPosition, widthOf(text.trim(), spacing));
    return isOutOfSight(rect, box.frame, page) ? [] : allOf(text);
  }
  const style: TextStyle = {
    spacing,
    height: lineHeightOf(computed),
    wraps: !/^(?:nowrap|pre)$/.test(whiteSpace),
    keepsBreaks: /^pre|^break/.test(whiteSpace),
  };
  page.lastText = undefined;
  const isAnywhere = !mayBeOutOfSight(box) && !page.tracksText;
  if (!isAnywhere || style.keepsBreaks) return layOutWords(box, text, style, page, isAnywhere);
  box.flow.addRun(widthOf(text, spacing), box.availableLineWidth, style);
  page.lowestVisible = Math.max(page.lowestVisible, box.flow.y().lo);
  return allOf(text);
};

interface TextStyle {
  readonly spacing: Spacing;
  readonly height: Interval;
  readonly wraps: boolean;
  readonly keepsBreaks: boolean;
}

const verticalMode = /^(?:vertical|sideways|tb)/;

const allOf = (text: string): Range[] => [{ from: 0, to: text.length }];

/** A word with the white space behind it; in preformatted text line breaks are words of their own. */
const preformattedWords = /\n|[^\s\u00a0]+[^\S\n]*|[^\S\n]+/g;
const words = /\S+\s*|\s+/g;

/** @param isAnywhere wherever its words are, they are seen */
const layOutWords = (box: Box, text: string, style: TextStyle, page: PageState, isAnywhere: boolean): Range[] => {
  const { flow, frame } = box;
  // A shrink-to-fit box is, where its content is this text alone, no wider than it.
  const isFitted = box.isTextOnly && !Number.isFinite(box.width.hi);
  const widest = isFitted ? Math.max(box.width.lo, widthOf(text, style.spacing).hi) : box.width.hi;
  const visible: Range[] = [];
  for (const { 0: word, index } of text.matchAll(style.keepsBreaks ? preformattedWords : words)) {
    if (word === '\n') {
      flow.breakLine(style);
      addRange(visible, index, index + 1);
      continue;
    }
    const position = flow.place(widthOf(word, style.spacing), box.availableLineWidth, style);
    const rect = rectOf(position, box, style.height, widest);
    if (position.line.lo >= box.maxLines || (!isAnywhere && isOutOfSight(rect, frame, page))) continue;
    if (page.tracksText) {
      const here = onPage(rect, frame);
      page.lastText = page.lastText ? union(page.lastText, here) : here;
    }
    addRange(visible, index, index + word.length);
  }
  if (visible.length > 0) page.lowestVisible = Math.max(page.lowestVisible, topOnPage(box, flow.y()));
  return visible;
};

/** Adds a stretch behind the others, to the last one where it touches it: a text may have millions of words. */
const addRange = (ranges: Range[], from: number, to: number): void => {
  const last = ranges.at(-1);
  if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to };
  else ranges.push({ from, to });
};

/** Text in a vertical writing mode. */
const layOutVertically = (box: Box, text: string, page: PageState): Range[] => {
  const spacing = spacingOf(box.computed);
  const y = box.flow.y();
  let longestWord = 0;
  for (const [word] of text.matchAll(/\S+/g)) longestWord = Math.max(longestWord, widthOf(word, spacing).hi);
  const reach = box.height ? Math.max(box.height.hi, longestWord) : widthOf(text, spacing).hi;
  const rect: Rect = {
    left: Number.NEGATIVE_INFINITY,
    right: Number.POSITIVE_INFINITY,
    top: y.lo,
    bottom: y.hi + reach,
  };
  return isOutOfSight(rect, box.frame, page) ? [] : allOf(text);
};

/** A forced line break in a box. */
export const layOutLineBreak = (box: Box): void =>
  box.flow.breakLine({ height: lineHeightOf(box.computed), wraps: true });

/** Whether a box of its own size, as that of a picture or a form control, is certainly not seen. */
export const isBoxOutOfSight = (box: Box, page: PageState): boolean => {
  const rect: Rect = { left: 0, right: box.width.hi, top: 0, bottom: box.height?.hi ?? Number.POSITIVE_INFINITY };
  return isCutOff(box) || isUnreadablyNarrow(rect) || isOutOfSight(rect, box.frame, page);
};

// Where a text is.

/** From the middle of a line, how far letters reach up and down at most; shares of the font size. */
const ascent = 0.42;
const descent = 0.55;

/** @param widest as far as a line of the box reaches where its text is not at the beginning */
const rectOf = (position: LinePosition, box: Box, lineHeight: Interval, widest: number): Rect => {
  const { style, fontSize } = box.computed;
  const isAligned = style['text-align'] !== 'start' && style['text-align'] !== 'left';
  // Letters that are pushed together run backwards from the first one.
  const end = box.left.hi + Math.max(position.end.hi, position.start.hi + fontSize);
  const middle = { lo: position.top.lo + lineHeight.lo / 2, hi: position.top.hi + lineHeight.hi / 2 };
  const isRightToLeft = style.direction === 'rtl';
  return {
    left: isRightToLeft ? Number.NEGATIVE_INFINITY : box.left.lo + Math.min(position.start.lo, position.end.lo),
    right: isRightToLeft ? Number.POSITIVE_INFINITY : isAligned ? Math.max(end, box.left.hi + widest) : end,
    top: middle.lo - ascent * fontSize,
    // Something tall in the same line moves its text down.
    bottom: middle.hi + (descent + (box.isTextOnly ? 0 : 4)) * fontSize,
  };
};

const union = (one: Rect, other: Rect): Rect => ({
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

/** As far as the padding box of this height reaches at least, on the page; undefined where it is transformed or cut off. */
export const leastOnPage = ({ frame, width }: Box, height: Interval): Rect | undefined => {
  let least: Rect = { left: 0, right: width.lo, top: 0, bottom: height.lo };
  for (let at: Frame | undefined = frame; at?.parent; at = at.parent) {
    if (at.transform || at.clip) return undefined;
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

// Whether somebody may see what is there.

/** Pixels. Of less than this of a letter nobody sees anything. */
const leastVisible = 1;
/** Pixels. Nobody scrolls on over so many windows of nothing. */
const farthestBelow = 2 * viewport.height;

/** Whether what reaches so far at most is certainly not seen. */
const isOutOfSight = (rect: Rect, frame: Frame, page: PageState): boolean => {
  let reach = rect;
  // How far the frame is moved; what is in it may be wide by itself.
  let shifted = 0;
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (at.clip) {
      reach = intersection(reach, at.clip);
      if (isUnreadablyNarrow(at.clip) || isEmpty(reach)) return true;
    }
    if (at.parent === undefined) break;
    reach = inParent(reach, at);
    shifted = at.transform ? reach.left : shifted + at.x.lo;
  }
  if (reach.right <= leastVisible || reach.bottom <= leastVisible) return true;
  if (frame.isPositioned && shifted >= viewport.width) return true;
  if (frame.isFixed) return reach.top >= viewport.height;
  return frame.isPositioned && reach.top >= page.lowestVisible + farthestBelow;
};

const isEmpty = (rect: Rect): boolean =>
  rect.right - rect.left <= leastVisible || rect.bottom - rect.top <= leastVisible;

/** Whether nothing of a box is seen, however large its content is. */
const isCutOff = ({ frame }: Box): boolean => {
  for (let at: Frame | undefined = frame; at; at = at.parent) if (at.clip && isUnreadablyNarrow(at.clip)) return true;
  return false;
};

/** Whether text in a box may be out of sight at all: most text is in normal flow, and costs nothing more. */
const mayBeOutOfSight = (box: Box): boolean => {
  const x = box.flow.x();
  const indent = x.lo < 0 || x.lo > viewport.width ? x : zero;
  const isFlowOutside =
    box.left.hi < 0 ||
    box.flow.y().hi < 0 ||
    indent.lo < 0 ||
    box.left.lo >= viewport.width ||
    indent.lo >= viewport.width;
  return isFlowOutside || !isInNormalFlow(box.frame) || box.maxLines !== Number.POSITIVE_INFINITY;
};

const isInNormalFlow = (frame: Frame): boolean => {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (at.clip || at.transform || at.isPositioned || at.x.hi < 0 || at.y.hi < 0) return false;
  }
  return true;
};

// How wide a text is.

interface Spacing {
  /** Pixels. */
  readonly fontSize: number;
  /** Pixels between two letters, and between two words, beyond the usual. */
  readonly letters: number;
  readonly words: number;
}

const spacingOf = (computed: Computed): Spacing => {
  const pixels = (name: 'letter-spacing' | 'word-spacing') =>
    pixelsOf(computed.style[name], measureOf(computed, 0)) ?? 0;
  return { fontSize: computed.fontSize, letters: pixels('letter-spacing'), words: pixels('word-spacing') };
};

/** Advance widths; shares of the font size. */
const none: Interval = { lo: 0, hi: 0 };
const narrow: Interval = { lo: 0.18, hi: 0.65 };
const usual: Interval = { lo: 0.34, hi: 1 };
const broad: Interval = { lo: 0.45, hi: 1.25 };
const fullWidth: Interval = { lo: 0.9, hi: 1.4 };
/** Other scripts: joined letters may be narrow, some signs broad. */
const unknown: Interval = { lo: 0.1, hi: 1.4 };

const narrowLetters = new Set("iljtfrIJ1.,:;'’‘|!()[]{}/\\-·` ");
const broadLetters = new Set('mwMWQOGD@%&—');

const asciiAdvances: Interval[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code < 32) return none;
  if (narrowLetters.has(character)) return narrow;
  return broadLetters.has(character) ? broad : usual;
});

const advanceOf = (code: number): Interval => {
  const ascii = asciiAdvances[code];
  if (ascii) return ascii;
  if (code >= 0x300 && code <= 0x36f) return none;
  if (code >= 0x200b && code <= 0x200f) return none;
  return code >= 0x2e80 && code <= 0xffdc ? fullWidth : unknown;
};

/** Pixels. */
const widthOf = (text: string, { fontSize, letters, words }: Spacing): Interval => {
  let [lo, hi, count, spaces] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const advance = advanceOf(code);
    lo += advance.lo;
    hi += advance.hi;
    if (advance !== none) count += 1;
    if (code === 32) spaces += 1;
  }
  const apart = count * letters + spaces * words;
  return { lo: lo * fontSize + apart, hi: hi * fontSize + apart };
};
