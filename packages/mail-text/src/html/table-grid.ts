// In which column of its table each cell stands: cells that span rows push those of later rows to the right (HTML
// standard, "forming a table"). Knows nothing of what is in the cells. Costs a bounded number of steps for a document,
// whatever spans its sender writes.
import type { Attributes } from './html-tokens.ts';

/** What all tables of a document may cost together, in steps; then spans count as one column and one row. */
export interface SpanBudget {
  left: number;
}

export const createSpanBudget = (): SpanBudget => ({ left: 200_000 });

/** No table that a person reads has more columns; cells beyond are taken one by one. */
const mostColumns = 100;
/** The standard's own limits. */
const [mostColSpan, mostRowSpan] = [1_000, 65_534];

const numberIn = (value: string | undefined): number => {
  const number = Number.parseInt(value ?? '', 10);
  return Number.isNaN(number) || number < 0 ? 1 : number;
};

/** A cell in its row. */
export interface PlacedCell {
  /** The columns before it that cells of rows above reach into. */
  readonly above: readonly PlacedCell[];
  /** Columns. */
  readonly width: number;
  /** To be set by who reads it. */
  hasText: boolean;
}

interface Reaching {
  readonly cell: PlacedCell;
  /** The first row that it does not reach. */
  readonly until: number;
}

export const createTableGrid = (budget: SpanBudget) => {
  let row = 0;
  let column = 0;
  let reaching: (Reaching | undefined)[] = [];

  /** The cells of rows above from here on, up to the next free column. */
  const passOver = (): PlacedCell[] => {
    const passed: PlacedCell[] = [];
    for (let here = reaching[column]; here && here.until > row && budget.left > 0; here = reaching[column]) {
      passed.push(here.cell);
      column += 1;
      budget.left -= 1;
    }
    return passed;
  };

  return {
    /** A group of rows begins: nothing reaches into it from above. */
    beginGroup: (): void => {
      reaching = [];
    },
    beginRow: (): void => {
      row += 1;
      column = 0;
    },
    cell: ({ colspan, rowspan }: Attributes): PlacedCell => {
      const above = passOver();
      const columns = Math.min(numberIn(colspan) || 1, mostColSpan);
      const width = budget.left > 0 ? Math.max(Math.min(columns, mostColumns - column), 1) : 1;
      const rows = Math.min(numberIn(rowspan), mostRowSpan);
      const cell: PlacedCell = { above, width, hasText: false };
      if (rows !== 1 && column < mostColumns && budget.left > 0) {
        const until = rows === 0 ? Number.POSITIVE_INFINITY : row + rows;
        for (let at = column; at < column + width; at += 1) reaching[at] = { cell, until };
        budget.left -= width;
      }
      column += width;
      return cell;
    },
    /** The row is complete: how many columns it has, those that cells of rows above take among them. */
    columns: (): number => {
      passOver();
      return column;
    },
  };
};

export type TableGrid = ReturnType<typeof createTableGrid>;
