// How large results may get. A list fits what common clients take of one result; one message or file fits 1 MB (inline
// attachments aside), structured form and text together. Knows nothing of mail.
import { readableText } from './readable-text.ts';

/**
 * Bytes of the rows of a list, in each of its two forms: Claude Code takes 25,000 tokens of a result, of which 60 kB of
 * mail are fewer in every script.
 */
const listBudget = 60_000;
/** Characters of a list with what surrounds its rows; declared to clients that would cut it earlier. */
export const largestListChars = 70_000;
/** Characters: the most that Claude Code lets a tool declare. Larger pages come only to who asks for them. */
export const largestResultChars = 500_000;

/** Bytes for the one row of a result: 1 MB without what surrounds it. */
const pageBudget = 960_000;
/** Bytes of structured form below which not even the deepest indentation makes the text too large for a page. */
const plainlySmall = 10_000;

/** Characters of the page below which no shorter one is tried. */
const shortestPage = 100;

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const textOf = (row: object): string => readableText({ rows: [row] });

/** Bytes of a row in the larger of its two forms: clients read one of them. */
const listCost = (row: object): number => Math.max(jsonBytes(row), Buffer.byteLength(textOf(row)));

/** Bytes of a row on the wire: once structured, once as text inside a JSON string. */
const wireCost = (row: object): number => jsonBytes(row) + jsonBytes(textOf(row));

/** Bytes of forms that wait until all rows of a list are there: some twenty lists' worth. */
const mostWaiting = 1_200_000;

/**
 * Keeps the forms of rows that arrive one by one, in any order, until all are there: of what is far more than a list can
 * show only the two shortest forms stay, so that many lists of large mail together take little memory.
 */
export const createFormsKeeper = (): (<Row>(forms: Forms<Row>) => Forms<Row>) => {
  let waiting = 0;
  return (forms) => {
    const size = sum(forms.map(({ cost = quicklyMeasured }) => cost));
    if (waiting + size <= mostWaiting) {
      waiting += size;
      return forms;
    }
    return forms.map((form, index) => forms[Math.max(index, forms.length - 2)] ?? form);
  };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Bytes of structured form up to which a row is measured only where all of them are. */
const quicklyMeasured = 3_000;

/** One form of a row of a list, and what it costs where that was measured. */
export interface Form<Row> {
  readonly row: Row;
  readonly cost?: number;
}

/** Ever shorter forms of one row; the last is a few bytes. */
export type Forms<Row> = readonly Form<Row>[];

/**
 * The forms of a row, measured where that takes time; what alone would fill a list gives way to the next shorter one.
 * @param rows longest first; the last one must be a few bytes only.
 */
export const formsOf = <Row extends object>(rows: readonly Row[]): Forms<Row> => {
  if (jsonBytes(rows[0] ?? {}) <= quicklyMeasured) return rows.map((row) => ({ row }));
  const forms = rows.map((row) => ({ row, cost: listCost(row) }));
  return forms.map((form, index) => forms.slice(index).find(({ cost }) => cost <= listBudget) ?? forms.at(-1) ?? form);
};

/**
 * The rows of a list, each in one of its forms: of those that do not fit any more a shorter one, of the later ones first.
 * @param rows equally many forms of each.
 * @param beside what else the answer lists.
 */
export const fitForms = <Row extends object>(rows: readonly Forms<Row>[], beside: readonly object[] = []): Row[] => {
  const budget = listBudget - sum(beside.map(listCost));
  const measured = ({ row, cost = listCost(row) }: Form<Row>) => ({ row, cost });
  const longest = rows.flatMap(([first]) => (first === undefined ? [] : [measured(first)]));
  if (sum(longest.map(({ cost }) => cost)) <= budget) return longest.map(({ row }) => row);
  const forms = rows.map((ofRow) => ofRow.map(measured));
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

/** `fitForms` of rows that are all there. @param smaller the shorter forms of a row, equally many for each. */
export const fitRows = <Row extends object>(
  rows: readonly Row[],
  smaller: (row: Row, index: number) => readonly Row[],
): Row[] =>
  sum(rows.map(listCost)) <= listBudget
    ? [...rows]
    : fitForms(rows.map((row, index) => formsOf([row, ...smaller(row, index)])));

/**
 * As many of the first rows as fit a list whole, and at least one, in the longest form that fits: for lists that can be
 * continued anywhere.
 */
export const firstRows = <Row extends object>(rows: readonly Row[], smaller: (row: Row) => readonly Row[]): Row[] => {
  let left = listBudget;
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
  const fits = (row: Row): boolean => jsonBytes(row) < plainlySmall || wireCost(row) <= pageBudget;
  const largest = render(maxChars);
  if (fits(largest)) return largest;
  const shortest = render(Math.min(maxChars, shortestPage));
  // What does not fit even so is not too large by its page; rendering it again and again would only take time.
  if (!fits(shortest)) return fallback();
  for (let chars = Math.floor(maxChars / 2); chars > shortestPage; chars = Math.floor(chars / 2)) {
    const row = render(chars);
    if (fits(row)) return row;
  }
  return shortest;
};
