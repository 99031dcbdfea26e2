// Lists and tables while they are open: the markers of list items, and rows as lines. A row of a data table is one line with bars, a
// row of short pieces one line with spaces, and in a table that lays out the page each cell is by itself.

import type { Attributes } from '../css/element.ts';
import type { TextLines } from '../text/text-lines.ts';

interface OpenList {
  readonly isOrdered: boolean;
  next: number;
}

/** Deeper lists are indented no further: the sender chooses how deep they are. */
const deepestIndent = 8;

const isList = (name: string): boolean => name === 'ul' || name === 'ol' || name === 'menu' || name === 'dir';

export const createLists = (lines: TextLines) => {
  const lists: OpenList[] = [];
  const separate = () => (lists.length > 0 ? lines.endLine() : lines.endBlock());
  return {
    /** @returns whether the element belongs to a list */
    open: (name: string, attributes: Attributes): boolean => {
      if (isList(name)) {
        separate();
        const start = Number.parseInt(attributes.start ?? '1', 10);
        lists.push({ isOrdered: name === 'ol', next: Number.isSafeInteger(start) ? start : 1 });
        return true;
      }
      if (name !== 'li') return false;
      lines.endLine();
      const list = lists.at(-1);
      const value = Number.parseInt(attributes.value ?? '', 10);
      if (list && Number.isSafeInteger(value)) list.next = value;
      const indent = '  '.repeat(Math.min(Math.max(lists.length - 1, 0), deepestIndent));
      lines.startNextLineWith(`${indent}${list?.isOrdered ? `${list.next}.` : '-'} `);
      if (list) list.next += 1;
      return true;
    },
    close: (name: string): boolean => {
      if (!isList(name)) return false;
      lists.pop();
      separate();
      return true;
    },
  };
};

/** `data`: cells belong together, row by row. `brief`: a row of short pieces, one line. `apart`: each cell by itself. */
export type RowKind = 'data' | 'brief' | 'apart';

interface OpenRow {
  readonly kind: RowKind;
  readonly grid: TableGrid;
  hasText: boolean;
  cell: PlacedCell | undefined;
  /** Columns before the cell that is open, and before the next one. */
  before: number;
  next: number;
  /** The first column that counts: images before any text are none. */
  first: number;
  /** Written so far: a bar stands before every column but the first, as soon as a text follows. */
  bars: number;
}

/** Bars that a document may have for columns that are spanned: the sender chooses how many there are. */
const mostSpanBars = 10_000;

export class TableRows {
  private readonly lines: TextLines;
  private readonly kinds: readonly RowKind[];
  private readonly spanBudget = createSpanBudget();
  private readonly grids: TableGrid[] = [];
  private readonly open: OpenRow[] = [];
  private begun = 0;
  private nextKind: RowKind = 'apart';
  private spanBarsLeft = mostSpanBars;

  /** @param kinds of all rows of the document, in the order in which they begin */
  constructor(lines: TextLines, kinds: readonly RowKind[]) {
    this.lines = lines;
    this.kinds = kinds;
  }

  openTable(): void {
    this.grids.push(createTableGrid(this.spanBudget));
  }
  closeTable(): void {
    this.grids.pop();
  }
  openGroup(): void {
    this.grids.at(-1)?.beginGroup();
  }
  /** To be called once for every row of the document, in order, seen or not. */
  beginRow(): void {
    this.nextKind = this.kinds[this.begun] ?? 'apart';
    this.begun += 1;
  }
  /** The row that began last is seen. */
  openRow(): void {
    if (this.nextKind !== 'apart') this.lines.oneLine(1);
    const grid = this.grids.at(-1) ?? createTableGrid(this.spanBudget);
    grid.beginRow();
    this.open.push({
      kind: this.nextKind,
      grid,
      hasText: false,
      cell: undefined,
      before: 0,
      next: 0,
      first: 0,
      bars: 0,
    });
  }
  closeRow(): void {
    const row = this.open.pop();
    if (row && row.kind !== 'apart') {
      this.lines.endEdit();
      this.lines.oneLine(-1);
    }
    this.lines.endLine();
  }
  openCell(attributes: Attributes): void {
    const row = this.open.at(-1);
    if (!row || row.kind === 'apart') {
      this.lines.endLine();
      return;
    }
    this.lines.endEdit();
    this.lines.words(' ');
    row.cell = row.grid.cell(attributes);
    if (row.kind !== 'data') return;
    const { above, width } = row.cell;
    row.before = row.next + this.spanned(above.filter(({ hasText }) => hasText).length);
    row.next = row.before + 1 + this.spanned(width - 1);
  }
  /** To be called before a text is written: bars come before it. */
  beforeText(): void {
    const row = this.open.at(-1);
    if (!row) return;
    row.hasText = true;
    if (row.cell) row.cell.hasText = true;
    if (row.bars >= row.before - row.first) return;
    this.lines.setEdit(undefined);
    for (; row.bars < row.before - row.first; row.bars += 1) this.lines.words(' | ');
  }
  /** An image without alternative text is in the cell: a first column with nothing else is none. */
  addImage(): void {
    const row = this.open.at(-1);
    if (row && !row.hasText) row.first = row.next;
  }
  /** Whether everything stays on one line. */
  isOnOneLine(): boolean {
    const row = this.open.at(-1);
    return row !== undefined && row.kind !== 'apart';
  }

  /** Columns of cells that reach in from above count where these hold text; of further ones only so many in all. */
  private spanned(columns: number): number {
    const granted = Math.min(columns, this.spanBarsLeft);
    this.spanBarsLeft -= granted;
    return granted;
  }
}

// In which column of its table each cell is (HTML standard, "forming a table"): cells that span rows push those of later rows to
// the right. Costs a bounded number of steps for a document, whatever spans its sender writes.

/** What all tables of a document may cost together, in steps; then spans count as one column and one row. */
interface SpanBudget {
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
