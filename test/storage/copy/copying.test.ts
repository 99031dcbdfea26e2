import { describe, expect, it } from 'vitest';
import { copiedTables } from '../../../src/storage/copied-tables.ts';
import { protectedTableNames } from '../../../src/storage/protected-tables.ts';
import { serves } from '../rows.ts';
import { ada, aGrant, connect } from '../support.ts';
import { aDatabase, contentOf, copy, differencesIn, fill, hostileNames, rawOf, serveOn, ways } from './support.ts';

const stay = ['processes', 'leases', 'rate_limits', 'copied_from'];

/** Which of a table's rows serve, where not all do. */
const serving: Readonly<Record<string, string>> = {
  accounts: "where status = 'ACTIVE'",
  tickets: "where status = 'taken'",
};

describe.each(ways)('copying from $from to $to', ({ from, to }) => {
  it('takes every column of every row of every table, says how many are equal, and a Postern there has all it needs', async () => {
    const [source, target] = [await aDatabase(from), await aDatabase(to)];
    await fill(await serveOn(source));
    const compared = await copy(source, target);
    const [before, after] = [await contentOf(await rawOf(source)), await contentOf(await rawOf(target))];
    expect(after).toEqual(before);
    expect(compared).toEqual(
      Object.entries(before).map(([table, rows]) => ({ table, equal: rows.length, different: 0 })),
    );
    expect(compared.filter(({ equal }) => equal === 0)).toEqual([]);

    // Its rows count, and what is sealed opens.
    const storage = await serveOn(target);
    await storage.demandKey();
    expect(await storage.operations.refusedRows()).toEqual([]);
    const raw = await rawOf(target);
    for (const table of protectedTableNames) {
      const [row] = await raw.all(`select * from ${table} ${serving[table] ?? ''}`);
      const texts = Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, String(value)]));
      expect([table, await serves[table](storage, texts)]).toEqual([table, true]);
    }
    for (const identifier of hostileNames) {
      const reading = await storage.accounts.readGrant({ realm: 'hostile', identifier });
      expect(reading).toMatchObject({ kind: 'grant', grant: { refreshToken: aGrant().refreshToken } });
    }
  });

  it('lets events of the copy follow those that it holds', async () => {
    const [source, target] = [await aDatabase(from), await aDatabase(to)];
    await fill(await serveOn(source));
    const raw = await rawOf(source);
    await raw.run('update webhook_deliveries set sequence = sequence + 5000');
    await copy(source, target);
    const storage = await serveOn(target);
    const [{ highest }] = (await (
      await rawOf(target)
    ).all('select max(sequence) as highest from webhook_deliveries')) as [{ highest: number }];
    await storage.accounts.remove({ realm: 'google', identifier: 'ben@example.com' });
    const added = await (await rawOf(target)).all(
      `select sequence from webhook_deliveries where sequence > ${highest}`,
    );
    expect(added).toHaveLength(1);
  });
});

it('A table is copied whole, or stays for a reason: none is forgotten, and none of its columns', async () => {
  const raw = await rawOf(await aDatabase('sqlite'));
  const tables = await raw.all("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'");
  const planned = copiedTables.map(({ table }) => table);
  expect([...planned, ...stay].sort()).toEqual(tables.map(({ name }) => name).sort());
  for (const { table, columns } of copiedTables) {
    const found = await raw.all(`select name from pragma_table_info('${table}')`);
    expect([table, ...[...columns].sort()]).toEqual([table, ...found.map(({ name }) => name).sort()]);
  }
});

it('Whoever renewed a token or sent an event on the source holds up nobody on the copy', async () => {
  const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
  await fill(await serveOn(source));
  const raw = await rawOf(source);
  for (const table of ['accounts', 'webhook_deliveries'])
    await raw.run(`update ${table} set lease_until = 9007199254740991, lease_holder = 'killed'`);
  expect(differencesIn(await copy(source, target))).toBe(0);
  const copied = await rawOf(target);
  for (const table of ['accounts', 'webhook_deliveries'])
    expect(
      await copied.all(`select 1 from ${table} where lease_until is not null or lease_holder is not null`),
    ).toEqual([]);
  for (const table of stay.filter((name) => name !== 'copied_from'))
    expect(await copied.all(`select 1 from ${table}`)).toEqual([]);
});

it('Rows that do not count are copied as they are, and do not count in the copy', async () => {
  const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
  const storage = await serveOn(source);
  await fill(storage);
  const raw = await rawOf(source);
  await raw.run("update accounts set google_email = 'mallory@example.com' where realm = 'default'");
  await raw.run("update api_keys set mac = null where kind = 'user'");
  const refused = await storage.operations.refusedRows();
  expect(refused.length).toBeGreaterThan(2);
  expect(differencesIn(await copy(source, target))).toBe(0);
  expect(await (await serveOn(target)).operations.refusedRows()).toEqual(refused);
});

it('Texts that PostgreSQL cannot hold as SQLite does are in the copy as Postern reads them', async () => {
  const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
  await connect(await serveOn(source), ada);
  const raw = await rawOf(source);
  await raw.run("update accounts set google_email = 'a' || char(0) || 'b', google_sub = cast(x'61ff62' as text)");
  expect(differencesIn(await copy(source, target))).toBe(0);
  expect(await (await rawOf(target)).all('select google_email, google_sub from accounts')).toEqual([
    { google_email: 'a\uFFFDb', google_sub: 'a\uFFFDb' },
  ]);
});
