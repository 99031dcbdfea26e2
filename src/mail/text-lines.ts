// Collects text that is laid out in blocks and lines: spaces collapse, blank lines never double, quotes and list items
// carry their marks. Knows nothing of HTML.

export interface TextLines {
  /** Running text: white space collapses. */
  words(text: string): void;
  /** Text whose lines and spaces count. */
  verbatim(text: string): void;
  /** Ends the line, if something is on it. */
  endLine(): void;
  /** Ends the line and makes sure that one blank line follows. */
  endBlock(): void;
  /** An explicit line break: several of them make blank lines. */
  breakLine(): void;
  /** Begins a quoted (+1) or ends one (-1). */
  quote(change: 1 | -1): void;
  /** What the next line begins with, before its first word. */
  mark(text: string): void;
  /** Whether something is on the current line. */
  inLine(): boolean;
  text(): string;
}

/** Deeper quotes are marked no further: the mark of a line must not grow with what a sender nests. */
const deepestQuote = 10;

export const createTextLines = (): TextLines => {
  const pieces: string[] = [];
  let lineBreaks = 0;
  let lineIsEmpty = true;
  let spaceWanted = false;
  let quoteDepth = 0;
  let gapDepth = 0;
  let pendingMark = '';

  const prefix = (depth: number): string => '> '.repeat(Math.min(depth, deepestQuote));
  const write = (text: string): void => {
    if (lineIsEmpty) {
      const breaks = pieces.length === 0 ? 0 : lineBreaks;
      const blank = `\n${prefix(gapDepth).trimEnd()}`.repeat(Math.max(breaks - 1, 0));
      pieces.push(blank, breaks > 0 ? '\n' : '', prefix(quoteDepth), pendingMark);
      pendingMark = '';
      gapDepth = quoteDepth;
      lineIsEmpty = false;
    } else if (spaceWanted) {
      pieces.push(' ');
    }
    spaceWanted = false;
    lineBreaks = 0;
    pieces.push(text);
  };
  const endLine = (): void => {
    if (!lineIsEmpty) lineBreaks = Math.max(lineBreaks, 1);
    lineIsEmpty = true;
    spaceWanted = false;
  };
  const breakLine = (): void => {
    lineBreaks = lineIsEmpty ? Math.min(lineBreaks + 1, 3) : 1;
    lineIsEmpty = true;
    spaceWanted = false;
  };

  return {
    words: (text) => {
      const collapsed = text.replace(/[\s\u00a0]+/g, ' ');
      const words = collapsed.trim();
      if (collapsed.startsWith(' ') && !lineIsEmpty) spaceWanted = true;
      if (words === '') return;
      write(words);
      spaceWanted = collapsed.endsWith(' ');
    },
    verbatim: (text) => {
      for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
        if (index > 0) breakLine();
        if (line !== '') write(line);
      }
    },
    endLine,
    endBlock: () => {
      endLine();
      lineBreaks = Math.max(lineBreaks, 2);
    },
    breakLine,
    quote: (change) => {
      endLine();
      quoteDepth = Math.max(quoteDepth + change, 0);
      gapDepth = Math.min(gapDepth, quoteDepth);
    },
    mark: (text) => {
      pendingMark = text;
    },
    inLine: () => !lineIsEmpty,
    text: () => pieces.join(''),
  };
};
