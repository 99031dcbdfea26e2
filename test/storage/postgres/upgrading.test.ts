// Schemas as former versions of Postern would have left them in PostgreSQL: the migrations up to there, and the rows that
// were written then.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { grantHashOf, openStorage, type Sealer, type Storage } from '../../../src/storage/index.ts';
import { migrations } from '../../../src/storage/migrations.ts';
import { toPostgres } from '../../../src/storage/postgres/ddl.ts';
import { newLocation, openRaw, type RawDatabase } from '../../support/database.ts';
import { ada, handClock, sealerWith, start } from '../support.ts';

interface Former {
  readonly raw: RawDatabase;
  open(sealer?: Sealer): Promise<Storage>;
}

/** The rows of a file of test/storage/sqlite/fixtures. */
const rowsOf = (schema: number): string[] => {
  const fixture = readFileSync(new URL(`../sqlite/fixtures/schema-${schema}.sql`, import.meta.url), 'utf8');
  return fixture.match(/^insert .*;$/gim) ?? [];
};

const aFormer = async (schema: 2 | 7 | 8 | 11): Promise<Former> => {
  const location = newLocation();
  const raw = await openRaw(location);
  onTestFinished(async () => {
    await raw.run(`drop schema ${location.schema} cascade`);
    await raw.close();
  });
  const statements = [
    `create schema ${location.schema}; set search_path = ${location.schema}; set session_replication_role = replica;`,
    ...migrations.slice(0, schema).map(toPostgres),
    ...rowsOf(schema),
    `create sequence webhook_deliveries_sequence; create table postern_schema (version bigint not null);
    insert into postern_schema values (${schema})`,
  ];
  await raw.run(statements.join('\n'));
  return {
    raw,
    open: async (sealer = sealerWith(1)) => {
      const storage = await openStorage({ location, sealer, clock: handClock(), random: randomBytes });
      onTestFinished(() => storage.close());
      return storage;
    },
  };
};

const versionIn = ({ raw }: Former) => raw.value('select version from postern_schema');

it.each([2, 7, 8, 11] as const)(
  'Schema %i is brought up to date once by many at once, and keeps who is connected',
  async (schema) => {
    const former = await aFormer(schema);
    const opened = await Promise.all(Array.from({ length: 4 }, () => former.open()));
    for (const { accounts } of opened) expect(await accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
    expect(await versionIn(former)).toBe(migrations.length);
  },
);

it('Rows from before there were MACs get one once', async () => {
  const former = await aFormer(2);
  const { operations } = await former.open();
  expect(await operations.refusedRows()).toEqual([]);
  await former.raw.run("update api_keys set mac = null where id = 'k1'");
  expect(await (await former.open()).operations.refusedRows()).toEqual([
    { table: 'api_keys', key: { id: 'k1' }, cause: 'no_mac' },
  ]);
  // Whoever sets the schema back has nothing signed a second time.
  await former.raw.run('update postern_schema set version = 2');
  await expect(former.open()).rejects.toMatchObject({ kind: 'row_refused' });
  expect(await versionIn(former)).toBe(2);
});

it('Links that a migration changes are signed anew, and none that somebody else altered', async () => {
  const { tickets, authorizationRecords, operations } = await (await aFormer(7)).open();
  const statusOf = async (hash: string) => (await tickets.find(hash))?.status;
  expect(await statusOf('open ticket')).toBe('open');
  expect(await statusOf('at Google ticket')).toBe('void');
  expect(await statusOf('connected ticket')).toBe('connected');
  expect(await tickets.take('open ticket', { stateHash: 'new' }, start)).toMatchObject({ status: 'taken' });
  expect(await authorizationRecords.grantIsLive(grantHashOf('grant ada'), ada)).toBe(true);
  expect(await operations.refusedRows()).toEqual([
    { table: 'tickets', key: { hash: 'forged ticket' }, cause: 'altered' },
  ]);
});

it('A second row of the same key does not stand in for one that is signed anew', async () => {
  const former = await aFormer(7);
  await former.raw.run(`
    create table theirs () inherits (tickets); insert into theirs select * from tickets where hash = 'open ticket';
    update theirs set realm = 'google', identifier = 'ben@example.com'`);
  const { tickets } = await former.open();
  expect(await tickets.find('open ticket')).not.toMatchObject({ key: { realm: 'google' } });
});

it('Under a key that is not its own a schema is not brought up to date, and nothing is changed', async () => {
  for (const schema of [2, 7] as const) {
    const former = await aFormer(schema);
    const before = [await former.raw.tables(), await former.raw.all('select * from tickets order by hash')];
    await expect(former.open(sealerWith(9))).rejects.toMatchObject({ kind: 'wrong_key' });
    expect([await former.raw.tables(), await former.raw.all('select * from tickets order by hash')]).toEqual(before);
    expect(await versionIn(former)).toBe(schema);
    expect(await (await former.open(sealerWith(9, 1))).accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
  }
});

it('A trigger that could change a row between the check of its MAC and the new one is refused', async () => {
  const former = await aFormer(7);
  await former.raw.run(`
    create function theirs() returns trigger language plpgsql as $$ begin new.realm = 'google'; return new; end $$;
    create trigger theirs before update on tickets for each row execute function theirs()`);
  await expect(former.open()).rejects.toMatchObject({
    kind: 'row_refused',
    message: expect.stringContaining('trigger'),
  });
  expect(await versionIn(former)).toBe(7);
});
