// `postern sandbox`: the command of the package, as one of ours.
import { runSandbox, type SandboxCommandOptions } from '@postern/gmail-sandbox/command';
import { firstSignal } from './process.ts';
import { printLine, printNote } from './terminal.ts';
import { asCommandError } from './with-sandbox.ts';

/** Runs until SIGINT or SIGTERM. Throws CommandError for mail that cannot be read or a busy port. */
export const sandbox = async (options: SandboxCommandOptions): Promise<void> => {
  try {
    await runSandbox(options, { write: printLine, ended: firstSignal() });
  } catch (error) {
    throw asCommandError(error);
  }
  printNote('Sandbox ended.');
};
