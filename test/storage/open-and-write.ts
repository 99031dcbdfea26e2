// One of many processes that start at once: opens the storage, makes the account named by its arguments, and writes to
// the account they all share until that succeeded once.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/lib/clock.ts';
import { createSealer, openStorage } from '../../src/storage/index.ts';

const [location = '', name = ''] = process.argv.slice(2);
const sealer = createSealer({ current: new Uint8Array(32).fill(1), retired: [] }, randomBytes);
const storage = await openStorage({
  location: JSON.parse(location),
  sealer,
  clock: systemClock,
  random: randomBytes,
});
await storage.accounts.getOrCreate({ realm: 'default', identifier: name });
const shared = { realm: 'default', identifier: 'shared' };
for (;;) {
  const { version } = await storage.accounts.getOrCreate(shared);
  if (await storage.accounts.setPins(shared, version, { expectedSub: name })) break;
}
await storage.close();
