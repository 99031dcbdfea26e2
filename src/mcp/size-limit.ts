// How large results may get. A list fits what common clients take of one result; one message or file fits 1 MB (inline
// attachments aside), structured form and text together.
import { readableText } from './readable-text.ts';

/**
 * Bytes of the rows of a list, in each of its two forms, structured and text: Claude Code takes 25,000 tokens of a result, of which 60 kB of
 * mail are fewer in every script.
 */
const maxListBytes = 60_000;
/** Characters of a list with what surrounds its rows; declared to clients that would cut it earlier. */
export const largestListChars = 70_000;
/** Characters: the most that Claude Code lets a tool declare. Larger pages come only to who asks for them. */
export const largestResultChars = 500_000;

/** Bytes for the one row of a result: 1 MB without what surrounds it. */
const maxPageBytes = 960_000;
/** Bytes of the structured form below which not even the deepest indentation makes the text too large for a page. */
const surelyFittingBytes = 10_000;

/** Characters of the page below which no shorter one is tried. */
const minPageChars = 100;

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const textOf = (row: object): string => readableText({ rows: [row] });

/** Bytes of a row in the larger of its two forms: clients read one of them. */
const listCost = (row: object): number => Math.max(jsonBytes(row), Buffer.byteLength(textOf(row)));

/** Bytes of a row on the wire: once structured, once as text inside a JSON string. */
const wireCost = (row: object): number => jsonBytes(row) + jsonBytes(textOf(row));

/** Bytes of variants that wait until all rows of a list are there: some twenty lists' worth. */
const maxWaitingBytes = 1_200_000;

/**
 * Trims the variants of rows that arrive one by one, in any order, until all are there: of what is far more than a list can
 * show only the two shortest variants stay, so that many lists of large mail together take little memory.
 */
export const createVariantTrimmer = (): (<Row>(variants: Variants<Row>) => Variants<Row>) => {
  let waiting = 0;
  return (variants) => {
    const size = sum(variants.map(({ cost = smallRowBytes }) => cost));
    if (waiting + size <= maxWaitingBytes) {
      waiting += size;
      return variants;
    }
    return variants.map((variant, index) => variants[Math.max(index, variants.length - 2)] ?? variant);
  };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Bytes of the structured form up to which a row is measured only where all of them are. */
const smallRowBytes = 3_000;

/** One variant of a row of a list, and what it costs where that was measured. */
interface Variant<Row> {
  readonly row: Row;
  readonly cost?: number;
}

/** Ever shorter variants of one row; the last is a few bytes. */
export type Variants<Row> = readonly Variant<Row>[];

/**
 * The variants of a row, measured where that takes time; what alone would fill a list gives way to the next shorter one.
 * @param rows longest first; the last one must be a few bytes only.
 */
export const variantsOf = <Row extends object>(rows: readonly Row[]): Variants<Row> => {
  if (jsonBytes(rows[0] ?? {}) <= smallRowBytes) return rows.map((row) => ({ row }));
  const variants = rows.map((row) => ({ row, cost: listCost(row) }));
  return variants.map(
    (variant, index) => variants.slice(index).find(({ cost }) => cost <= maxListBytes) ?? variants.at(-1) ?? variant,
  );
};

/**
 * The rows of a list, each in one of its variants: of those that do not fit any more a shorter one, of the later ones first.
 * @param rows equally many variants of each.
 * @param beside what else the answer lists.
 */
export const fitVariants = <Row extends object>(
  rows: readonly Variants<Row>[],
  beside: readonly object[] = [],
): Row[] => {
  const budget = maxListBytes - sum(beside.map(listCost));
  const measured = ({ row, cost = listCost(row) }: Variant<Row>) => ({ row, cost });
  const longest = rows.flatMap(([first]) => (first === undefined ? [] : [measured(first)]));
  if (sum(longest.map(({ cost }) => cost)) <= budget) return longest.map(({ row }) => row);
  const variants = rows.map((variantsOfRow) => variantsOfRow.map(measured));
  const costsAt = (level: number) => variants.map((variantsOfRow) => variantsOfRow[level]?.cost ?? 0);
  const levels = variants[0]?.map((_, level) => level) ?? [];
  // Every row is sure of the longest variant in which all of them fit; what is left over goes to the first ones.
  const reserved = costsAt(levels.find((level) => sum(costsAt(level)) <= budget) ?? levels.length - 1);
  let left = budget - sum(reserved);
  return variants.flatMap((variantsOfRow, index) => {
    const mine = reserved[index] ?? 0;
    const fitting = variantsOfRow.find((variant) => variant.cost <= left + mine) ?? variantsOfRow.at(-1);
    if (fitting === undefined) return [];
    left -= fitting.cost - mine;
    return [fitting.row];
  });
};

/** `fitVariants` of rows that are all there. @param smaller the shorter variants of a row, equally many for each. */
export const fitRows = <Row extends object>(
  rows: readonly Row[],
  smaller: (row: Row, index: number) => readonly Row[],
): Row[] =>
  sum(rows.map(listCost)) <= maxListBytes
    ? [...rows]
    : fitVariants(rows.map((row, index) => variantsOf([row, ...smaller(row, index)])));

/**
 * As many of the first rows as fit a list whole, and at least one, in the longest variant that fits: for lists that can be
 * continued anywhere.
 */
export const firstRows = <Row extends object>(rows: readonly Row[], smaller: (row: Row) => readonly Row[]): Row[] => {
  let left = maxListBytes;
  const cut = rows.findIndex((row) => {
    left -= listCost(row);
    return left < 0;
  });
  return cut < 0 ? [...rows] : fitRows(rows.slice(0, Math.max(cut, 1)), smaller);
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
  const fits = (row: Row): boolean => jsonBytes(row) < surelyFittingBytes || wireCost(row) <= maxPageBytes;
  const largest = render(maxChars);
  if (fits(largest)) return largest;
  const shortest = render(Math.min(maxChars, minPageChars));
  // What does not fit even so is not too large by its page; rendering it again and again would only take time.
  if (!fits(shortest)) return fallback();
  for (let chars = Math.floor(maxChars / 2); chars > minPageChars; chars = Math.floor(chars / 2)) {
    const row = render(chars);
    if (fits(row)) return row;
  }
  return shortest;
};
