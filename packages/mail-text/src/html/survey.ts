// Whether browsers show a document in quirks mode, as those without a doctype (HTML standard §13.2.6.4.1). Knows no CSS.
import { mediaHolds, sheetInAddress } from '../css/conditions.ts';
import type { Attributes } from './html-tokens.ts';
import { headings, readElements } from './open-elements.ts';

/** UTF-16 units. Farther in no doctype is looked for. */
const farthest = 4_000;

const quirkyPublicId =
  /^(?:-\/\/(?:ietf|as|softquad|sq|spyglass|sun|webtechs|o'reilly|metrius|netscape|microsoft|advasoft)|-\/\/w3c\/\/dtd html (?:3|4\.0 (?:transitional|frameset)|experimental)|-\/\/w3o|html$)/i;
const quirkyWithoutSystemId = /^-\/\/w3c\/\/dtd html 4\.01 (?:transitional|frameset)/i;

/** Whether classes and ids are compared without regard to case, and lengths may lack their unit. */
const isInQuirksMode = (html: string): boolean => {
  const start = html.slice(0, farthest).replace(/^(?:\s|<!--[\s\S]*?-->|<\?[^>]*>)+/, '');
  const [, doctype] = /^<!doctype\s+html\b([^>]*)>/i.exec(start) ?? [];
  if (doctype === undefined) return true;
  const [, publicId = '', systemId] = /^\s*public\s*(?:"([^"]*)"|'[^']*')\s*(?:"([^"]*)")?/i.exec(doctype) ?? [];
  return quirkyPublicId.test(publicId) || (systemId === undefined && quirkyWithoutSystemId.test(publicId));
};

// What the whole of a document says that decides about single elements: which style sheets it has, whether its sender wants
// dark screens, what its drawings clip and mask with. Knows no style.

export interface DocumentFacts {
  readonly styleSheets: readonly string[];
  /** Its sender wants dark screens. */
  readonly dark: boolean;
  /** Parts of drawings that clip, mask or filter something, by their ids: whether there is anything in them. */
  readonly references: ReadonlyMap<string, boolean>;
}

const isStyleSheet = ({ media = '', type = '' }: Attributes): boolean =>
  /^(?:|text\/css)$/i.test(type.trim()) && mediaHolds(media);

const holders = new Set(['clippath', 'mask', 'filter']);

/** Tags of a document, in their order → its facts. */
const createFactsReader = () => {
  const styleSheets: string[] = [];
  const references = new Map<string, boolean>();
  const open: string[] = [];
  let dark = false;
  let templates = 0;
  /** Of sheets with titles only those of the first title count. */
  let title: string | undefined;
  let sheet: string | undefined;
  return {
    open: (name: string, attributes: Attributes): void => {
      const around = open.at(-1);
      if (around !== undefined) references.set(around, true);
      if (name === 'template') templates += 1;
      if (attributes.title && (name === 'style' || name === 'link')) title ??= attributes.title;
      const isOther = Boolean(attributes.title) && attributes.title !== title;
      if (templates > 0 || ((name === 'style' || name === 'link') && isOther)) return;
      if (name === 'style') sheet = isStyleSheet(attributes) ? '' : undefined;
      else if (name === 'link' && /(?:^|\s)stylesheet(?:\s|$)/i.test(attributes.rel ?? '')) {
        const inAddress = isStyleSheet({ media: attributes.media }) ? sheetInAddress(attributes.href ?? '') : undefined;
        if (inAddress !== undefined) styleSheets.push(inAddress);
      } else if (name === 'meta' && attributes.name?.trim().toLowerCase() === 'color-scheme') {
        const words = (attributes.content ?? '').toLowerCase().split(/[\s,]+/);
        dark = words.includes('dark') && !words.includes('light');
      } else if (holders.has(name) && attributes.id) {
        if (!references.has(attributes.id)) references.set(attributes.id, false);
        open.push(attributes.id);
      }
    },
    text: (text: string): void => {
      if (sheet !== undefined) sheet += text;
    },
    close: (name: string): void => {
      if (holders.has(name)) open.pop();
      if (name === 'template') templates -= 1;
      if (name !== 'style' || sheet === undefined) return;
      styleSheets.push(sheet);
      sheet = undefined;
    },
    facts: (): DocumentFacts => ({ styleSheets, dark, references }),
  };
};

// In which column of its table each cell stands: cells that span rows push those of later rows to the right (HTML
// standard, "forming a table"). Knows nothing of what is in the cells. Costs a bounded number of steps for a document,
// whatever spans its sender writes.

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

// A first reading of a document: its style sheets, and what each table is for, which only its end tells. The second
// reading meets the same tables and rows in the same order. Knows nothing of what is hidden.

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
