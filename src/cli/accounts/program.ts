// The grammar of `postern accounts …`.
import type { Command } from 'commander';

const realm = ['--realm <realm>', 'the realm of the identifier', 'local'] as const;
const identifier = ['[identifier]', "the person's identifier (default: POSTERN_IDENTIFIER, else me)"] as const;

export const addAccountsCommands = (program: Command): void => {
  const accounts = program.command('accounts').description("people's connected Google accounts");
  accounts
    .command('list')
    .description('list the accounts')
    .option('--realm <realm>', 'only this realm')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./look.ts')).list(options));
  accounts
    .command('show')
    .description('show one account')
    .argument(...identifier)
    .option(...realm)
    .option('--json', 'print JSON')
    .action(async (name, options) => (await import('./look.ts')).show(name, options));
  accounts
    .command('check')
    .description('ask Google now what works; exit code 1: an account needs its person, 3: Google could not be asked')
    .argument(...identifier)
    .option('--realm <realm>', 'the realm of the identifier (default: local); with --all, only this realm')
    .option('--all', 'every account that is connected')
    .option('--json', 'print JSON')
    .action(async (name, options) => (await import('./check.ts')).check(name, options));
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
    .action(async (name, options) => (await import('./connect.ts')).connect(name, options));
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
    .action(async (name, options) => (await import('./pin.ts')).pin(name, options));
  accounts
    .command('disconnect')
    .description('end the access at Google and erase the tokens')
    .argument(...identifier)
    .option(...realm)
    .option('--yes', 'do not ask')
    .action(async (name, options) => (await import('./end.ts')).disconnect(name, options));
  accounts
    .command('delete')
    .description('disconnect, then delete everything stored about the person')
    .argument(...identifier)
    .option(...realm)
    .option('--yes', 'do not ask')
    .action(async (name, options) => (await import('./end.ts')).remove(name, options));
};
