// Processes that change accounts and deliver events are killed with SIGKILL again and again, while the receiver answers 500,
// hangs, closes connections and does not listen at all for a while: every change arrives at least once, in order per account.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { databaseAt } from '../support/database.ts';
import { aReceiver, type Reaction } from '../webhooks/support.ts';
import { fastClock, fastSealer, type ProcessSettings } from './change-and-deliver.ts';

const program = fileURLToPath(new URL('change-and-deliver.ts', import.meta.url));
const kills = 4;
/** Changes that are made while the receiver does not listen. */
const changesAlone = 40;

it('Every change arrives at least once and in order per account, whatever is killed when', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-webhooks-'));
  const location = await databaseAt(join(folder, 'postern.db'));
  const storage = await openStorage({
    location,
    sealer: fastSealer(),
    clock: fastClock,
    random: randomBytes,
  });
  onTestFinished(async () => {
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let misbehaves = true;
  let came: () => void = () => {};
  const receiver = await aReceiver(() => {
    came();
    const reactions: readonly Reaction[] = [200, 200, 200, 200, 200, 200, 500, 'close', 'hang'];
    return misbehaves ? (reactions[randomInt(reactions.length)] ?? 200) : 200;
  });
  const endpoint = { id: 'whe_1', realm: 'default', url: receiver.url, allowPrivate: true, createdAt: 0 };
  await storage.webhookEndpoints.add(endpoint, `whsec_${Buffer.alloc(32).toString('base64')}`, 10);

  /** By name: how many changes were acknowledged. */
  const acknowledged = new Map<string, number>();
  let changed: () => void = () => {};
  const begin = (settings: Omit<ProcessSettings, 'location'>): ChildProcess => {
    const work = JSON.stringify({ location, ...settings });
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, WORK: work },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (name) => {
      acknowledged.set(name, (acknowledged.get(name) ?? 0) + 1);
      changed();
    });
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    return child;
  };
  const people = [
    ['ada', 'ben', 'cleo'],
    ['dora', 'emil', 'fay'],
  ] as const;
  const beginTo = (turn: number) => begin({ people: people[turn % 2] ?? [], changes: 1000 });

  const next = async (times: number, told: (resolve: () => void) => void): Promise<void> => {
    for (let left = times; left > 0; left--) await new Promise<void>(told);
  };
  const requests = (times: number) =>
    next(times, (resolve) => {
      came = resolve;
    });
  const changes = (times: number) =>
    next(times, (resolve) => {
      changed = resolve;
    });

  const running = [beginTo(0), beginTo(1)];
  for (let turn = 0; turn < kills; turn++) {
    await requests(randomInt(2, 9));
    const comeBack = turn === 1 ? await receiver.goAway() : undefined;
    if (comeBack !== undefined) {
      await changes(changesAlone);
      expect((await storage.webhookDeliveries.count('whe_1')).waiting).toBeGreaterThan(changesAlone / 2);
    }
    const child = running[turn % 2];
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'close');
    running[turn % 2] = beginTo(turn);
    await comeBack?.();
  }
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  misbehaves = false;
  begin({ people: [], changes: 0 });
  while ((await storage.webhookDeliveries.count('whe_1')).waiting > 0)
    await new Promise<void>((resolve) => setTimeout(resolve, 20));

  expect(await storage.webhookDeliveries.deadLetters('whe_1', 10)).toEqual([]);
  for (const name of people.flat()) {
    const firsts = new Map(
      receiver.got.filter(({ identifier }) => identifier === name).map(({ id, type }) => [id, type]),
    );
    const types = [...firsts.values()];
    const alternating = types.map((_, index) => (index % 2 === 0 ? 'account.created' : 'account.deleted'));
    expect(types, name).toEqual(alternating);
    expect(types.length, name).toBeGreaterThanOrEqual(acknowledged.get(name) ?? 0);
    const exists = (await storage.accounts.find({ realm: 'default', identifier: name })) !== undefined;
    expect(types.length % 2 === 1, name).toBe(exists);
  }
  expect([...acknowledged.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(kills);
});
