// A Postern to run the examples against: a real one that the environment names, or one of this clone with the sandbox
// as its Google, started here and gone afterwards. Does not know what is then asked of it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface RunningPostern {
  /** Where it listens, without a path. */
  readonly origin: string;
  /** Speaks for every user of the product; stays in the product's backend. */
  readonly serviceKey: string;
  /** Whose Gmail it is about. */
  readonly mailbox: string;
  /** Whether its Google is the sandbox, whose pages and mailbox are known. */
  readonly isSandboxed: boolean;
  close(): Promise<void>;
}

const command = fileURLToPath(new URL('../../dist/postern.mjs', import.meta.url));

/** Without the settings of whoever runs the example: their Google client and their database stay untouched. */
const environment = (settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(POSTERN_|GOOGLE_|GMAIL_|PEOPLE_)/.test(name)),
  ),
  ...settings,
});

const start = (args: readonly string[], settings: NodeJS.ProcessEnv): ChildProcess =>
  spawn(process.execPath, [command, ...args], { env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] });

/** Everything the process wrote until `text` was in it. Throws with that when it ends before. */
const said = (child: ChildProcess, where: 'stdout' | 'stderr', text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let written = '';
    child[where]?.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
      if (written.includes(text)) resolve(written);
    });
    child.once('close', () => reject(new Error(`Postern ended early and said:\n${written}`)));
  });

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const startOwn = async (): Promise<RunningPostern> => {
  if (!existsSync(command)) throw new Error('dist/postern.mjs is missing. Run `npm run build` in the folder above.');
  const folder = mkdtempSync(join(tmpdir(), 'postern-example-'));
  const started: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of started.toReversed()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const sandbox = start(['sandbox', '--json'], {});
    started.push(sandbox);
    const { env, accounts } = JSON.parse(await said(sandbox, 'stdout', '\n'));
    const port = await freePort();
    const settings = {
      ...env,
      POSTERN_DATA_DIR: join(folder, 'data'),
      POSTERN_CONFIG_DIR: join(folder, 'config'),
      POSTERN_PORT: String(port),
    };
    const http = start(['http', '--generate-key'], settings);
    started.push(http);
    await said(http, 'stderr', '"event":"listening"');
    const key = await promisify(execFile)(process.execPath, [command, 'api-keys', 'create', '--service'], {
      env: environment(settings),
    });
    const origin = `http://127.0.0.1:${port}`;
    return { origin, serviceKey: key.stdout.trim(), mailbox: accounts[0].email, isSandboxed: true, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** The Postern that POSTERN_URL names, or without it one of this clone with a fake Google. */
export const openPostern = async (): Promise<RunningPostern> => {
  const { POSTERN_URL: url, POSTERN_SERVICE_KEY: serviceKey, POSTERN_EXPECTED_EMAIL: mailbox } = process.env;
  if (url === undefined) return startOwn();
  if (serviceKey === undefined || mailbox === undefined) {
    throw new Error(
      'With POSTERN_URL, set POSTERN_SERVICE_KEY (`postern api-keys create --service` makes one) and POSTERN_EXPECTED_EMAIL (the Gmail address that will be connected) as well.',
    );
  }
  return { origin: new URL(url).origin, serviceKey, mailbox, isSandboxed: false, close: async () => {} };
};
