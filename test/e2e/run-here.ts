// The command line in this process, for what it says and does; a process of its own takes ten times as long. That the built
// command does the same is shown by `run` for one command of each kind.
import { vi } from 'vitest';
import { run as runProgram } from '../../src/cli/program.ts';
import { type Exit, environment, type Settings } from './built.ts';

/** As `run`, for commands that end by themselves and read nothing. */
export const runHere = async (args: readonly string[], settings: Settings): Promise<Exit> => {
  const written = { stdout: '', stderr: '' };
  for (const where of ['stdout', 'stderr'] as const)
    vi.spyOn(process[where], 'write').mockImplementation((chunk) => {
      written[where] += String(chunk);
      return true;
    });
  const former = { env: process.env, defects: process.listeners('uncaughtException') };
  const broken = process.stdout.listeners('error');
  process.env = environment(settings);
  try {
    return { code: await runProgram(args), ...written };
  } finally {
    process.env = former.env;
    for (const listener of process.listeners('uncaughtException'))
      if (!former.defects.includes(listener)) process.off('uncaughtException', listener);
    for (const listener of process.stdout.listeners('error'))
      if (!broken.includes(listener)) process.stdout.off('error', listener as () => void);
    for (const where of ['stdout', 'stderr'] as const) vi.mocked(process[where].write).mockRestore();
  }
};
