// A Postern in one database with rows in every table, a database of each engine to copy it into, and what is in both.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DatabaseLocation } from '../../../src/model/database-location.ts';
import { copiedTables } from '../../../src/storage/copied-tables.ts';
import { type CopyOptions, copyStorage, type TableComparison } from '../../../src/storage/copy.ts';
import { openStorage, type Storage } from '../../../src/storage/index.ts';
import { databaseAt, giveBack, openRaw, type RawDatabase } from '../../support/database.ts';
import { makeDatabase } from '../../support/migrated-database.ts';
import { fillEveryTable } from '../rows.ts';
import { aTicket, connect, handClock, minute, sealerWith, start, tempFolder } from '../support.ts';

export const engines = ['sqlite', 'postgres'] as const;
export type EngineName = (typeof engines)[number];

/** Each engine into each other one, and into its own kind. */
export const ways = engines.flatMap((from) => engines.map((to) => ({ from, to })));

/** An empty database of its own. */
export const aDatabase = async (engine: EngineName): Promise<DatabaseLocation> => {
  const path = join(tempFolder(), 'postern.db');
  if (engine === 'sqlite') {
    await makeDatabase(path);
    return { engine, path };
  }
  onTestFinished(() => giveBack(path));
  return databaseAt(path);
};

/** A process with the sealing key of all these tests. */
export const serveOn = async (location: DatabaseLocation): Promise<Storage> => {
  const storage = await openStorage({ location, sealer: sealerWith(1), clock: handClock(), random: randomBytes });
  onTestFinished(() => storage.close());
  return storage;
};

export const rawOf = async (location: DatabaseLocation): Promise<RawDatabase> => {
  const raw = await openRaw(location);
  onTestFinished(() => raw.close());
  return raw;
};

/** Names that are sorted, quoted or read in other ways by one program or another. */
export const hostileNames = [
  'Zoë',
  'zoe',
  'ZOE',
  'z',
  "o'brien; drop table accounts --",
  '"quoted" \\ {"$.realm": [1]}',
  '$1 ? :x @y %s',
  '\u{1F600} sorts behind the next one by bytes, before it by UTF-16',
  '\uFF5E is fullwidth',
  'עברית',
  'null',
  '0',
  '1e3',
  '𝒳'.repeat(256),
] as const;

/** Rows in every table: of two people as everywhere, of more with hostile names, and of what processes do. */
export const fill = async (storage: Storage): Promise<void> => {
  await fillEveryTable(storage);
  for (const identifier of hostileNames) {
    const key = { realm: 'hostile', identifier };
    await connect(storage, key);
    await storage.tickets.open(aTicket(`ticket of ${identifier}`, { key, loginHint: identifier }), 20);
  }
  await storage.accounts.getOrCreate({ realm: 'hostile', identifier: 'never connected' });
  for (const at of [start, start, start + 1]) await storage.refreshTokenCount.issued('sub', 'client', at);
  const client = { clientId: 'client', tokenEndpoint: 'https://token.example' };
  await storage.tokenEndpoint.noteAnswer(client, 'code_refused', start);
  await storage.checks.takeLease('daily checks', 'a process', start, start + minute);
  await storage.rateLimits.take('a bucket', { now: 1, cost: 1, latest: 10, possible: 10 });
  await storage.sealingKeys.follow();
  await storage.sealingKeys.announce('a process', false);
};

type Rows = Record<string, unknown>[];

const inOneOrder = (rows: Rows): Rows =>
  rows.toSorted((one, other) =>
    JSON.stringify(one, Object.keys(one).sort()) < JSON.stringify(other, Object.keys(other).sort()) ? -1 : 1,
  );

/** Every row of the tables that are copied, without what is no part of a copy. */
export const contentOf = async (raw: RawDatabase): Promise<Record<string, Rows>> => {
  const content: Record<string, Rows> = {};
  for (const { table, emptied } of copiedTables) {
    const rows = await raw.all(`select * from ${table}`);
    content[table] = inOneOrder(
      rows.map((row) => ({ ...row, ...Object.fromEntries(emptied.map((name) => [name, null])) })),
    );
  }
  return content;
};

export const copy = (
  from: DatabaseLocation,
  to: DatabaseLocation,
  options: Partial<CopyOptions> = {},
): Promise<TableComparison[]> =>
  copyStorage({ from, to, clock: handClock(), random: randomBytes, batchRows: 3, ...options });

export const refusalOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'not refused',
    (error: Error) => error.message,
  );

export const differencesIn = (compared: readonly TableComparison[]): number =>
  compared.reduce((sum, { different }) => sum + different, 0);
