// `postern sandbox`: the fake Google on loopback until a signal comes. Ignores real GOOGLE_* settings.
import { portSchema } from '../config/values.ts';
import { CommandError } from './command-error.ts';
import { note, plain, say } from './terminal.ts';
import { untilSignal } from './until-signal.ts';
import { type OpenedSandbox, withSandbox } from './with-sandbox.ts';

export interface SandboxCommandOptions {
  readonly mailbox?: readonly string[];
  readonly port?: string;
  readonly json?: boolean;
}

const portOf = (text: string | undefined): number => {
  if (text === undefined) return 0;
  const result = portSchema.safeParse(text);
  if (result.success) return result.data;
  throw new CommandError(`The port ${result.error.issues[0]?.message ?? 'is not valid'}.`, { exitCode: 2 });
};

const describe = ({ url, google, people }: OpenedSandbox): void => {
  say(`The sandbox plays Google at ${url}`);
  say('\nPoint any Postern at it:');
  for (const [name, value] of Object.entries(google)) say(`  export ${name}=${value}`);
  say('\nPeople who can be chosen on its consent page:');
  for (const person of people) say(`  ${plain(person.name)} <${plain(person.email)}>`);
  say(`\nWhat people and admins do (change a password, block the app …): curl ${url}/_sandbox`);
  say('Ctrl+C ends it; nothing is kept.');
};

/** Runs until SIGINT or SIGTERM. Throws CommandError for mail that cannot be read or a busy port. */
export const sandbox = async (options: SandboxCommandOptions): Promise<void> => {
  const ended = untilSignal();
  await withSandbox(
    options.mailbox,
    async (opened) => {
      if (options.json) say(JSON.stringify({ env: opened.google, accounts: opened.people }));
      else describe(opened);
      await ended;
      note('Sandbox ended.');
    },
    portOf(options.port),
  );
};
