// The process that a command runs in: its version, its end by a signal or by a defect, and Node's debugger, which stays closed.
import { setTimeout as pause } from 'node:timers/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { printNote } from './terminal.ts';

export const version: string = packageJson.version;

/**
 * From now on an exception or rejection that nobody handles ends the process with one sentence and exit code 1. Node itself
 * would print the error with everything attached to it, which for a failed request to Google is the token it carried.
 */
export const exitOnDefects = (): void => {
  process.on('uncaughtException', async (error: unknown) => {
    const { describeFailure } = await import('./failure.ts');
    printNote(`postern: ${describeFailure(error)}`);
    process.exit(1);
  });
};

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export const firstSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve(signal);
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });

const isDebuggerWanted = (): boolean =>
  `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`.includes('--inspect');

/** Milliseconds between checks: one signal opens it up to twice, the second time at some later turn of the event loop. */
const pauses = [0, 0, 50, 200, 1000];

/**
 * Closes the debugger that a SIGUSR1 opened before main.ts could take the signal away from Node: it listens to everybody on
 * this machine, and who is connected reads the process's memory. Not where an operator started Node with `--inspect`. The
 * process may end before the last check.
 */
export const keepDebuggerShut = async (
  wait: (milliseconds: number) => Promise<unknown> = (milliseconds) => pause(milliseconds, undefined, { ref: false }),
): Promise<void> => {
  if (isDebuggerWanted()) return;
  const debugging = await import('node:inspector');
  for (const milliseconds of pauses) {
    if (debugging.url() !== undefined) debugging.close();
    await wait(milliseconds);
  }
};
