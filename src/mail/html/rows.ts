// Rows of tables while they are open: a data row is one line with bars, a row of short pieces one line with spaces, and
// of a layout row each cell stands by itself. Knows no other elements.
import type { TextLines } from '../text-lines.ts';
import type { RowKind } from './survey.ts';

interface OpenRow {
  readonly kind: RowKind;
  isOpen: boolean;
  cells: number;
  hasText: boolean;
  /** Cells without text since the last one with some: their bars are written only if another text follows. */
  barsOwed: number;
}

export const createRows = (out: TextLines, kinds: readonly RowKind[]) => {
  const rows: OpenRow[] = [];
  let met = 0;
  let kindOfNext: RowKind = 'apart';

  const close = (row: OpenRow | undefined): void => {
    if (row?.isOpen && row.kind !== 'apart') out.oneLine(-1);
    if (row) row.isOpen = false;
  };
  return {
    /** Every row of the document is met once, in order, seen or not. */
    meetRow: (): void => {
      kindOfNext = kinds[met] ?? 'apart';
      met += 1;
    },
    openRow: (): void => {
      if (kindOfNext !== 'apart') out.oneLine(1);
      rows.push({ kind: kindOfNext, isOpen: true, cells: 0, hasText: false, barsOwed: 0 });
    },
    closeRow: (): void => {
      close(rows.pop());
      out.endLine();
    },
    openCell: () => {
      const row = rows.at(-1);
      if (!row?.isOpen || row.kind === 'apart') return out.endLine();
      row.cells += 1;
      if (row.cells > 1 && row.kind === 'data') row.barsOwed += 1;
      else out.words(' ');
    },
    /** Called before a text is written. */
    saying: (): void => {
      const row = rows.at(-1);
      if (!row?.isOpen) return;
      row.hasText = true;
      for (; row.barsOwed > 0; row.barsOwed -= 1) out.words(' | ');
    },
    /** A picture without words stands in the cell: it is no empty column. */
    picture: (): void => {
      const row = rows.at(-1);
      if (!row || row.hasText) return;
      row.cells = 0;
      row.barsOwed = 0;
    },
    isInRow: (): boolean => {
      const row = rows.at(-1);
      return row?.isOpen === true && row.kind !== 'apart';
    },
  };
};
