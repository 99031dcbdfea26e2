// No result exceeds 1 MB (inline attachments aside), structured form and text together. Knows nothing of mail.
import { readableText } from './readable-text.ts';

/** Bytes for the rows of a result: 1 MB without what surrounds them. */
const budget = 960_000;
/** What an id and its mark need at most, with the failures beside them. */
const idCost = 400;
/** Indentation makes the text at most this many times as large as the structured form. */
const worstRatio = 7;

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Bytes of a row on the wire: once structured, once as text inside a JSON string. */
const cost = (row: object): number => {
  const structured = jsonBytes(row);
  return structured * (1 + worstRatio) < idCost ? idCost : structured + jsonBytes(readableText({ rows: [row] }));
};

const isPlainlySmall = (rows: readonly object[]): boolean => jsonBytes(rows) * (1 + worstRatio) < budget;

/**
 * The rows, of which those that do not fit any more are made smaller, the later ones first.
 * @param smaller the shorter forms of row number `index`, longest first; the last one must be a few bytes only.
 */
export const fitRows = <Row extends object>(
  rows: readonly Row[],
  smaller: (index: number) => readonly Row[],
): Row[] => {
  if (isPlainlySmall(rows)) return [...rows];
  let left = budget - rows.length * idCost;
  return rows.map((row, index) => {
    const forms = [row, ...smaller(index)];
    const fitting = forms.find((form) => cost(form) <= left + idCost) ?? row;
    left -= cost(fitting) - idCost;
    return fitting;
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
