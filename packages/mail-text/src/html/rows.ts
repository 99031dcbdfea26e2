// Rows of tables while they are open: a data row is one line with bars, a row of short pieces one line with spaces, and
// of a layout row each cell stands by itself. Knows no other elements.

import type { TextLines } from '../text/text-lines.ts';
import type { Attributes } from './html-tokens.ts';
import type { RowKind } from './survey.ts';
import { createSpanBudget, createTableGrid, type PlacedCell, type TableGrid } from './table-grid.ts';

interface OpenRow {
  readonly kind: RowKind;
  readonly grid: TableGrid;
  isOpen: boolean;
  hasText: boolean;
  cell: PlacedCell | undefined;
  /** Columns before the cell that is open, and before the next one. */
  before: number;
  next: number;
  /** The first column that counts: pictures before any text are none. */
  first: number;
  /** Written so far: a bar stands before every column but the first, as soon as a text follows. */
  bars: number;
}

/** Bars that a document may have for columns that are spanned: the sender chooses how many there are. */
const mostSpanBars = 10_000;

export const createRows = (out: TextLines, kinds: readonly RowKind[]) => {
  const budget = createSpanBudget();
  const grids: TableGrid[] = [];
  const rows: OpenRow[] = [];
  let met = 0;
  let kindOfNext: RowKind = 'apart';
  let spanBarsLeft = mostSpanBars;

  const close = (row: OpenRow | undefined): void => {
    if (row?.isOpen && row.kind !== 'apart') {
      out.endEdit();
      out.oneLine(-1);
    }
    if (row) row.isOpen = false;
  };
  /** Columns of cells that reach in from above count where these hold text; of further ones only so many in all. */
  const spanned = (columns: number): number => {
    const granted = Math.min(columns, spanBarsLeft);
    spanBarsLeft -= granted;
    return granted;
  };
  return {
    openTable: (): void => {
      grids.push(createTableGrid(budget));
    },
    closeTable: (): void => {
      grids.pop();
    },
    openGroup: (): void => grids.at(-1)?.beginGroup(),
    /** Every row of the document is met once, in order, seen or not. */
    meetRow: (): void => {
      kindOfNext = kinds[met] ?? 'apart';
      met += 1;
    },
    openRow: (): void => {
      if (kindOfNext !== 'apart') out.oneLine(1);
      const grid = grids.at(-1) ?? createTableGrid(budget);
      grid.beginRow();
      const row = { kind: kindOfNext, grid, isOpen: true, hasText: false, cell: undefined };
      rows.push({ ...row, before: 0, next: 0, first: 0, bars: 0 });
    },
    closeRow: (): void => {
      close(rows.pop());
      out.endLine();
    },
    openCell: (attributes: Attributes) => {
      const row = rows.at(-1);
      if (!row?.isOpen || row.kind === 'apart') return out.endLine();
      out.endEdit();
      out.words(' ');
      row.cell = row.grid.cell(attributes);
      if (row.kind !== 'data') return;
      const { above, width } = row.cell;
      row.before = row.next + spanned(above.filter(({ hasText }) => hasText).length);
      row.next = row.before + 1 + spanned(width - 1);
    },
    /** Called before a text is written. */
    saying: (): void => {
      const row = rows.at(-1);
      if (!row?.isOpen) return;
      row.hasText = true;
      if (row.cell) row.cell.hasText = true;
      if (row.bars >= row.before - row.first) return;
      out.edit(undefined);
      for (; row.bars < row.before - row.first; row.bars += 1) out.words(' | ');
    },
    /** A picture without words stands in the cell: it is no empty column. */
    picture: (): void => {
      const row = rows.at(-1);
      if (row && !row.hasText) row.first = row.next;
    },
    isInRow: (): boolean => {
      const row = rows.at(-1);
      return row?.isOpen === true && row.kind !== 'apart';
    },
  };
};
