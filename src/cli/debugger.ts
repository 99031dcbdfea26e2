// Keeps Node's debugger shut that a SIGUSR1 opened before main.ts could take the signal away from Node: it listens to
// everybody on this machine, and who is connected reads the process's memory. Knows nothing of commands.
import { setTimeout as pause } from 'node:timers/promises';

const isWanted = (): boolean => `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`.includes('--inspect');

/** Milliseconds between looks: one signal opens it up to twice, the second time at some later turn of the event loop. */
const looks = [0, 0, 50, 200, 1000];

/** An operator who started Node with `--inspect` wants it. Returns at once; the process may end before the last look. */
export const keepDebuggerShut = async (
  wait: (milliseconds: number) => Promise<unknown> = (milliseconds) => pause(milliseconds, undefined, { ref: false }),
): Promise<void> => {
  if (isWanted()) return;
  const debugging = await import('node:inspector');
  for (const milliseconds of looks) {
    if (debugging.url() !== undefined) debugging.close();
    await wait(milliseconds);
  }
};
