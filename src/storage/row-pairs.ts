// Two databases side by side: the rows of one table of both, in the order of their keys, read in pages. So much of a table is
// in memory as a page holds, however large it is.
import { sql } from 'kysely';
import type { CopiedTable } from './copied-tables.ts';
import type { Snapshot } from './engine.ts';
import { type RowValues, stored } from './row-macs.ts';
import { copyRefused } from './storage-error.ts';

/** How often a row of a counted table is there. */
export const copies = 'copies';

/** A row of either database with the one of the same key in the other; undefined where there is none. */
export interface RowPair {
  readonly source: RowValues | undefined;
  readonly target: RowValues | undefined;
}

/** Both databases order texts by their bytes, JavaScript by UTF-16: an emoji would come before what it follows there. */
const compareValues = (one: unknown, other: unknown): number => {
  if (one === other) return 0;
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
};

const compareKeys = ({ key }: CopiedTable, one: RowValues, other: RowValues): number => {
  for (const column of key) {
    const order = compareValues(one[column], other[column]);
    if (order !== 0) return order;
  }
  return 0;
};

interface Pages {
  /** How many rows are read at a time. */
  readonly size: number;
  /** Whether columns are null that are so in a copy, whatever they hold. */
  readonly asCopied: boolean;
}

const readPage = async (
  { db }: Snapshot,
  { table, key, columns, emptied, counted }: CopiedTable,
  after: RowValues | undefined,
  { size, asCopied }: Pages,
): Promise<RowValues[]> => {
  const list = (names: readonly string[]) => sql.join(names.map((name) => sql.ref(name)));
  const where = after === undefined ? sql`` : sql`where (${list(key)}) > (${sql.join(key.map((name) => after[name]))})`;
  const group = counted ? sql`group by ${list(key)}` : sql``;
  const count = counted ? sql`, count(*) as ${sql.ref(copies)}` : sql``;
  const selected = columns.map((name) =>
    asCopied && emptied.includes(name) ? sql`null as ${sql.ref(name)}` : sql.ref(name),
  );
  const query = sql<RowValues>`
    select ${sql.join(selected)}${count} from ${sql.table(table)} ${where} ${group} order by ${list(key)} limit ${size}`;
  return (await query.execute(db)).rows;
};

const refused = (place: string, { table, key }: CopiedTable, row: RowValues, why: string): Error =>
  copyRefused(
    `A row of ${table} in ${place} ${why}, so something else than Postern wrote it. Delete it there, then try again: ${JSON.stringify(
      Object.fromEntries(key.map((column) => [column, row[column]])),
    )}`,
  );

/** Whether every database gives a text back as it is. */
const isPlain = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** A row as every database gives it back; throws for one that another database could not hold as it is. */
const readRow = (place: string, table: CopiedTable, row: RowValues): RowValues => {
  let read = row;
  for (const column of table.columns) {
    const value = row[column];
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw refused(place, table, row, 'holds a number that is none of Postern’s');
    if (typeof value !== 'string' || isPlain(value)) continue;
    if (table.key.includes(column)) throw refused(place, table, row, 'has a key that is no well-formed text');
    read = { ...read, [column]: stored(value) };
  }
  return read;
};

interface RowStream {
  /** The row whose turn it is; undefined after the last one. */
  peek(): Promise<RowValues | undefined>;
  advance(): void;
}

const streamRows = (from: Snapshot, table: CopiedTable, pages: Pages): RowStream => {
  let page: readonly RowValues[] = [];
  let at = 0;
  let last: RowValues | undefined;
  let ended = false;
  const read = async (): Promise<void> => {
    const rows = await readPage(from, table, last, pages);
    page = rows.map((row) => readRow(from.place, table, row));
    at = 0;
    ended = rows.length < pages.size;
    for (const row of rows) {
      // Where the bytes of a text are not what it is read as, or the collation is not ours, the same page might come for ever.
      if (last !== undefined && compareKeys(table, last, row) >= 0)
        throw refused(from.place, table, row, 'does not stand where its key belongs');
      last = row;
    }
  };
  return {
    peek: async () => {
      if (at === page.length && !ended) await read();
      return page[at];
    },
    advance: () => {
      at += 1;
    },
  };
};

/**
 * Every row of a table of two databases. Rows whose turn is over may be written to in the target meanwhile.
 * @param pageRows how many rows are read at a time
 * @throws StorageError `copy_refused` for a row that cannot be Postern's, `busy` …
 */
export async function* rowPairs(
  source: Snapshot,
  target: Snapshot,
  table: CopiedTable,
  pageRows: number,
): AsyncGenerator<RowPair> {
  const ours = streamRows(source, table, { size: pageRows, asCopied: true });
  const theirs = streamRows(target, table, { size: pageRows, asCopied: false });
  for (;;) {
    const [one, other] = [await ours.peek(), await theirs.peek()];
    if (one === undefined && other === undefined) return;
    const order = one === undefined ? 1 : other === undefined ? -1 : compareKeys(table, one, other);
    if (order <= 0) ours.advance();
    if (order >= 0) theirs.advance();
    yield { source: order <= 0 ? one : undefined, target: order >= 0 ? other : undefined };
  }
}

export const pairIsEqual = ({ columns, counted }: CopiedTable, { source, target }: RowPair): boolean =>
  source !== undefined &&
  target !== undefined &&
  columns.every((column) => source[column] === target[column]) &&
  (!counted || source[copies] === target[copies]);
