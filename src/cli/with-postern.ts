// A whole Postern for a command of the operator, with connect pages on loopback while a link is live; closed whatever
// happens.
import { randomBytes } from 'node:crypto';
import { compose } from '../compose.ts';
import type { Config } from '../config/config.ts';
import type { Accounts } from '../connect/accounts.ts';
import { createLoopback } from '../http/pages/loopback-server.ts';
import type { Clock } from '../lib/clock.ts';
import { toolNames } from '../mcp/tools/index.ts';
import { createLogger } from './log.ts';
import { requireConfig } from './settings.ts';
import { printNote } from './terminal.ts';

export interface OpenedPostern {
  readonly accounts: Accounts;
  readonly config: Config;
  /** What links and everything else stored go by. */
  readonly clock: Clock;
}

/**
 * Throws CommandError for faulty settings, StorageError when the database cannot be used.
 * @param settings `stdio` where the command serves a link by itself, and so needs what stdio needs; else `cli`
 */
export const withPostern = async <T>(
  settings: 'stdio' | 'cli',
  use: (opened: OpenedPostern) => Promise<T>,
): Promise<T> => {
  const config = requireConfig({ transport: settings, toolNames });
  for (const warning of config.warnings) printNote(`warning: ${warning}`);
  const log = createLogger();
  log.level = 'warn';
  const postern = await compose(config, { transport: 'cli', log, linkOrigin: () => loopback.origin() });
  const loopback = createLoopback({
    connection: postern.accounts.connection,
    port: config.port,
    clock: postern.clock,
    random: randomBytes,
    log,
  });
  try {
    return await use({ accounts: postern.accounts, config, clock: postern.clock });
  } finally {
    await loopback.close();
    await postern.close();
  }
};
