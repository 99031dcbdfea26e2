// A process that makes and deletes accounts of its own, says so after each commit, and delivers events of everybody's. Its
// time runs faster than the test's, so that leases and pauses are short. Its settings come in the environment.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.ts';
import { createOutsideFetch } from '../../src/lib/outside-fetch.ts';
import type { DatabaseLocation } from '../../src/model/database-location.ts';
import { createSealer, openStorage } from '../../src/storage/index.ts';
import { createWebhookDelivery } from '../../src/webhooks/delivery.ts';

export interface ProcessSettings {
  readonly location: DatabaseLocation;
  /** Names of the accounts that nobody else changes. */
  readonly people: readonly string[];
  readonly changes: number;
}

const faster = 40;
const begin = Date.UTC(2026, 0, 1);

/** The same in every process. */
export const fastClock: Clock = {
  now: () => Date.now() + (Date.now() - begin) * (faster - 1),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds / faster);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

export const fastSealer = () => createSealer({ current: new Uint8Array(32).fill(5), retired: [] }, randomBytes);

const work = async ({ location, people, changes }: ProcessSettings): Promise<void> => {
  const clock = fastClock;
  const storage = await openStorage({
    location,
    sealer: fastSealer(),
    clock,
    random: randomBytes,
  });
  const delivery = createWebhookDelivery({
    storage,
    outside: (trustedOrigin, bodies) => createOutsideFetch({ clock, trustedOrigin, bodies }),
    clock,
    random: randomBytes,
    log: () => {},
  });
  void delivery.run(new AbortController().signal);
  for (let change = 0; change < changes; change++) {
    const identifier = people[change % people.length] ?? '';
    const key = { realm: 'default', identifier };
    if ((await storage.accounts.find(key)) === undefined) await storage.accounts.getOrCreate(key);
    else await storage.accounts.remove(key);
    process.stdout.write(`${identifier}\n`);
    await clock.sleep(300);
  }
};

if (process.env.WORK !== undefined) await work(JSON.parse(process.env.WORK));
