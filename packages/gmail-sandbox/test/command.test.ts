// The command `gmail-sandbox` as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const command = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const start = (...args: readonly string[]) => {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
};

/** Runs a command line that ends by itself. */
const run = async (...args: readonly string[]) => {
  const child = start(...args);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
};

interface Answer {
  readonly env: Record<string, string>;
  readonly accounts: readonly { readonly email: string }[];
}

describe('gmail-sandbox', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('prints one line of JSON, answers, and ends at %s', async (signal) => {
    const child = start('--json');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { env, accounts } = JSON.parse(line) as Answer;
    expect(accounts.map(({ email }) => email)).toEqual(['alex@example.com', 'robin@example.org']);
    const answer = await fetch(`${env.GOOGLE_ISSUER}/.well-known/openid-configuration`);
    expect(await answer.json()).toMatchObject({ token_endpoint: env.GOOGLE_TOKEN_ENDPOINT });
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('prints the settings as lines for a shell, and who can be chosen', async () => {
    const child = start();
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith('Ctrl+C')) break;
    }
    expect(lines[0]).toMatch(/^The sandbox plays Google at http:\/\/127\.0\.0\.1:\d+$/);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}export GOOGLE_CLIENT_SECRET=GOCSPX-/));
    expect(lines).toContain('  Alex Marsh <alex@example.com>');
  });

  it('prints its options for --help', async () => {
    expect(await run('--help')).toEqual({ code: 0, stdout: expect.stringContaining('--mailbox <path>'), stderr: '' });
  });

  it.each([
    ['an unknown option', ['--prot', '80'], "Unknown option '--prot'. See: gmail-sandbox --help"],
    ['an argument', ['mail.mbox'], "Unexpected argument 'mail.mbox'"],
    ['a port that is no number', ['--port', 'http'], 'The port is not a port number.'],
    ['a port out of range', ['--port', '65536'], 'The port is not between 1 and 65535.'],
  ])('answers %s with one sentence and exit code 2', async (_, args, sentence) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^gmail-sandbox: .+\n$/);
    expect(stderr).toContain(sentence);
  });

  it('names a mail file that is not there, with exit code 1', async () => {
    expect(await run('--mailbox', 'missing.mbox')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'gmail-sandbox: missing.mbox does not exist: check the spelling.\n',
    });
  });

  it('names a port that is taken, with exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await run('--port', String(port));
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `gmail-sandbox: Port ${port} on 127.0.0.1 is already in use: stop the other program or choose another port.\n`,
    );
  });
});
