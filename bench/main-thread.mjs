// Loaded into a process before its own code (`node --import`): writes down, in milliseconds a line, each stretch of
// processor time that its main thread took without coming to its timers. Time in which other threads or processes had the
// processor does not count.
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const everyMs = 1;
/** Milliseconds. Shorter stretches delay nobody. */
const shortest = 5;

const file = process.env.MAIN_THREAD_FILE;
if (isMainThread && file !== undefined) {
  const taken = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let before = taken();
  setInterval(() => {
    const now = taken();
    if (now - before >= shortest) appendFileSync(file, `${(now - before).toFixed(1)}\n`);
    before = taken();
  }, everyMs).unref();
}
