// Asks before something that cannot be undone. Where nobody can answer, --yes is demanded instead.
import { CommandError } from './command-error.ts';

/** Throws CommandError unless the person agrees, or has agreed by --yes. */
export const demandConsent = async (question: string, yes: boolean): Promise<void> => {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CommandError('This asks for confirmation, and there is no terminal to ask in.', {
      fix: 'Add --yes.',
      exitCode: 2,
    });
  }
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false });
  if (answer !== true) throw new CommandError('Nothing was changed.');
};
