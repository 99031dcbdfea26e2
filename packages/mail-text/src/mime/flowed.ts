// format=flowed (RFC 3676): lines that were broken for transport become paragraphs again. Knows nothing of MIME parts.

interface Line {
  readonly depth: number;
  readonly text: string;
  /** Goes on in the next line. */
  readonly flows: boolean;
}

/** RFC 3676 §4.5: quote marks first, then the stuffed space; §4.3: a signature separator never flows. */
const readLine = (raw: string): Line => {
  const depth = /^>*/.exec(raw)?.[0].length ?? 0;
  const unquoted = raw.slice(depth);
  const text = unquoted.startsWith(' ') ? unquoted.slice(1) : unquoted;
  return { depth, text, flows: text.endsWith(' ') && text !== '-- ' };
};

/** Deeper quotes are marked no further: what a sender nests must not multiply. */
const deepestQuote = 10;
const quoteMark = (depth: number): string => '> '.repeat(Math.min(depth, deepestQuote));

/**
 * A flowed text with its paragraphs in one line each; quoted ones carry `> ` for every level.
 * @param text lines end with LF.
 * @param deleteSpace the DelSp parameter: the space before a soft break is not part of the text (RFC 3676 §4.2).
 */
export const unfoldFlowed = (text: string, deleteSpace: boolean): string => {
  const lines: string[] = [];
  let paragraph: string[] = [];
  let depth = 0;
  const endParagraph = () => {
    if (paragraph.length > 0) lines.push(quoteMark(depth) + paragraph.join(''));
    paragraph = [];
  };
  for (const raw of text.split('\n')) {
    const line = readLine(raw);
    if (paragraph.length > 0 && (line.depth !== depth || line.text === '-- ')) endParagraph();
    depth = line.depth;
    paragraph.push(line.flows && deleteSpace ? line.text.slice(0, -1) : line.text);
    if (!line.flows) endParagraph();
  }
  endParagraph();
  return lines.join('\n');
};
