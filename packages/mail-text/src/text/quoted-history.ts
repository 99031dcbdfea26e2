// Where the quoted history of a plain text begins: everything from there on is what others wrote before. A quote that
// its reader answers below, point by point, is no history. Knows nothing of HTML.
import { dateField, divider, fromField, opener, otherField, strong, verb, wordless } from './quote-marks.ts';

interface Line {
  readonly text: string;
  /** UTF-16 units before this line. */
  readonly offset: number;
  readonly kind: 'own' | 'quoted' | 'blank';
}

/** Attributions and headings are short; longer lines are text. */
const longestMark = 400;

const linesOf = (text: string): Line[] => {
  let offset = 0;
  return text.split('\n').map((whole) => {
    const line: Line = {
      text: whole.length > longestMark ? '' : whole.trim(),
      offset,
      kind: /^ ?(?:>|\|>)/.test(whole) ? 'quoted' : whole.trim() === '' ? 'blank' : 'own',
    };
    offset += whole.length + 1;
    return line;
  });
};

/** Outlook puts the fields of the earlier message above it. */
const isHeaderBlock = (lines: readonly Line[], at: number): boolean => {
  if (!fromField.test(lines[at]?.text ?? '')) return false;
  const next = lines.slice(at + 1, at + 7);
  return next.some(({ text }) => dateField.test(text)) && next.some(({ text }) => otherField.test(text));
};

/** How many lines from `at` on are an attribution; they are wrapped by most mail programs. */
const attributionLength = (lines: readonly Line[], at: number): number => {
  for (let count = 1; count <= 4; count++) {
    const here = lines.slice(at, at + count);
    if (here.length < count || here.some(({ kind }) => kind !== 'own')) return 0;
    const text = here.map((line) => line.text).join(' ');
    if (!/[:：]$/.test(text)) continue;
    const opens = count === 1 || opener.test(text);
    if (opens && (verb.test(text) || wordless.test(text))) return count;
  }
  return 0;
};

/** The first of the last lines that only sign or are added by a mailing list. */
const withoutFooter = (lines: readonly Line[]): number => {
  const from = Math.max(lines.length - 20, 0);
  for (let at = lines.length - 1; at >= from; at--) {
    if (lines[at]?.kind === 'own' && /^(?:--|-- |_{5,}|-{20,})$/.test(lines[at]?.text ?? '')) {
      const above = lines.slice(0, at).findLast(({ kind }) => kind !== 'blank');
      if (above?.kind === 'quoted') return at;
    }
  }
  return lines.length;
};

/**
 * Where history begins, in UTF-16 units; undefined where there is none. Lines end with LF.
 * Seen: `On … wrote:` in some thirty languages, `-----Original Message-----` and forwards, header blocks as Outlook
 * writes them, and a block of `>` lines after which nothing of the writer's own follows.
 */
export const historyStart = (text: string): number | undefined => {
  const lines = linesOf(text);
  const end = withoutFooter(lines);
  const lastOwn = lines.slice(0, end).findLastIndex(({ kind }) => kind === 'own');
  for (const [at, line] of lines.entries()) {
    const answered = lastOwn >= at;
    if (line.kind === 'quoted' && !answered) return line.offset;
    if (line.kind !== 'own') continue;
    if (divider.test(line.text) || isHeaderBlock(lines, at)) return startOfDivider(lines, at);
    const length = attributionLength(lines, at);
    if (length === 0) continue;
    const below = lines.slice(at + length, at + length + 4).find(({ kind }) => kind !== 'blank');
    const marked = below?.kind === 'quoted';
    const last = at + length - 1;
    if (
      marked
        ? lastOwn <= last
        : below !== undefined &&
          strong.test(
            lines
              .slice(at, last + 1)
              .map((l) => l.text)
              .join(' '),
          )
    )
      return line.offset;
  }
  return undefined;
};

/** A rule drawn directly above the fields belongs to them. */
const startOfDivider = (lines: readonly Line[], at: number): number | undefined => {
  const above = lines[at - 1];
  return (above && /^[_-]{8,}$/.test(above.text.replace(/\s/g, '_')) ? above : lines[at])?.offset;
};
