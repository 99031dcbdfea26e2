// A schema of PostgreSQL that is made, found, or refused when a process starts.
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PostgresLocation } from '../../../src/model/database-location.ts';
import { openStorage, type Storage, StorageError } from '../../../src/storage/index.ts';
import { migrations } from '../../../src/storage/migrations.ts';
import { newLocation, openRaw, type RawDatabase } from '../../support/database.ts';
import { startAtOnce } from '../start-at-once.ts';
import { ada, connect, handClock, sealerWith } from '../support.ts';

const open = async (location: PostgresLocation): Promise<Storage> => {
  const storage = await openStorage({ location, sealer: sealerWith(1), clock: handClock(), random: randomBytes });
  onTestFinished(() => storage.close());
  return storage;
};

/** A schema that nobody made yet, and somebody who has the password. */
const nowhere = async (): Promise<{ readonly location: PostgresLocation; readonly raw: RawDatabase }> => {
  const location = newLocation();
  const raw = await openRaw(location);
  onTestFinished(async () => {
    await raw.run(`drop schema if exists ${location.schema} cascade`);
    await raw.close();
  });
  return { location, raw };
};

const failure = async (location: PostgresLocation): Promise<StorageError> => {
  const error: unknown = await open(location).catch((reason: unknown) => reason);
  if (error instanceof StorageError) return error;
  throw new Error(`expected a StorageError, not ${error}`);
};

const versionIn = (raw: RawDatabase) => raw.values('select version from postern_schema');

describe('A schema that is not there yet', () => {
  it('is made once, however many processes start at once', async () => {
    const { location, raw } = await nowhere();
    const ended = await startAtOnce(location, 4);
    expect(ended).toEqual(ended.map(() => ({ exitCode: 0, complaints: '' })));
    const { operations } = await open(location);
    const accounts = await operations.listAccounts();
    expect(accounts).toHaveLength(5);
    const shared = accounts.find(({ key }) => key.identifier === 'shared');
    expect(shared && shared.version - shared.createdAt).toBe(4);
    expect(await versionIn(raw)).toEqual([migrations.length]);
  });

  it('is made once, however often one process opens it at once', async () => {
    const { location, raw } = await nowhere();
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(location)));
    await Promise.all(opened.map(({ accounts }) => accounts.getOrCreate(ada)));
    expect(await opened[0]?.operations.listAccounts()).toHaveLength(1);
    expect(await versionIn(raw)).toEqual([migrations.length]);
  });

  it('is left as it was where a migration fails, and made once what was in the way is gone', async () => {
    const { location, raw } = await nowhere();
    // Migrations before the one that makes it succeed.
    await raw.run(`create schema ${location.schema}; set search_path = ${location.schema};
      create table postern_schema (version bigint not null); create sequence webhook_deliveries_sequence;
      create table leases (theirs text)`);
    await expect(open(location)).rejects.toThrow('"leases" already exists');
    expect(await raw.tables()).toEqual(['leases']);
    expect(await versionIn(raw)).toEqual([]);
    await raw.run('drop table leases');
    await connect(await open(location), ada);
    expect(await versionIn(raw)).toEqual([migrations.length]);
  });
});

describe('A schema that is there', () => {
  it('is found again with everything in it', async () => {
    const { location } = await nowhere();
    const first = await open(location);
    await connect(first, ada);
    const before = await first.accounts.readGrant(ada);
    await first.close();
    expect(await (await open(location)).accounts.readGrant(ada)).toEqual(before);
  });

  it('is refused where a newer Postern wrote it, and not touched', async () => {
    const { location, raw } = await nowhere();
    await open(location);
    await raw.run('update postern_schema set version = 99');
    const { kind, message } = await failure(location);
    expect(kind).toBe('newer_schema');
    expect(message).toMatch(/newer Postern \(schema 99; this one knows up to \d+\)\. Install that version again/);
    expect(message).toContain(`(schema ${location.schema})`);
    expect(message).not.toContain(location.password);
    expect(await versionIn(raw)).toEqual([99]);
  });

  it.each([
    ['a table', 'create table notes (text text)'],
    ['a table of the name of ours', 'create table accounts (name text)'],
    ['a view', 'create view notes as select 1 as note'],
  ])('is refused where another program has %s there, and not touched', async (_, statement) => {
    const { location, raw } = await nowhere();
    await raw.run(`create schema ${location.schema}; set search_path = ${location.schema}; ${statement}`);
    const before = await raw.tables();
    const { kind, message } = await failure(location);
    expect(kind).toBe('not_a_database');
    expect(message).toContain(`(schema ${location.schema}) is not a Postern database`);
    expect(await raw.tables()).toEqual(before);
  });

  it('is as good with what an extension made in it', async () => {
    const { location, raw } = await nowhere();
    await raw.run(`create schema ${location.schema}; set search_path = ${location.schema}`);
    await raw.run(`create extension pg_buffercache schema ${location.schema}`);
    expect(await raw.value('select count(*) from pg_views where schemaname = current_schema()')).not.toBe(0);
    await (await open(location)).close();
    await raw.run('update postern_schema set version = 0; drop table leases');
    await expect(open(location)).rejects.toThrow('already exists');
  });

  it('may be made for Postern by somebody else, empty', async () => {
    const { location, raw } = await nowhere();
    await raw.run(`create schema ${location.schema}`);
    expect(await (await open(location)).operations.listAccounts()).toEqual([]);
  });

  it.each([
    [
      'a trigger',
      `create function theirs() returns trigger language plpgsql as $$ begin return new; end $$;
      create trigger theirs before update on tickets for each row execute function theirs()`,
    ],
    ['a view', 'create view theirs as select * from tickets'],
    ['a materialized view', 'create materialized view theirs as select * from tickets'],
    ['a rule', 'create rule theirs as on update to tickets do also delete from api_keys'],
  ])('is not brought up to date where it holds %s', async (_, statement) => {
    const { location, raw } = await nowhere();
    await open(location);
    await raw.run(`update postern_schema set version = ${migrations.length - 1}; ${statement}`);
    const { kind, message } = await failure(location);
    expect(kind).toBe('row_refused');
    expect(message).toContain('holds a trigger or a view, which Postern never makes');
    expect(await versionIn(raw)).toEqual([migrations.length - 1]);
  });
});
