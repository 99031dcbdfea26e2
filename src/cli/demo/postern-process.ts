// Postern as processes of their own, started the way a reader would, and what a reader pastes into an MCP client (Claude
// Desktop, Claude Code, Cursor, VS Code …) with this clone's own paths.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../config/config.ts';
import { CommandError } from '../terminal.ts';

/** This very command, absolute. */
const posternCommand = (): string => realpathSync(process.argv[1] ?? '');

/** Without the reader's own settings: the demo must not touch their Google client or their database. */
const childEnvironment = (settings: Environment): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(POSTERN_|GOOGLE_|GMAIL_|PEOPLE_)/.test(name)),
  ),
  ...settings,
});

/** Runs one command to its end and gives its answer. */
export const runPostern = async (args: readonly string[], settings: Environment): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [posternCommand(), ...args], {
    env: childEnvironment(settings),
  });
  return stdout.trim();
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};

export interface HttpProcess {
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts `postern http` on a free port of 127.0.0.1 and resolves when it says that it listens. */
export const startHttp = async (settings: Environment): Promise<HttpProcess> => {
  const port = await freePort();
  const env = childEnvironment({ ...settings, POSTERN_PORT: String(port) });
  const child = spawn(process.execPath, [posternCommand(), 'http'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let log = '';
  const listening = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log = (log + chunk).slice(-10_000);
      if (log.includes('"event":"listening"')) resolve();
    });
  });
  await Promise.race([
    listening,
    exited.then(() => {
      throw new CommandError(`postern http did not start:\n${log}`);
    }),
  ]);
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
};

export interface ServerEntry {
  readonly command: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
}

/** Works as it is: a fake Google inside, nothing kept. */
export const sandboxEntry = (mailbox: readonly string[] | undefined): ServerEntry => ({
  command: process.execPath,
  args: [
    posternCommand(),
    'stdio',
    '--sandbox',
    ...(mailbox === undefined ? [] : ['--mailbox', ...mailbox.map((path) => resolve(path))]),
  ],
});

/** Reads real mail, once the file of the reader's own OAuth client is there. */
export const realEntry = (): ServerEntry => ({
  command: process.execPath,
  args: [posternCommand(), 'stdio'],
  env: { GOOGLE_CREDENTIALS_FILE: '~/client_secret.json' },
});

export const clientConfiguration = (name: string, entry: ServerEntry): string =>
  JSON.stringify({ mcpServers: { [name]: entry } }, undefined, 2);
