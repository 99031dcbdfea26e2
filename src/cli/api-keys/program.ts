// The grammar of `postern api-keys …`.
import type { Command } from 'commander';

export const addApiKeysCommands = (program: Command): void => {
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
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./create.ts')).create(options));
  keys
    .command('list')
    .description('list the keys, without their secrets')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./manage.ts')).list(options));
  keys
    .command('revoke')
    .description('make a key useless, at once and for good')
    .argument('<id>', "the key's id, as in the list")
    .action(async (id) => (await import('./manage.ts')).revoke(id));
};
