// One page of a long text. Counts Unicode code points, as a reader would; knows nothing of mail.

export interface PageRequest {
  /** Code points on this page. */
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

/** Cuts one page out of a text without splitting a surrogate pair; linear in the text. The pages in turn are the text. */
export const page = (text: string, { maxChars, offset }: PageRequest): Page => {
  const start = advance(text, 0, offset);
  const end = advance(text, start.index, maxChars);
  const rest = advance(text, end.index, Number.POSITIVE_INFINITY);
  const here = start.passed + end.passed;
  return {
    text: text.slice(start.index, end.index),
    totalChars: here + rest.passed,
    ...(rest.passed > 0 ? { nextOffset: here } : {}),
  };
};
