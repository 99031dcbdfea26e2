// One, two and three processes of Postern on PostgreSQL and on SQLite, with more and more accounts: what a call costs, what
// everything else costs that Postern does with its database, and how large that is. Looks for what grows: compare the
// columns, machines differ, and on one machine all processes, the database and Google share its processors.
// Run: npm run bench:scale -- [--quick] [--engine postgres|sqlite] [SIZE …]
//   POSTERN_BENCH_DATABASE_URL  a PostgreSQL of your own, whose schema postern_bench is made anew; else one is started
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSealer, type Grant, openStorage, type Storage } from '../src/storage/index.ts';
import { addCopies, genuineKey, signUp } from './scale/accounts.ts';
import { type BenchDatabase, openPostgresBench, openSqliteBench } from './scale/database.ts';
import { allow, callTool, load, newKey, portsFor, startGoogle, startPostern } from './scale/processes.ts';
import { refresh, type Taken, time, workOn } from './scale/work.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, engine: { type: 'string' } },
});
const sizes =
  positionals.length > 0 ? positionals.map(Number) : values.quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];
if (sizes.some((size) => !Number.isSafeInteger(size) || size < 1_000))
  throw new Error('A size is a number of accounts, from 1000.');
sizes.sort((one, other) => one - other);
const engines = values.engine === undefined ? ['postgres', 'sqlite'] : [values.engine];
const [seconds, warmUpSeconds] = values.quick ? [2, 1] : [5, 2];
/** Each may be called 300 times a minute. */
const people = 400;
const processCounts = values.quick ? [1, 3] : [1, 2, 3];

const print = (line: string) => process.stdout.write(`${line}\n`);
const ms = (value: number) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));
const some = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '–';
const count = (value: number) => value.toLocaleString('en-US');

interface Calls {
  readonly size: number;
  readonly processes: number;
  readonly cells: readonly string[];
}

interface Sized {
  readonly size: number;
  readonly startUpMs: number;
  readonly work: ReadonlyMap<string, Taken>;
  readonly bytesPerAccount: number;
  /** Right after a checkpoint, and later. */
  readonly logBytes: readonly [number, number];
}

/** A grant that Google takes: of a person who connects through the first process. */
const connectSomebody = async (
  env: Record<string, string>,
  key: string,
  port: number,
  storage: Storage,
): Promise<Grant> => {
  const at = { port, host: `127.0.0.1:${port}` };
  const who = { key, identifier: 'first' };
  const postern = await startPostern(env, port);
  const { structuredContent } = await callTool(at, who, 'gmail_fetch_mails', {});
  await allow(structuredContent?.authorizationRequired?.url ?? '');
  await postern.stop();
  const reading = await storage.accounts.readGrant({ realm: 'default', identifier: 'first' });
  if (reading.kind !== 'grant') throw new Error('nobody could connect');
  // Longer than the bench takes; Google's sandbox knows when it really ends.
  return { ...reading.grant, accessTokenExpiresAt: Date.now() + 50 * 60_000 };
};

const measure = async (database: BenchDatabase, google: Record<string, string>, folder: string): Promise<void> => {
  const encryptionKey = randomBytes(32);
  const ports = await portsFor(Math.max(...processCounts));
  const [firstPort = 0] = ports;
  const host = `127.0.0.1:${firstPort}`;
  const env = {
    ...google,
    POSTERN_PUBLIC_URL: `http://${host}`,
    POSTERN_DATABASE_URL: database.url,
    POSTERN_ENCRYPTION_KEY: encryptionKey.toString('base64'),
    POSTERN_CONFIG_DIR: join(folder, 'config'),
  };
  const open = (retentionMs?: number) =>
    openStorage({
      location: database.location,
      sealer: createSealer({ current: encryptionKey, retired: [] }, randomBytes),
      random: randomBytes,
      ...(retentionMs === undefined ? {} : { retentionMs }),
    });
  const storage = await open();
  const retaining = await open(365 * 24 * 60 * 60_000);
  const key = newKey(env, '--service', '--unverified-links');
  newKey(env, '--user', 'somebody');
  const grant = await connectSomebody(env, key, firstPort, storage);
  const empty = await database.bytes();
  for (let number = 0; number < people; number++) await signUp(storage, genuineKey(number), grant);

  const callsMade: Calls[] = [];
  const sized: Sized[] = [];
  let made = 0;
  for (const size of sizes) {
    const begin = performance.now();
    await addCopies(database, made, size, Date.now());
    made = size;
    print(`${database.engine}: ${count(size)} accounts after ${((performance.now() - begin) / 1000).toFixed(0)} s`);
    const bytesPerAccount = ((await database.bytes()) - empty) / size;
    const starts: number[] = [];
    for (const processes of processCounts) {
      const running = [];
      for (const port of ports.slice(0, processes)) running.push(await startPostern(env, port));
      starts.push(...running.map(({ startUpMs }) => startUpMs));
      const listed = await callTool(
        { port: firstPort, host },
        { key, identifier: genuineKey(0).identifier },
        'gmail_fetch_mails',
        {
          max_results: 1,
          query: '-has:attachment',
        },
      );
      const messageId = listed.structuredContent?.messages?.[0]?.id ?? '';
      const options = { host, key, messageId, people };
      await load(running, { ...options, seconds: warmUpSeconds });
      const before = [await database.statements(), await database.serverMs()] as const;
      const done = await load(running, { ...options, seconds });
      const after = [await database.statements(), await database.serverMs()] as const;
      const per = (index: 0 | 1) => {
        const [from, to] = [before[index], after[index]];
        return from === undefined || to === undefined ? undefined : (to - from) / done.calls;
      };
      if (done.failed > 0) print(`${done.failed} of ${done.calls} calls failed`);
      callsMade.push({
        size,
        processes,
        cells: [
          done.perSecond.toFixed(0),
          ms(done.p50),
          ms(done.p99),
          some(per(0), 1),
          some(done.processorMs, 2),
          some(per(1), 2),
        ],
      });
      await Promise.all(running.map((each) => each.stop()));
    }
    const work = new Map<string, Taken>();
    for (const each of workOn(storage, retaining, grant, people))
      work.set(`${each.name} (${each.of})`, await time(each, values.quick ? 250 : 700));
    const refreshes = 100;
    const refreshAll = async () => {
      for (let number = 0; number < refreshes; number++) await refresh(storage, number, grant);
    };
    const [firstLogBytes, logBytes] = await database.logOf(refreshAll);
    starts.sort((one, other) => one - other);
    const startUpMs = starts[Math.floor(starts.length / 2)] ?? Number.NaN;
    sized.push({ size, startUpMs, work, bytesPerAccount, logBytes: [firstLogBytes / refreshes, logBytes / refreshes] });
  }
  report(database.engine, callsMade, sized);
  await storage.close();
  await retaining.close();
};

const row = (cells: readonly string[]) => print(`| ${cells.join(' | ')} |`);
const head = (cells: readonly string[]) => {
  row(cells);
  row(cells.map(() => '---'));
};

const report = (engine: string, callsMade: readonly Calls[], sized: readonly Sized[]): void => {
  print('');
  head([
    'engine',
    'accounts',
    'processes',
    'calls/s',
    'p50 ms',
    'p99 ms',
    'statements a call',
    'Postern CPU ms a call',
    'database CPU ms a call',
  ]);
  for (const { size, processes, cells } of callsMade) row([engine, count(size), String(processes), ...cells]);
  print('');
  head([`${engine}: ms`, ...sized.map(({ size }) => count(size)), 'last ÷ first']);
  const line = (name: string, values: readonly number[], failed: readonly (string | undefined)[] = []) => {
    const ratio = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
    row([
      name,
      ...values.map((value, index) => (failed[index] === undefined ? ms(value) : `fails after ${ms(value)}`)),
      ratio.toFixed(1),
    ]);
  };
  line(
    'start of a process',
    sized.map(({ startUpMs }) => startUpMs),
  );
  for (const name of sized[0]?.work.keys() ?? []) {
    const taken = sized.map(({ work }) => work.get(name));
    line(
      name,
      taken.map((each) => each?.p50 ?? Number.NaN),
      taken.map((each) => each?.failed),
    );
  }
  row(['bytes an account', ...sized.map(({ bytesPerAccount }) => count(Math.round(bytesPerAccount))), '']);
  for (const [index, when] of ['right after a checkpoint', 'later'].entries())
    row([`log bytes a refresh, ${when}`, ...sized.map(({ logBytes }) => count(Math.round(logBytes[index] ?? 0))), '']);
  print('');
};

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const google = await startGoogle();
const machine = () =>
  print(
    `${cpus().length} × ${cpus()[0]?.model}, Node.js ${process.version}, load ${loadavg()
      .map((each) => each.toFixed(1))
      .join(' ')}`,
  );
machine();
for (const engine of engines) {
  const database =
    engine === 'postgres'
      ? await openPostgresBench(process.env.POSTERN_BENCH_DATABASE_URL)
      : await openSqliteBench(folder);
  try {
    await measure(database, google, folder);
  } finally {
    await database.close();
  }
}
machine();
process.exit();
