// Postern as processes of their own, started the way a reader would. Knows nothing of what is then asked of them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import type { Environment } from '../../config/config.ts';
import { CommandError } from '../command-error.ts';

/** This very command, absolute. */
export const posternCommand = (): string => realpathSync(process.argv[1] ?? '');

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
