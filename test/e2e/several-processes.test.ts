// One refresh per account, shown with real processes on one database and a fake Google on a real port.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ListeningSandbox, listenSandbox } from '@postern/gmail-sandbox/listen';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { databaseAt } from '../support/database.ts';
import { handClock } from '../support/hand-clock.ts';
import { alex, createWorld } from '../support/world.ts';
import type { ProcessSettings } from './refresh-in-process.ts';

const script = fileURLToPath(new URL('refresh-in-process.ts', import.meta.url));
const encryptionKey = Buffer.alloc(32, 5).toString('base64');
const hour = 3_600_000;

let folder: string;
let google: ListeningSandbox;
let children: ChildProcess[];
/** Milliseconds that Google's clock is behind: its id_token has to be of the time at which Postern reads it. */
let googleIsBehind: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
  googleIsBehind = 2 * hour;
  google = await listenSandbox({ clock: { ...systemClock, now: () => systemClock.now() - googleIsBehind } });
  google.sandbox.addAccount({ email: alex });
  children = [];
  await connectTwoHoursAgo();
  googleIsBehind = 0;
  google.sandbox.clearRequests();
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await google.close();
  await rm(folder, { recursive: true });
});

const databasePath = () => join(folder, 'postern.db');
const tokenRequests = () => google.sandbox.requests.filter(({ path }) => path === '/token').length;

/** By Postern's clock; so its access token has run out for everybody who reads it now. */
const connectTwoHoursAgo = async (): Promise<void> => {
  const world = await createWorld({
    sandbox: google.sandbox,
    clock: handClock(Date.now() - 2 * hour),
    databasePath: databasePath(),
    encryptionKey,
  });
  await world.connect('user_42');
  await world.close();
};

interface Answer {
  readonly tokens: string[];
  readonly answered: number;
  readonly problems: string[];
}

interface Started {
  readonly child: ChildProcess;
  go(): void;
  readonly answer: Promise<Answer>;
}

const start = async (wanted: { calls: number; leaseMs?: number }): Promise<Started> => {
  const settings: ProcessSettings = {
    location: await databaseAt(databasePath()),
    encryptionKey,
    sandbox: google.sandbox.env(),
    identifier: 'user_42',
    leaseMs: 12_000,
    ...wanted,
  };
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, SETTINGS: JSON.stringify(settings) };
  const child = spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const next = async (): Promise<string> => String((await once(lines, 'line'))[0]);
  expect(await next()).toBe('ready');
  return { child, go: () => child.stdin.write('go\n'), answer: next().then((line) => JSON.parse(line)) };
};

const startMany = (count: number, calls: number): Promise<Started[]> =>
  Promise.all(Array.from({ length: count }, () => start({ calls })));

describe('Several processes on one database', () => {
  it('that ask 200 times at once for an expired token make one token request and all get its token', async () => {
    google.sandbox.setLatency(150);
    const started = await startMany(8, 25);
    for (const { go } of started) go();
    const answers = await Promise.all(started.map(({ answer }) => answer));
    expect(answers.flatMap(({ problems }) => problems)).toEqual([]);
    expect(answers.reduce((sum, { answered }) => sum + answered, 0)).toBe(200);
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1);
    expect(tokenRequests()).toBe(1);
  }, 60_000);

  it('go on without one that is killed in the middle of its refresh, as soon as its lease has run out', async () => {
    google.sandbox.fault({ path: '/token', times: 1 }, { kind: 'hang' });
    const leaseMs = 1_500;
    const [killed, ...others] = await Promise.all([1, 10, 10].map((calls) => start({ calls, leaseMs })));
    killed?.answer.catch(() => {});
    killed?.go();
    await expect.poll(tokenRequests, { timeout: 10_000 }).toBe(1);
    killed?.child.kill('SIGKILL');
    for (const { go } of others) go();
    const answers = await Promise.all(others.map(({ answer }) => answer));
    expect(answers.map(({ answered }) => answered)).toEqual([10, 10]);
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1);
    expect(tokenRequests()).toBe(2);
  }, 60_000);
});
