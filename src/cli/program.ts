// The command line's grammar: every command, option and help text. Each action loads its own file, so that `stdio`
// starts without the rest. Knows nothing of what the commands do.
import { Command, CommanderError } from 'commander';
import { addAccountsCommands } from './accounts/program.ts';
import { addApiKeysCommands } from './api-keys/program.ts';
import { CommandError } from './command-error.ts';
import { exitOnDefects } from './exit-on-defects.ts';
import { note } from './terminal.ts';
import { version } from './version.ts';

const mailboxOption = [
  '--mailbox <path...>',
  'your own mail: .eml files, folders of them, .mbox (Google Takeout)',
] as const;

const addServing = (program: Command): void => {
  program
    .command('stdio')
    .description('serve one person over stdin and stdout; MCP clients start it')
    .option('--sandbox', 'use a built-in fake Google instead of the real one; nothing is kept')
    .option(mailboxOption[0], `with --sandbox: ${mailboxOption[1]}`)
    .action(async (options) => (await import('./stdio.ts')).stdio(options));
  program
    .command('http')
    .description('serve many people over HTTP: /mcp, the connect pages and the API for products')
    .option('--generate-key', 'make a sealing key in the config folder when none is configured')
    .option('--insecure-http', 'allow a POSTERN_PUBLIC_URL without https that is not this machine')
    .action(async (options) => (await import('./http.ts')).http(options));
};

const addTrying = (program: Command): void => {
  program
    .command('demo')
    .description('show the whole of Postern against a built-in fake Google')
    .option(...mailboxOption)
    .option('--interactive', 'wait for you to click through the pages yourself')
    .action(async (options) => (await import('./demo/demo.ts')).demo(options));
  program
    .command('sandbox')
    .description('run the built-in fake Google, to point any Postern at')
    .option(...mailboxOption)
    .option('--port <port>', 'listen on this port instead of a free one')
    .option('--json', 'print one line of JSON with the settings and the accounts')
    .action(async (options) => (await import('./sandbox.ts')).sandbox(options));
};

const addKeeping = (program: Command): void => {
  const encryption = program.command('encryption').description('the key that seals tokens in the database');
  encryption
    .command('rotate')
    .description('seal everything with a new key')
    .addHelpText(
      'after',
      '\nWith a generated key: just run this. With a key in the environment: put the new one into POSTERN_ENCRYPTION_KEY\nand the former into POSTERN_ENCRYPTION_KEYS_RETIRED for every process and restart them one after the other, run\nthis, then remove the former in the same way. With POSTERN_ENCRYPTION_KEY_FILE nothing is restarted: write the new\nkey above the former, run this, then remove the former.',
    )
    .action(async () => (await import('./encryption-rotate.ts')).rotateEncryption());
  encryption
    .command('discard-unreadable')
    .description('delete what no configured key opens, and what something else than Postern wrote')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nFor a sealing key that is lost: the people concerned connect again, API keys have to be made anew.\nWhere the key only went missing from the settings, bring it back instead: nothing is lost then.',
    )
    .action(async (options) => (await import('./discard-unreadable.ts')).discardUnreadable(options));
  program
    .command('backup <file>')
    .description('write a whole copy of the database, without the key; Postern may go on meanwhile')
    .option('--force', 'replace a file of this name')
    .action(async (file, options) => (await import('./backup.ts')).backup(file, options));
  program
    .command('restore <file>')
    .description('put a backup in the place of the database, after trying it with the key; stop every Postern before')
    .option('--force', 'replace the present database')
    .action(async (file, options) => (await import('./backup.ts')).restoreBackup(file, options));
  program
    .command('doctor')
    .description('check the configuration, the database and the keys, and say what to do')
    .option('--json', 'print JSON')
    .option('--online', 'ask Google and your issuer too: the OAuth client, both APIs, the issuer’s keys')
    .action(async (options) => (await import('./doctor.ts')).doctor(options));
};

/** Every command of `postern`. */
export const createProgram = (): Command => {
  const program = new Command('postern')
    .description('A self-hosted MCP server that gives AI agents read-only Gmail and Contacts, never a Google token.')
    .version(version)
    .showHelpAfterError('(add --help for what is possible)');
  addServing(program);
  addTrying(program);
  addAccountsCommands(program);
  addApiKeysCommands(program);
  addKeeping(program);
  return program;
};

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

/**
 * Runs one command line to its end.
 * @returns the exit code: 0 done, 1 it did not work, 2 the command line or the configuration is wrong.
 */
export const run = async (argv: readonly string[]): Promise<number> => {
  exitOnDefects();
  const program = createProgram();
  for (const command of everyCommand(program)) command.exitOverride();
  // A reader that has seen enough (`| head`) is not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has said it already
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { describeFailure } = await import('./failure.ts');
    note(`postern: ${describeFailure(error)}`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
};
