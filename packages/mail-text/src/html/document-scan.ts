// A first pass over a document, for what has to be known before its text is rendered: its style sheets, how many children each
// element has, and whether a table holds data or lays out the page, which only its end tells. The second pass meets the same
// elements in the same order.
import { mediaHolds, sheetInDataUrl } from '../css/at-rules.ts';
import type { Attributes } from '../css/element.ts';
import { createSpanBudget, createTableGrid, type RowKind, type TableGrid } from './lists-and-tables.ts';
import { headings, readElements, rowGroups } from './tree-construction.ts';

export interface DocumentFacts {
  readonly styleSheets: readonly string[];
  /** `<meta name=color-scheme content=dark>`. */
  readonly dark: boolean;
  /** SVG elements that clip, mask or filter something, by their ids: whether there is anything in them. */
  readonly references: ReadonlyMap<string, boolean>;
}

export interface DocumentScan extends DocumentFacts {
  /** By the order in which the rows begin. */
  readonly rows: readonly RowKind[];
  /** How many elements each element has, by the order in which they begin. */
  readonly childCounts: readonly number[];
  /** Whether browsers show the document in quirks mode. */
  readonly quirks: boolean;
  /** Whether anything in it may be painted but text; whether anything may be positioned, and painted on text. */
  readonly hasPaintedBoxes: boolean;
  readonly hasPositionedBoxes: boolean;
}

const painting = /background|bgcolor|<img|<svg|border|shadow|outline/i;
const positioning = /position/i;

export const scanDocument = (html: string, mostTags: number): DocumentScan => {
  const facts = createFactsReader();
  const tables = createTableScan();
  const childCounts: number[] = [];
  const open: number[] = [];
  readElements(
    html,
    {
      open: (name, attributes) => {
        const parent = open.at(-1);
        if (parent !== undefined) childCounts[parent] = (childCounts[parent] ?? 0) + 1;
        open.push(childCounts.push(0) - 1);
        facts.open(name, attributes);
        tables.open(name, attributes);
      },
      text: (text) => {
        facts.text(text);
        tables.text(text);
      },
      close: (name) => {
        open.pop();
        facts.close(name);
        tables.close(name);
      },
      release: () => undefined,
    },
    mostTags,
  );
  return {
    ...facts.facts(),
    rows: tables.rows(),
    childCounts,
    quirks: isInQuirksMode(html),
    hasPaintedBoxes: painting.test(html),
    hasPositionedBoxes: positioning.test(html),
  };
};

const isStyleSheet = ({ media = '', type = '' }: Attributes): boolean =>
  /^(?:|text\/css)$/i.test(type.trim()) && mediaHolds(media);

const referenced = new Set(['clippath', 'mask', 'filter']);

/** The elements of a document, in their order → its facts. */
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
      const isOtherSet = Boolean(attributes.title) && attributes.title !== title;
      if (templates > 0 || ((name === 'style' || name === 'link') && isOtherSet)) return;
      if (name === 'style') sheet = isStyleSheet(attributes) ? '' : undefined;
      else if (name === 'link' && /(?:^|\s)stylesheet(?:\s|$)/i.test(attributes.rel ?? '')) {
        const inDataUrl = isStyleSheet({ media: attributes.media }) ? sheetInDataUrl(attributes.href ?? '') : undefined;
        if (inDataUrl !== undefined) styleSheets.push(inDataUrl);
      } else if (name === 'meta' && attributes.name?.trim().toLowerCase() === 'color-scheme') {
        const words = (attributes.content ?? '').toLowerCase().split(/[\s,]+/);
        dark = words.includes('dark') && !words.includes('light');
      } else if (referenced.has(name) && attributes.id) {
        if (!references.has(attributes.id)) references.set(attributes.id, false);
        open.push(attributes.id);
      }
    },
    text: (text: string): void => {
      if (sheet !== undefined) sheet += text;
    },
    close: (name: string): void => {
      if (referenced.has(name)) open.pop();
      if (name === 'template') templates -= 1;
      if (name !== 'style' || sheet === undefined) return;
      styleSheets.push(sheet);
      sheet = undefined;
    },
    facts: (): DocumentFacts => ({ styleSheets, dark, references }),
  };
};

// Quirks mode.

/** UTF-16 units. Farther in no doctype is looked for. */
const farthest = 4_000;

const quirkyPublicId =
  /^(?:-\/\/(?:ietf|as|softquad|sq|spyglass|sun|webtechs|o'reilly|metrius|netscape|microsoft|advasoft)|-\/\/w3c\/\/dtd html (?:3|4\.0 (?:transitional|frameset)|experimental)|-\/\/w3o|html$)/i;
const quirkyWithoutSystemId = /^-\/\/w3c\/\/dtd html 4\.01 (?:transitional|frameset)/i;

/** HTML standard §13.2.6.4.1, the initial insertion mode: documents without a doctype, or with an old one. */
const isInQuirksMode = (html: string): boolean => {
  const start = html.slice(0, farthest).replace(/^(?:\s|<!--[\s\S]*?-->|<\?[^>]*>)+/, '');
  const [, doctype] = /^<!doctype\s+html\b([^>]*)>/i.exec(start) ?? [];
  if (doctype === undefined) return true;
  const [, publicId = '', systemId] = /^\s*public\s*(?:"([^"]*)"|'[^']*')\s*(?:"([^"]*)")?/i.exec(doctype) ?? [];
  return quirkyPublicId.test(publicId) || (systemId === undefined && quirkyWithoutSystemId.test(publicId));
};

// What each table is for.

interface Row {
  cells: number;
  longestCell: number;
  /** Line breaks and blocks, of the cell that has most of them. */
  mostBlocks: number;
  kind: RowKind;
}

interface Table {
  /** `role="presentation"`. */
  readonly isForLayout: boolean;
  /** Says of itself that it holds data: header cells, a caption, a border. */
  saysData: boolean;
  hasInnerTable: boolean;
  readonly rows: Row[];
  readonly grid: TableGrid;
  /** Of the cell that is open. */
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
const heavyBlocks = new Set(['ul', 'ol', 'hr', 'blockquote', 'pre']);

const longestDataCell = 300;
const usualDataCell = 60;
const longestBriefCell = 40;

/** The elements of a document, in their order → the kinds of its table rows. */
const createTableScan = () => {
  const rows: Row[] = [];
  const tables: Table[] = [];
  const spanBudget = createSpanBudget();
  return {
    open: (name: string, attributes: Attributes): void => {
      const table = tables.at(-1);
      if (name === 'table') {
        if (table) {
          table.hasInnerTable = true;
          table.cellBlocks = Number.POSITIVE_INFINITY;
        }
        tables.push(newTable(attributes, createTableGrid(spanBudget)));
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
    text: (text: string): void => {
      const table = tables.at(-1);
      if (table) table.cellText += text.trim().length;
    },
    close: (name: string): void => {
      const table = tables.at(-1);
      if (!table) return;
      if (name === 'td' || name === 'th') endCell(table);
      else if (name === 'table') {
        judge(table);
        tables.pop();
      }
    },
    rows: (): RowKind[] => rows.map(({ kind }) => kind),
  };
};

const newTable = ({ role, border }: Attributes, grid: TableGrid): Table => ({
  isForLayout: /^(?:presentation|none)$/i.test(role?.trim() ?? ''),
  saysData: Number.parseInt(border ?? '0', 10) > 0,
  hasInnerTable: false,
  rows: [],
  grid,
  cellText: 0,
  cellBlocks: 0,
});

const endCell = (table: Table): void => {
  const row = table.rows.at(-1);
  if (row) {
    row.longestCell = Math.max(row.longestCell, table.cellText);
    row.mostBlocks = Math.max(row.mostBlocks, table.cellBlocks);
  }
  table.cellText = 0;
  table.cellBlocks = 0;
};

const isData = ({ isForLayout, saysData, hasInnerTable, rows }: Table): boolean => {
  if (isForLayout || hasInnerTable) return false;
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
