// The migrations are written once, for SQLite, and translated: what comes of them is compared by what each engine says.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { databaseAt, openRaw, type RawDatabase } from '../../support/database.ts';
import { makeDatabase } from '../../support/migrated-database.ts';
import { tempFolder } from '../support.ts';

interface Table {
  /** By name, each `integer` or `text`, and whether it may be null. */
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
  readonly foreignKeys: readonly string[];
  /** What each compares, without what only groups it. */
  readonly checks: readonly string[];
  /** Name, columns, and of which rows. */
  readonly indexes: readonly string[];
}

type Tables = Readonly<Record<string, Table>>;

const sorted = (texts: readonly string[]): string[] => [...texts].sort();

/** A condition or an expression as both engines can be brought to write it: without groups, casts and spaces. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/= any \(array\[([^\]]*)\]\)/g, 'in ($1)')
    .replace(/::\w+|collate "c"|[\s()"]/g, '');

/** The conditions in these parentheses, each with what is nested in it. */
const checksIn = (statement: string): string[] =>
  [...statement.matchAll(/\bcheck \(/g)].map(({ index, 0: start }) => {
    const from = index + start.length;
    let depth = 1;
    let to = from;
    for (; depth > 0; to++) depth += statement[to] === '(' ? 1 : statement[to] === ')' ? -1 : 0;
    return plain(statement.slice(from, to - 1));
  });

/** An index as it was made: `create [unique] index name on table (columns) [where …]`, whatever either engine adds. */
const indexOf = (statement: string): string => {
  const parts = /^create (unique )?index (\w+) on (?:\w+\.)?\w+(?: using btree)? \((.*?)\)(?:\s+where (.*))?$/is.exec(
    statement,
  );
  if (parts === null) throw new Error(`not understood: ${statement}`);
  const [, unique = '', name, columns = '', where] = parts;
  return `${unique}${name} on ${plain(columns)}${where === undefined ? '' : ` where ${plain(where)}`}`;
};

const tablesOf = async (raw: RawDatabase, of: (table: string) => Promise<Omit<Table, 'columns'>>): Promise<Tables> => {
  const tables: Record<string, Table> = {};
  for (const table of await raw.tables()) {
    const columns = (await raw.columns(table)).map(
      ({ name, isInteger, isNullable }) => `${name} ${isInteger ? 'integer' : 'text'}${isNullable ? '' : ' not null'}`,
    );
    tables[table] = { columns: sorted(columns), ...(await of(table)) };
  }
  return tables;
};

const sqliteTables = async (): Promise<Tables> => {
  const path = join(tempFolder(), 'postern.db');
  await makeDatabase(path);
  const raw = await openRaw({ engine: 'sqlite', path });
  try {
    return await tablesOf(raw, async (table) => {
      const key = await raw.values('select name from pragma_table_info(?) where pk > 0 order by pk', table);
      const references = await raw.all(
        `select group_concat("from", ', ' order by seq) as columns, "table" as other, lower(on_delete) as on_delete
        from pragma_foreign_key_list(?) group by id`,
        table,
      );
      const [unique, made] = [
        await raw.all(
          `select list.name, (select group_concat(name, ',') from pragma_index_info(list.name)) as columns
          from pragma_index_list(?) as list where origin = 'u'`,
          table,
        ),
        await raw.values(
          "select sql from sqlite_schema where type = 'index' and tbl_name = ? and sql is not null",
          table,
        ),
      ];
      return {
        primaryKey: key.map(String),
        foreignKeys: sorted(references.map((row) => `${row.columns} of ${row.other}, ${row.on_delete}`)),
        checks: sorted(checksIn(String(await raw.value('select sql from sqlite_schema where name = ?', table)))),
        indexes: sorted([
          ...made.map((statement) => indexOf(String(statement))),
          ...unique.map(({ columns }) => `unique on ${columns}`),
        ]),
      };
    });
  } finally {
    await raw.close();
  }
};

const postgresTables = async (raw: RawDatabase): Promise<Tables> =>
  tablesOf(raw, async (table) => {
    const constraints = async (kind: 'p' | 'f' | 'c' | 'u') =>
      raw.all(
        `select pg_get_constraintdef(oid) as definition, confrelid::regclass::text as other, confdeltype as on_delete,
          array(select attname::text from unnest(conkey) with ordinality as key (number, place)
            join pg_attribute on attrelid = conrelid and attnum = number order by place) as columns
        from pg_constraint where conrelid = ?::regclass and contype = ?`,
        table,
        kind,
      );
    const columns = (row: Record<string, unknown> | undefined): string[] =>
      (row?.columns as string[] | undefined) ?? [];
    const actions: Record<string, string> = { c: 'cascade', a: 'no action' };
    const indexes = await raw.values(
      `select pg_get_indexdef(indexrelid) from pg_index where indrelid = ?::regclass
        and not exists (select 1 from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))`,
      table,
    );
    return {
      primaryKey: columns((await constraints('p'))[0]),
      foreignKeys: sorted(
        (await constraints('f')).map(
          (row) => `${columns(row).join(', ')} of ${row.other}, ${actions[String(row.on_delete)]}`,
        ),
      ),
      checks: sorted(
        (await constraints('c')).map(({ definition }) => plain(String(definition).slice('CHECK ('.length, -1))),
      ),
      indexes: sorted([
        ...indexes.map((statement) => indexOf(String(statement))),
        ...(await constraints('u')).map((row) => `unique on ${columns(row)}`),
      ]),
    };
  });

it('Both engines have the same tables: columns, keys, checks and indexes', async () => {
  const raw = await openRaw(await databaseAt('tables'));
  const [sqlite, postgres] = [await sqliteTables(), await postgresTables(raw)];
  await raw.close();
  expect(Object.keys(postgres).length).toBeGreaterThan(15);
  expect(postgres).toEqual(sqlite);
});

it('Every text of PostgreSQL compares as bytes, and every whole number has room for milliseconds', async () => {
  const raw = await openRaw(await databaseAt('columns'));
  const columns = await raw.all(`
    select table_name || '.' || column_name as name, data_type, collation_name from information_schema.columns
    where table_schema = current_schema()`);
  await raw.close();
  const wrong = columns.filter(
    ({ data_type, collation_name }) => data_type !== 'bigint' && (data_type !== 'text' || collation_name !== 'C'),
  );
  expect(columns.length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});
