// A fake Google and folders of its own for as long as something runs: real settings are ignored, nothing is kept. Prints
// nothing: `stdio --sandbox` runs in it.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedSandbox, openSandbox, SandboxError } from '@postern/gmail-sandbox/command';
import type { Environment } from '../config/config.ts';
import { CommandError } from './terminal.ts';

/** What the sandbox says its user can mend, as the error of a command of ours. */
export const asCommandError = (error: unknown): unknown =>
  error instanceof SandboxError ? new CommandError(error.message, { exitCode: error.exitCode }) : error;

export interface SandboxForPostern extends OpenedSandbox {
  /** The settings that point at it, and folders and a key that end with it: a whole environment for Postern. */
  readonly environment: Environment;
}

/**
 * Runs `use` beside a sandbox on loopback and clears everything away afterwards.
 * @param mailbox the reader's own mail files; without, the sample mailbox
 * @throws CommandError for mail that cannot be read or a port that cannot be had
 */
export const withSandbox = async <T>(
  mailbox: readonly string[] | undefined,
  use: (opened: SandboxForPostern) => Promise<T>,
): Promise<T> => {
  const opened = await openSandbox({ mailboxPaths: mailbox }).catch((error: unknown) => {
    throw asCommandError(error);
  });
  const folder = await mkdtemp(join(tmpdir(), 'postern-'));
  try {
    const environment = {
      ...opened.sandbox.env(),
      POSTERN_DATA_DIR: join(folder, 'data'),
      POSTERN_CONFIG_DIR: join(folder, 'config'),
      POSTERN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    };
    return await use({ ...opened, environment });
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
};
