// Lists while they are open: bullets, numbers and how far they are indented. Knows no other elements.
import type { TextLines } from '../text/text-lines.ts';
import type { Attributes } from './html-tokens.ts';
import { createSpanBudget, createTableGrid, type PlacedCell, type RowKind, type TableGrid } from './survey.ts';

interface OpenList {
  readonly isOrdered: boolean;
  next: number;
}

/** Deeper lists are indented no further: the sender chooses how deep they are. */
const deepestIndent = 8;

const isList = (name: string): boolean => name === 'ul' || name === 'ol' || name === 'menu' || name === 'dir';

export const createLists = (out: TextLines) => {
  const lists: OpenList[] = [];
  const layOut = () => (lists.length > 0 ? out.endLine() : out.endBlock());
  return {
    /** Whether the element belongs to a list and was dealt with. */
    open: (name: string, attributes: Attributes): boolean => {
      if (isList(name)) {
        layOut();
        const start = Number.parseInt(attributes.start ?? '1', 10);
        lists.push({ isOrdered: name === 'ol', next: Number.isSafeInteger(start) ? start : 1 });
        return true;
      }
      if (name !== 'li') return false;
      out.endLine();
      const list = lists.at(-1);
      const value = Number.parseInt(attributes.value ?? '', 10);
      if (list && Number.isSafeInteger(value)) list.next = value;
      const indent = '  '.repeat(Math.min(Math.max(lists.length - 1, 0), deepestIndent));
      out.mark(`${indent}${list?.isOrdered ? `${list.next}.` : '-'} `);
      if (list) list.next += 1;
      return true;
    },
    close: (name: string): boolean => {
      if (!isList(name)) return false;
      lists.pop();
      layOut();
      return true;
    },
  };
};

// Rows of tables while they are open: a data row is one line with bars, a row of short pieces one line with spaces, and
// of a layout row each cell stands by itself. Knows no other elements.

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

// Where the quoted history of a mail begins, from the marks that mail programs leave in their HTML. Knows no layout.

/** `inside`: what stands in the element is history. `onwards`: it and everything after it. */
export type HistoryMark = 'inside' | 'onwards' | undefined;

const insideClasses =
  /(?:^|\s)(?:x_)*(?:gmail_quote|gmail_quote_container|yahoo_quoted|moz-cite-prefix|moz-forward-container|protonmail_quote|tutanota_quote|zmail_extra|ydp[0-9a-z]*yahoo_quoted)(?=\s|$)/i;
const onwardsClasses = /(?:^|\s)(?:x_)*(?:OutlookMessageHeader)(?=\s|$)/i;
const onwardsIds =
  /^(?:x_)*(?:divRplyFwdMsg|appendonsend|oriMsgHtmlSeperator|mail-editor-reference-message-container|reply-intro|stopSpelling)$/i;
/** The rule that Outlook for Windows and for Mac draw above "From: … Sent: …". */
const outlookRule = /border:\s?none;\s?border-top:\s?solid\s?#(?:e1e1e1|b5c4df)/i;

/** Whether an element begins quoted history. */
export const historyMark = (name: string, attributes: Attributes): HistoryMark => {
  const { class: classes = '', id = '', style = '', type = '' } = attributes;
  if (onwardsIds.test(id) || onwardsClasses.test(classes.slice(0, 500))) return 'onwards';
  if (name === 'div' && outlookRule.test(style.slice(0, 200))) return 'onwards';
  if (name === 'blockquote' && /^\s*cite\s*$/i.test(type.slice(0, 20))) return 'inside';
  return insideClasses.test(classes.slice(0, 500)) || /^yahoo_quoted/.test(id) ? 'inside' : undefined;
};

interface HistoryTracker {
  enter(mark: 'inside' | 'onwards'): void;
  /** Leaves an element that was entered with `inside`. */
  leave(): void;
  /** Something is about to be written; `place` is remembered if history begins there. */
  said(place: () => number): void;
  /** Where history begins; undefined where there is none, or where the answer stands below it. */
  readonly begins: () => number | undefined;
}

/**
 * History begins where the last stretch of it begins: answers between quotes, or below the only one, are new text, but
 * a footer under the history of a mail that began with its own words is not.
 */
export const createHistoryTracker = (): HistoryTracker => {
  let depth = 0;
  let goesOn = false;
  let begins: number | undefined;
  let stretches = 0;
  let saidBefore = false;
  let saidAfter = false;
  return {
    enter: (mark) => {
      if (mark === 'onwards') goesOn = true;
      else depth += 1;
    },
    leave: () => {
      depth = Math.max(depth - 1, 0);
    },
    said: (place) => {
      const isHistory = goesOn || depth > 0;
      if (isHistory && (begins === undefined || saidAfter)) {
        begins = place();
        stretches += 1;
        saidAfter = false;
      } else if (!isHistory && begins === undefined) saidBefore = true;
      else if (!isHistory) saidAfter = true;
    },
    begins: () => (saidAfter && (stretches > 1 || !saidBefore) ? undefined : begins),
  };
};
