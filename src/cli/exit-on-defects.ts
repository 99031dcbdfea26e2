// The last words of a process that a defect ends. Node's own would print the error with everything attached to it, which
// for a failed request to Google is the token it carried.
import { note } from './terminal.ts';

/** From now on an exception or rejection that nobody handles ends the process with one sentence and exit code 1. */
export const exitOnDefects = (): void => {
  process.on('uncaughtException', async (error: unknown) => {
    const { describeFailure } = await import('./failure.ts');
    note(`postern: ${describeFailure(error)}`);
    process.exit(1);
  });
};
