// No result exceeds 1 MB (inline attachments aside), structured form and text together. Knows nothing of mail.
import { readableText } from './readable-text.ts';

/** Bytes for the rows of a result: 1 MB without what surrounds them. */
const budget = 960_000;
/** Bytes of structured form below which no indentation can make the text too large: not worth measuring. */
const plainlySmall = 30_000;

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Bytes of a row on the wire: once structured, once as text inside a JSON string. */
const cost = (row: object): number => jsonBytes(row) + jsonBytes(readableText({ rows: [row] }));

const isPlainlySmall = (rows: readonly object[]): boolean => jsonBytes(rows) < plainlySmall;

interface Form<Row> {
  readonly row: Row;
  readonly cost: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/**
 * The rows, of which those that do not fit any more are made smaller, the later ones first.
 * @param smaller the shorter forms of a row, longest first and equally many for each; the last one must
 *   be a few bytes only.
 */
export const fitRows = <Row extends object>(
  rows: readonly Row[],
  smaller: (row: Row, index: number) => readonly Row[],
): Row[] => {
  if (isPlainlySmall(rows)) return [...rows];
  const forms = rows.map((whole, index): Form<Row>[] =>
    [whole, ...smaller(whole, index)].map((row) => ({ row, cost: cost(row) })),
  );
  const costsAt = (level: number) => forms.map((ofRow) => ofRow[level]?.cost ?? 0);
  const levels = forms[0]?.map((_, level) => level) ?? [];
  // Every row is sure of the longest form in which all of them fit; what is left over goes to the first ones.
  const reserved = costsAt(levels.find((level) => sum(costsAt(level)) <= budget) ?? levels.length - 1);
  let left = budget - sum(reserved);
  return forms.flatMap((ofRow, index) => {
    const mine = reserved[index] ?? 0;
    const fitting = ofRow.find((form) => form.cost <= left + mine) ?? ofRow.at(-1);
    if (fitting === undefined) return [];
    left -= fitting.cost - mine;
    return [fitting.row];
  });
};

/**
 * The one row that `render` gives for the largest page that fits, at most `maxChars`.
 * @param fallback what is answered when even a short page is too large.
 */
export const fitPage = <Row extends object>(
  maxChars: number,
  render: (maxChars: number) => Row,
  fallback: () => Row,
): Row => {
  for (let chars = maxChars; ; chars = Math.floor(chars / 2)) {
    const row = render(chars);
    if (isPlainlySmall([row]) || cost(row) <= budget) return row;
    if (chars <= 100) return fallback();
  }
};
