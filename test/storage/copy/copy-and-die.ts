// A process that copies one database into another, and is killed as by a power cut after so many batches.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock.ts';
import type { DatabaseLocation } from '../../../src/model/database-location.ts';
import { copyStorage } from '../../../src/storage/copy.ts';

const [from = '', to = '', batches = ''] = process.argv.slice(2);
let left = Number(batches);
await copyStorage({
  from: JSON.parse(from) as DatabaseLocation,
  to: JSON.parse(to) as DatabaseLocation,
  clock: systemClock,
  random: randomBytes,
  batchRows: 3,
  progress: () => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
