// A first reading of a document: its style sheets, and what each table is for, which only its end tells. The second
// reading meets the same tables and rows in the same order. Knows nothing of what is hidden.

import { createFactsReader, type DocumentFacts } from './document-facts.ts';
import { headings } from './element-kinds.ts';
import { readElements } from './open-elements.ts';
import { isInQuirksMode } from './quirks.ts';
import { createSpanBudget, createTableGrid, type TableGrid } from './table-grid.ts';

/** `data`: cells belong together, row by row. `brief`: a row of short pieces, one line. `apart`: each cell by itself. */
export type RowKind = 'data' | 'brief' | 'apart';

export interface Survey extends DocumentFacts {
  /** By the order in which the rows begin. */
  readonly rows: readonly RowKind[];
  /** How many elements each element has, by the order in which they begin. */
  readonly childCounts: readonly number[];
  /** Whether browsers show the document in quirks mode. */
  readonly quirks: boolean;
  /** Whether anything in it may be painted but text; whether anything may be placed, so that it may lie on text. */
  readonly paints: boolean;
  readonly places: boolean;
}

interface Row {
  cells: number;
  longestCell: number;
  /** Line breaks and blocks, of the cell that has most of them. */
  mostBlocks: number;
  kind: RowKind;
}

interface Table {
  readonly isForLayout: boolean;
  /** Says of itself that it holds data: header cells, a caption, a border. */
  saysData: boolean;
  isNested: boolean;
  readonly rows: Row[];
  readonly grid: TableGrid;
  cellText: number;
  cellBlocks: number;
}

const blocks = new Set([
  'p',
  'div',
  'br',
  'ul',
  'ol',
  'li',
  'hr',
  'blockquote',
  'pre',
  'section',
  'article',
  ...headings,
]);
/** Parts of a table that spans of rows end with. */
export const rowGroups: ReadonlySet<string> = new Set(['thead', 'tbody', 'tfoot']);
const heavyBlocks = new Set(['ul', 'ol', 'hr', 'blockquote', 'pre']);

const longestDataCell = 300;
const usualDataCell = 60;
const longestBriefCell = 40;

const endCell = (table: Table): void => {
  const row = table.rows.at(-1);
  if (row) {
    row.longestCell = Math.max(row.longestCell, table.cellText);
    row.mostBlocks = Math.max(row.mostBlocks, table.cellBlocks);
  }
  table.cellText = 0;
  table.cellBlocks = 0;
};

const isData = ({ isForLayout, saysData, isNested, rows }: Table): boolean => {
  if (isForLayout || isNested) return false;
  const filled = rows.filter((row) => row.cells > 0);
  const columns = Math.max(0, ...filled.slice(0, 1_000).map((row) => row.cells));
  if (columns < 2 || filled.some((row) => row.longestCell > longestDataCell || row.mostBlocks > 3)) return false;
  if (saysData) return true;
  const regular = filled.filter((row) => row.cells === columns).length;
  const brief = filled.filter((row) => row.longestCell <= usualDataCell && row.mostBlocks <= 1).length;
  return filled.length >= 2 && regular >= filled.length * 0.8 && brief >= filled.length * 0.8;
};

const judge = (table: Table): void => {
  const holdsData = isData(table);
  for (const row of table.rows) {
    const isBrief = row.cells >= 2 && row.longestCell <= longestBriefCell && row.mostBlocks <= 1;
    row.kind = holdsData ? 'data' : isBrief ? 'brief' : 'apart';
  }
};

const painted = /background|bgcolor|<img|<svg|border|shadow|outline/i;
const placed = /position/i;

/** Reads a document for what has to be known before its text can be told. */
export const surveyOf = (html: string, mostTags: number): Survey => {
  const facts = createFactsReader();
  const rows: Row[] = [];
  const tables: Table[] = [];
  const childCounts: number[] = [];
  const open: number[] = [];
  const spanBudget = createSpanBudget();
  readElements(
    html,
    {
      open: (name, attributes) => {
        const parent = open.at(-1);
        if (parent !== undefined) childCounts[parent] = (childCounts[parent] ?? 0) + 1;
        open.push(childCounts.push(0) - 1);
        facts.open(name, attributes);
        const table = tables.at(-1);
        if (name === 'table') {
          if (table) {
            table.isNested = true;
            table.cellBlocks = Number.POSITIVE_INFINITY;
          }
          const isForLayout = /^(?:presentation|none)$/i.test(attributes.role?.trim() ?? '');
          const hasBorder = Number.parseInt(attributes.border ?? '0', 10) > 0;
          const grid = createTableGrid(spanBudget);
          tables.push({
            isForLayout,
            saysData: hasBorder,
            isNested: false,
            rows: [],
            grid,
            cellText: 0,
            cellBlocks: 0,
          });
        } else if (!table) return;
        else if (name === 'tr') {
          const row: Row = { cells: 0, longestCell: 0, mostBlocks: 0, kind: 'apart' };
          table.rows.push(row);
          table.grid.beginRow();
          rows.push(row);
        } else if (name === 'td' || name === 'th') {
          const row = table.rows.at(-1);
          table.grid.cell(attributes);
          if (row) row.cells = table.grid.columns();
          if (name === 'th') table.saysData = true;
        } else if (name === 'caption') table.saysData = true;
        else if (rowGroups.has(name)) table.grid.beginGroup();
        else if (blocks.has(name)) table.cellBlocks += heavyBlocks.has(name) ? 4 : 1;
      },
      text: (text) => {
        facts.text(text);
        const table = tables.at(-1);
        if (table) table.cellText += text.trim().length;
      },
      close: (name) => {
        open.pop();
        facts.close(name);
        const table = tables.at(-1);
        if (!table) return;
        if (name === 'td' || name === 'th') endCell(table);
        else if (name === 'table') {
          judge(table);
          tables.pop();
        }
      },
      release: () => undefined,
    },
    mostTags,
  );
  return {
    ...facts.facts(),
    rows: rows.map((row) => row.kind),
    childCounts,
    quirks: isInQuirksMode(html),
    paints: painted.test(html),
    places: placed.test(html),
  };
};
