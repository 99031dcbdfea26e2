// The built command as processes of its own: started, spoken to, waited for. Nothing here sleeps.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { databaseAt, engine, urlOf } from '../support/database.ts';

export const command = fileURLToPath(new URL('../../dist/postern.mjs', import.meta.url));
if (!existsSync(command)) throw new Error('dist/postern.mjs is missing: `npm test` builds it, or run `npm run build`.');

/** A folder that goes away with the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export type Settings = Readonly<Record<string, string>>;

/** Folders of the test's own, and none of the settings of whoever runs the tests. */
export const settingsIn = (folder: string, more: Settings = {}): Settings => ({
  POSTERN_DATA_DIR: join(folder, 'data'),
  POSTERN_CONFIG_DIR: join(folder, 'config'),
  ...more,
});

/** The same with the database of the project in which the test runs. */
export const settingsOn = async (folder: string, more: Settings = {}): Promise<Settings> => {
  if (engine === 'sqlite') return settingsIn(folder, more);
  const POSTERN_DATABASE_URL = urlOf(await databaseAt(join(folder, 'postern.db')));
  return settingsIn(folder, { POSTERN_DATABASE_URL, ...more });
};

/** What a command started by a test finds in its environment. */
export const environment = (settings: Settings): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(POSTERN_|GOOGLE_|GMAIL_|PEOPLE_|DISPLAY|WAYLAND)/.test(name)),
  ),
  ...settings,
});

export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<Exit>;
  /** Resolves with everything written so far once it contains `text`; rejects when the process ends without. */
  says(text: string | RegExp, where?: 'stdout' | 'stderr'): Promise<string>;
}

/** Starts `postern …`. It is killed with the test, however that ends. */
export const start = (args: readonly string[], settings: Settings, node = process.execPath): Running => {
  const child = spawn(node, [command, ...args], { env: environment(settings) });
  const written = { stdout: '', stderr: '' };
  for (const where of ['stdout', 'stderr'] as const) {
    child[where].setEncoding('utf8').on('data', (chunk: string) => {
      written[where] += chunk;
      child.emit('written');
    });
  }
  const exit = once(child, 'close').then(([code]): Exit => ({ code: code as number | null, ...written }));
  const says = async (text: string | RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<string> => {
    const found = () => (typeof text === 'string' ? written[where].includes(text) : text.test(written[where]));
    let over = false;
    void exit.then(() => {
      over = true;
      child.emit('written');
    });
    while (!found()) {
      if (over)
        throw new Error(
          `postern ${args.join(' ')} ended without saying ${text}:\n${written.stdout}\n${written.stderr}`,
        );
      await once(child, 'written');
    }
    return written[where];
  };
  return { child, exit, says };
};

/** Kills a process that a test started, when the test is over. */
export const endWithTest = (running: Running): Running => {
  onTestFinished(async () => {
    running.child.kill('SIGKILL');
    await running.exit;
  });
  return running;
};

/** Runs `postern …` to its end; `input` is what it reads. */
export const run = (args: readonly string[], settings: Settings, input = ''): Promise<Exit> => {
  const running = start(args, settings);
  running.child.stdin.end(input);
  return running.exit;
};

/** A port of 127.0.0.1 that is taken until the test ends. */
export const takenPort = async (): Promise<number> => {
  const server = await listening();
  onTestFinished(() => void server.close());
  return portOf(server);
};

const listening = async (): Promise<Server> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

export interface StartedSandbox {
  readonly env: Settings;
  readonly accounts: readonly { readonly email: string; readonly name: string }[];
  stop(): Promise<Exit>;
}

/** `postern sandbox --json`, as a script would use it. */
export const startSandbox = async (): Promise<StartedSandbox> => {
  const running = start(['sandbox', '--json'], {});
  const { env, accounts } = JSON.parse(await running.says('\n'));
  return {
    env,
    accounts,
    stop: () => {
      running.child.kill('SIGTERM');
      return running.exit;
    },
  };
};
