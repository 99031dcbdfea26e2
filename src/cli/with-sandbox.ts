// A fake Google and folders of its own for as long as something runs: real settings are ignored, nothing is kept.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ListeningSandbox, listenSandbox } from '@postern/gmail-sandbox/listen';
import { populate } from '@postern/gmail-sandbox/populate';
import type { Environment } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { CommandError } from './command-error.ts';

export interface Person {
  readonly email: string;
  readonly name: string;
}

export interface OpenedSandbox {
  /** Without a slash at the end. */
  readonly url: string;
  /** Whom one can sign in as. */
  readonly people: readonly Person[];
  /** The GOOGLE_* settings that point at it. */
  readonly google: Readonly<Record<string, string>>;
  /** Those, and folders and a key that end with it: a whole environment for Postern. */
  readonly environment: Environment;
}

const asCommandError = (error: unknown): unknown =>
  error instanceof Error && error.constructor === Error ? new CommandError(error.message) : error;

const listen = async (port: number): Promise<ListeningSandbox> => {
  try {
    return await listenSandbox({ clock: systemClock, port });
  } catch (error) {
    throw asCommandError(error);
  }
};

const fill = async ({ sandbox }: ListeningSandbox, mailbox: readonly string[] | undefined): Promise<Person[]> => {
  try {
    return await populate(sandbox, { mailboxPaths: mailbox ?? [] });
  } catch (error) {
    throw mailbox === undefined ? error : asCommandError(error);
  }
};

/**
 * Runs `use` beside a sandbox on loopback and clears everything away afterwards.
 * @param mailbox the reader's own mail files; without, the sample mailbox
 * @param port 0 takes a free one
 * @throws CommandError for mail that cannot be read or a port that cannot be had
 */
export const withSandbox = async <T>(
  mailbox: readonly string[] | undefined,
  use: (opened: OpenedSandbox) => Promise<T>,
  port = 0,
): Promise<T> => {
  const listening = await listen(port);
  const folder = await mkdtemp(join(tmpdir(), 'postern-'));
  try {
    const people = await fill(listening, mailbox);
    const google = listening.sandbox.env();
    const environment = {
      ...google,
      POSTERN_DATA_DIR: join(folder, 'data'),
      POSTERN_CONFIG_DIR: join(folder, 'config'),
      POSTERN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    };
    return await use({ url: listening.url, people, google, environment });
  } finally {
    await listening.close();
    await rm(folder, { recursive: true, force: true });
  }
};
