// The command line's grammar: every command, option and help text. Each action loads its own file, so that `stdio` starts
// without the rest.
import { Command, CommanderError } from 'commander';
import { exitOnDefects, version } from './process.ts';
import { CommandError, printNote } from './terminal.ts';

const mailboxOption = [
  '--mailbox <path...>',
  'your own mail: .eml files, folders of them, .mbox (Google Takeout)',
] as const;

const addServers = (program: Command): void => {
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

const addDemoAndSandbox = (program: Command): void => {
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

const addMaintenance = (program: Command): void => {
  const encryption = program.command('encryption').description('the key that seals tokens in the database');
  encryption
    .command('rotate')
    .description('seal everything with a new key')
    .addHelpText(
      'after',
      '\nWith a generated key: just run this. With a key in the environment: put the new one into POSTERN_ENCRYPTION_KEY\nand the former into POSTERN_ENCRYPTION_KEYS_RETIRED for every process and restart them one after the other, run\nthis, then remove the former in the same way. With POSTERN_ENCRYPTION_KEY_FILE nothing is restarted: write the new\nkey above the former, run this, then remove the former.',
    )
    .action(async () => (await import('./encryption.ts')).rotateEncryption());
  encryption
    .command('discard-unreadable')
    .description('delete what no configured key opens, and what something else than Postern wrote')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nFor a sealing key that is lost: the people concerned connect again, API keys have to be made anew.\nWhere the key only went missing from the settings, bring it back instead: nothing is lost then.',
    )
    .action(async (options) => (await import('./encryption.ts')).discardUnreadable(options));
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
    .command('storage')
    .description('the database as a whole')
    .command('copy')
    .description('copy a Postern into another database, SQLite or PostgreSQL; the source may go on meanwhile')
    .requiredOption(
      '--from <url>',
      'the database to read: sqlite:PATH, postgres://…, or env:NAME for a variable with it',
    )
    .requiredOption(
      '--to <url>',
      'the database to fill, in the same forms: an empty one, or an earlier copy of the same',
    )
    .option('--compare-only', 'only compare the two, row by row, and change neither')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nRun it again at any time: it goes on where it ended, and brings over what changed since. No sealing key is\nneeded. Exit code 1: not every row is equal. The steps are in docs/scale.md.',
    )
    .action(async (options) => (await import('./storage.ts')).copy(options));
  program
    .command('doctor')
    .description('check the configuration, the database and the keys, and say what to do')
    .option('--json', 'print JSON')
    .option('--online', 'ask Google and your issuer too: the OAuth client, both APIs, the issuer’s keys')
    .action(async (options) => (await import('./doctor/doctor.ts')).doctor(options));
};

const realm = ['--realm <realm>', 'the realm of the identifier', 'local'] as const;
const identifier = ['[identifier]', "the person's identifier (default: POSTERN_IDENTIFIER, else me)"] as const;

const addAccounts = (program: Command): void => {
  const accounts = program.command('accounts').description("people's connected Google accounts");
  accounts
    .command('list')
    .description('list the accounts')
    .option('--realm <realm>', 'only this realm')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./accounts/list.ts')).list(options));
  accounts
    .command('show')
    .description('show one account')
    .argument(...identifier)
    .option(...realm)
    .option('--json', 'print JSON')
    .action(async (name, options) => (await import('./accounts/list.ts')).show(name, options));
  accounts
    .command('check')
    .description('ask Google now what works; exit code 1: an account needs its person, 3: Google could not be asked')
    .argument(...identifier)
    .option('--realm <realm>', 'the realm of the identifier (default: local); with --all, only this realm')
    .option('--all', 'every account that is connected')
    .option('--json', 'print JSON')
    .action(async (name, options) => (await import('./accounts/check.ts')).check(name, options));
  accounts
    .command('connect')
    .description('connect a Google account in a browser, on this machine or another')
    .argument(...identifier)
    .option(...realm)
    .option('--expected-email <email>', 'for a new account: accept only this mailbox, now and later')
    .option('--expected-domain <domain>', 'for a new account: accept only mailboxes of this Workspace domain')
    .option('--capabilities <names>', 'ask for these too: mail,contacts,directory,other_contacts')
    .option('--replace', 'allow another Google account than the one connected before')
    .option('--no-browser', 'do not open a browser')
    .action(async (name, options) => (await import('./accounts/connect.ts')).connect(name, options));
  accounts
    .command('pin')
    .description('change whose mailbox an account has to be; another one that is connected is erased')
    .argument(...identifier)
    .option(...realm)
    .option('--expected-email <email>', 'accept only this mailbox')
    .option('--no-expected-email', 'accept any address')
    .option('--expected-domain <domain>', 'accept only mailboxes of this Workspace domain')
    .option('--no-expected-domain', 'accept any domain')
    .option('--expected-sub <sub>', 'accept only the Google account with this sub')
    .option('--no-expected-sub', 'accept any Google account')
    .action(async (name, options) => (await import('./accounts/change.ts')).pin(name, options));
  accounts
    .command('disconnect')
    .description('end the access at Google and erase the tokens')
    .argument(...identifier)
    .option(...realm)
    .option('--yes', 'do not ask')
    .action(async (name, options) => (await import('./accounts/change.ts')).disconnect(name, options));
  accounts
    .command('delete')
    .description('disconnect, then delete everything stored about the person')
    .argument(...identifier)
    .option(...realm)
    .option('--yes', 'do not ask')
    .action(async (name, options) => (await import('./accounts/change.ts')).remove(name, options));
};

const addApiKeys = (program: Command): void => {
  const keys = program.command('api-keys').description('keys with which callers reach the HTTP server');
  keys
    .command('create')
    .description('make a key and show it once')
    .option('--service', 'for a trusted backend, which names the person in Postern-Identifier')
    .option('--user <identifier>', 'for one person')
    .option('--realm <realm>', 'the realm the key speaks for', 'default')
    .option('--label <text>', 'what you will know it by')
    .option('--expected-email <email>', 'with --user: only this mailbox may be connected')
    .option('--unverified-links', 'weaker: whoever opens a link may complete it')
    .option('--verify-url <url>', 'with --service: where your product confirms who completed a link')
    .option('--connection <name>', 'accounts made with it use this OAuth client (see: postern connections)')
    .option('--return-url <url...>', 'with --service: where its links may send browsers back to; may end in /*')
    .option('--product-name <name>', 'with --service: who the pages of its links say is asking')
    .option('--product-logo <file>', 'with --product-name: a PNG, JPEG or WebP of at most 64 kB, shown beside it')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./api-keys.ts')).create(options));
  keys
    .command('list')
    .description('list the keys, without their secrets')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./api-keys.ts')).list(options));
  keys
    .command('revoke')
    .description('make a key useless, at once and for good')
    .argument('<id>', "the key's id, as in the list")
    .action(async (id) => (await import('./api-keys.ts')).revoke(id));
};

const addConnections = (program: Command): void => {
  const connections = program
    .command('connections')
    .description('OAuth clients at Google, for people who use another one than the environment’s');
  connections
    .command('add')
    .description('add an OAuth client, such as one of a customer’s own Workspace')
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .requiredOption('--credentials-file <path>', 'the JSON file that Google’s console downloads for the client')
    .option('--capabilities <names>', 'ask for these at most: mail,contacts,directory,other_contacts (default: all)')
    .option('--realm <realm>', 'new accounts of this realm get it')
    .option('--replace', 'put another secret, or other capabilities, in the place of those that the connection has')
    .action(async (name, options) => (await import('./connections.ts')).add(name, options));
  connections
    .command('list')
    .description('list the connections and who uses them, without their secrets')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./connections.ts')).list(options));
  connections
    .command('default')
    .description('choose what new accounts get where neither their key nor their realm names a connection')
    .argument('<name>', 'a connection; default is the client of the environment')
    .option('--realm <realm>', 'choose it for this realm alone')
    .action(async (name, options) => (await import('./connections.ts')).setDefault(name, options));
  connections
    .command('remove')
    .description('remove a connection that nobody uses')
    .argument('<name>')
    .action(async (name) => (await import('./connections.ts')).remove(name));
};

const addWebhooks = (program: Command): void => {
  const webhooks = program.command('webhooks').description('endpoints of your product that are told of every change');
  const id = ['<id>', "the endpoint's id, as in the list"] as const;
  webhooks
    .command('add')
    .description('send events to a URL, and show its secret once')
    .argument('<url>', 'https://…')
    .option('--realm <realm>', 'the realm whose events it gets', 'default')
    .option('--events <types>', 'only these, separated by commas (default: all)')
    .option('--allow-private', 'it may be on this machine or in your own network, and without https')
    .option('--json', 'print JSON')
    .action(async (url, options) => (await import('./webhooks.ts')).add(url, options));
  webhooks
    .command('list')
    .description('list the endpoints, or with --dead the events that they did not take')
    .option('--realm <realm>', 'only this realm')
    .option('--dead', 'events that were tried for a day in vain')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./webhooks.ts')).list(options));
  webhooks
    .command('remove')
    .description('send nothing there any more, and forget what waits')
    .argument(...id)
    .action(async (endpoint) => (await import('./webhooks.ts')).remove(endpoint));
  webhooks
    .command('test')
    .description('send an event now; one that was disabled and takes it is enabled again')
    .argument(...id)
    .option('--json', 'print JSON')
    .action(async (endpoint, options) => (await import('./webhooks.ts')).test(endpoint, options));
  webhooks
    .command('redeliver')
    .description('send dead events again')
    .argument(...id)
    .option('--event <event-id>', 'only this one')
    .option('--json', 'print JSON')
    .action(async (endpoint, options) => (await import('./webhooks.ts')).redeliver(endpoint, options));
  webhooks
    .command('rotate-secret')
    .description('make a new secret and show it once; for 24 hours both sign')
    .argument(...id)
    .option('--json', 'print JSON')
    .action(async (endpoint, options) => (await import('./webhooks.ts')).rotateSecret(endpoint, options));
};

/** Every command of `postern`. */
const createProgram = (): Command => {
  const program = new Command('postern')
    .description('A self-hosted MCP server that gives AI agents read-only Gmail and Contacts, never a Google token.')
    .version(version)
    .showHelpAfterError('(add --help for what is possible)');
  addServers(program);
  addDemoAndSandbox(program);
  addAccounts(program);
  addApiKeys(program);
  addConnections(program);
  addWebhooks(program);
  addMaintenance(program);
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
    printNote(`postern: ${describeFailure(error)}`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
};
