// One page of a long text, counted in Unicode code points; a page never ends inside a link. And the package's counter of code points.

export interface PageRequest {
  /** Code points on this page, at most. */
  readonly maxChars: number;
  /** Code points before this page. */
  readonly offset: number;
  /** UTF-8 bytes on this page, at most, for whoever pays by size; any number when absent. */
  readonly maxBytes?: number;
}

export interface Page {
  readonly text: string;
  /** Code points in the whole text. */
  readonly totalChars: number;
  /** Where the next page begins; absent on the last one. */
  readonly nextOffset?: number;
}

/** UTF-8 bytes of a code point. */
const bytesOf = (point: number): number => {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
};

/**
 * The index (in UTF-16 units) `count` code points after `from`, or fewer where they would take more than `bytes`, but at
 * least one; and how many there were.
 */
const advance = (
  text: string,
  from: number,
  count: number,
  bytes = Number.POSITIVE_INFINITY,
): { index: number; passed: number } => {
  let index = from;
  let passed = 0;
  let size = 0;
  while (index < text.length && passed < count) {
    const point = text.codePointAt(index) ?? 0;
    size += bytesOf(point);
    if (size > bytes && passed > 0) break;
    index += point > 0xffff ? 2 : 1;
    passed += 1;
  }
  return { index, passed };
};

/** The index (in UTF-16 units) after so many code points. */
export const indexAfter = (text: string, count: number): number => advance(text, 0, count).index;

/** Unicode code points; an unpaired surrogate counts as one. */
export const codePointsIn = (text: string): number => advance(text, 0, Number.POSITIVE_INFINITY).passed;

/**
 * An address or the number of one, with the marks before it by which the text of a link is followed: ` <https://…>`,
 * `] (goes to https://…)`, ` [link 7: example.com]`.
 */
const target =
  /(?:\] \(goes to | ?<| (?=\[link ))?(?:(?:(?:https?|ftp):\/\/|(?:mailto|tel|sms):|(?<![\w.@/-])www\.)[^\s<>"]*>?|\[link \d+: [^\]\s]*\])/gi;
/** As far beyond the end of a page an address may begin whose marks stand on the page, and the number of one end. */
const marksAhead = 120;
/** A longer line is no link with its text, but a paragraph. */
const longestLinkLine = 500;
/** Characters of an address that is never cut, however small a page was asked for. */
const longestWhole = 8_000;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The address that reaches across `end` or is parted there from its text; undefined if none does. */
const targetAcross = (text: string, from: number, end: number): Span | undefined => {
  for (const match of text.slice(from, end + marksAhead).matchAll(target)) {
    const start = from + match.index;
    const isParted = start === end && /^[\] <]/.test(match[0]);
    if ((start < end && start + match[0].length > end) || isParted) return { start, end: endOfTarget(text, start) };
  }
  return undefined;
};

const endOfTarget = (text: string, start: number): number =>
  start + (new RegExp(target).exec(text.slice(start, start + longestWhole))?.[0].length ?? 0);

/** Where the short line begins that `end` would part, if it is one with a link: its words and its address stay together. */
const lineOfLink = (text: string, from: number, end: number): number | undefined => {
  const before = text.slice(Math.max(from, end - longestLinkLine), end).lastIndexOf('\n');
  const after = text.slice(end, end + longestLinkLine).indexOf('\n');
  if (before < 0 || after < 0) return undefined;
  const start = Math.max(from, end - longestLinkLine) + before + 1;
  const line = text.slice(start, end + after);
  return start < end && line.search(target) >= 0 ? start : undefined;
};

/**
 * The index nearest before `end` at which no link is cut: the beginning of a line with nothing but a link and a few
 * words, else the beginning of the address. An address that fills the page by itself makes the page longer.
 */
const outsideLinks = (text: string, from: number, end: number): number => {
  if (end >= text.length) return end;
  const across = targetAcross(text, from, end);
  if (across === undefined) return lineOfLink(text, from, end) ?? end;
  const nearby = Math.max(from, end - longestLinkLine);
  const line = text.slice(nearby, across.start).lastIndexOf('\n');
  if (line >= 0) return nearby + line + 1;
  if (across.start > from) return across.start;
  return across.end - from < longestWhole ? Math.max(across.end, end) : end;
};

/**
 * Cuts one page out of a text without splitting a surrogate pair or a link; linear in the text. The pages in turn are the
 * text; a page is shorter than asked for where a link would be cut, and longer where it could hold nothing else.
 */
export const page = (text: string, { maxChars, offset, maxBytes }: PageRequest): Page => {
  const start = advance(text, 0, offset);
  const end = outsideLinks(text, start.index, advance(text, start.index, maxChars, maxBytes).index);
  const nextOffset = start.passed + codePointsIn(text.slice(start.index, end));
  const totalChars = nextOffset + codePointsIn(text.slice(end));
  return {
    text: text.slice(start.index, end),
    totalChars,
    ...(nextOffset < totalChars ? { nextOffset } : {}),
  };
};
