// One page of a long text. Counts Unicode code points, as a reader would, and never ends inside a link; knows nothing else
// of mail.

export interface PageRequest {
  /** Code points on this page, at most. */
  readonly maxChars: number;
  /** Code points before this page. */
  readonly offset: number;
}

export interface Page {
  readonly text: string;
  /** Code points in the whole text. */
  readonly totalChars: number;
  /** Where the next page begins; absent on the last one. */
  readonly nextOffset?: number;
}

const isPairAt = (text: string, index: number): boolean => (text.codePointAt(index) ?? 0) > 0xffff;

/** The index (in UTF-16 units) `count` code points after `from`, and how many of them there were. */
const advance = (text: string, from: number, count: number): { index: number; passed: number } => {
  let index = from;
  let passed = 0;
  while (index < text.length && passed < count) {
    index += isPairAt(text, index) ? 2 : 1;
    passed += 1;
  }
  return { index, passed };
};

/** Unicode code points; an unpaired surrogate counts as one. */
export const codePointsIn = (text: string): number => advance(text, 0, Number.POSITIVE_INFINITY).passed;

/** An address with the marks before it by which the text of a link is followed: ` <https://…>`, `] (goes to https://…)`. */
const target = /(?:\] \(goes to | ?<)?(?:(?:https?|ftp):\/\/|(?:mailto|tel|sms):)\S*/gi;
/** As far beyond the end of a page an address may begin whose marks stand on the page. */
const marksAhead = 24;
/** A longer line is no link with its text, but a paragraph. */
const longestLinkLine = 300;

/** Where the address begins that reaches across `end` or is parted there from its text; undefined if none does. */
const targetAcross = (text: string, from: number, end: number): number | undefined => {
  for (const match of text.slice(from, end + marksAhead).matchAll(target)) {
    const start = from + match.index;
    const isParted = start === end && /^[\] <]/.test(match[0]);
    if ((start < end && start + match[0].length > end) || isParted) return start;
  }
  return undefined;
};

/**
 * The index nearest before `end` at which no link is cut: the beginning of a line with nothing but a link and a few
 * words, else the beginning of the address. Only an address that fills the page by itself is cut.
 */
const outsideLinks = (text: string, from: number, end: number): number => {
  if (end >= text.length) return end;
  const start = targetAcross(text, from, end);
  if (start === undefined) return end;
  const nearby = Math.max(from, end - longestLinkLine);
  const line = text.slice(nearby, start).lastIndexOf('\n');
  if (line >= 0) return nearby + line + 1;
  return start > from ? start : end;
};

/**
 * Cuts one page out of a text without splitting a surrogate pair or a link; linear in the text. The pages in turn are the
 * text; a page is shorter than asked for where a link would be cut.
 */
export const page = (text: string, { maxChars, offset }: PageRequest): Page => {
  const start = advance(text, 0, offset);
  const end = outsideLinks(text, start.index, advance(text, start.index, maxChars).index);
  const nextOffset = start.passed + codePointsIn(text.slice(start.index, end));
  const totalChars = nextOffset + codePointsIn(text.slice(end));
  return {
    text: text.slice(start.index, end),
    totalChars,
    ...(nextOffset < totalChars ? { nextOffset } : {}),
  };
};
