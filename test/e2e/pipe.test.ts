// The built command over a real pipe, as an MCP client starts it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { walk } from '../../src/cli/demo/person.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';
import {
  command,
  endWithTest,
  type Running,
  type Settings,
  type StartedSandbox,
  settingsIn,
  start,
  startSandbox,
  temporaryFolder,
} from './built.ts';

interface Answer {
  readonly jsonrpc: string;
  readonly id?: number;
  readonly result?: { readonly [name: string]: unknown };
}

const linesOf = (stdout: string): Answer[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** One request over the pipe, and its answer. */
const ask = async (
  { child, says }: Running,
  id: number,
  method: string,
  params: object,
): Promise<NonNullable<Answer['result']>> => {
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  const stdout = await says(new RegExp(`"id":${id}[,}].*\\n|.*\\{.*"id":${id}[,}]?.*\\n`));
  const answer = linesOf(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).find((line) => line.id === id);
  if (answer?.result === undefined) throw new Error(`no result: ${JSON.stringify(answer)}`);
  return answer.result;
};

const initialize = (running: Running) =>
  ask(running, 1, 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  });

describe('postern stdio over a pipe', () => {
  let sandbox: StartedSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.stop());

  const serve = (more: Settings = {}) =>
    endWithTest(start(['stdio'], settingsIn(temporaryFolder(), { ...sandbox.env, ...more })));
  test('opens no debugger for a signal, as Node would for whoever can send it one', async () => {
    const running = serve();
    await initialize(running);
    for (let id = 2; id < 5; id += 1) {
      running.child.kill('SIGUSR1');
      await ask(running, id, 'ping', {});
    }
    running.child.stdin.end();
    expect((await running.exit).stderr).not.toContain('Debugger');
  });

  const call = (running: Running, id: number) =>
    ask(running, id, 'tools/call', { name: 'gmail_fetch_mails', arguments: { max_results: 2 } });

  test('answers initialize, lists the six tools, and says on stderr that the endpoints are not Google’s own', async () => {
    const running = serve();
    expect(await initialize(running)).toMatchObject({ serverInfo: { name: 'postern' } });
    const { tools } = await ask(running, 2, 'tools/list', {});
    expect(tools).toHaveLength(toolNames.length);
    expect(await running.says('GOOGLE_TOKEN_ENDPOINT', 'stderr')).toContain('google_endpoint_overridden');
  });

  test('gives a person who never connected a link, then their mail, and ends with the pipe; stdout held JSON-RPC alone', async () => {
    const running = serve();
    await initialize(running);
    const first = await call(running, 2);
    const { authorizationRequired } = first.structuredContent as {
      authorizationRequired: { url: string; reason: string };
    };
    expect(authorizationRequired).toMatchObject({
      reason: 'never_connected',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/connect\//),
    });
    const page = await walk(authorizationRequired.url, 'alex@example.com', () => {});
    expect([page.status, page.heading]).toEqual([200, 'Gmail is connected']);
    const second = await call(running, 3);
    expect((second.structuredContent as { messages: unknown[] }).messages).toHaveLength(2);
    running.child.stdin.end();
    const { code, stdout } = await running.exit;
    expect(code).toBe(0);
    expect(linesOf(stdout).map(({ jsonrpc }) => jsonrpc)).toEqual(['2.0', '2.0', '2.0']);
  });

  test('ends with exit code 0 on SIGTERM, although the pipe is still open', async () => {
    const running = serve();
    await initialize(running);
    running.child.kill('SIGTERM');
    expect((await running.exit).code).toBe(0);
  });

  test('connects and reads with the built-in sandbox and no setting at all', async () => {
    const running = endWithTest(start(['stdio', '--sandbox'], settingsIn(temporaryFolder())));
    await initialize(running);
    const { structuredContent } = await call(running, 2);
    expect(structuredContent).toMatchObject({ authorizationRequired: { reason: 'never_connected' } });
  });
});

describe('mail that takes long to read', () => {
  /** A Postern whose person has one large HTML message, and is connected. */
  const withLargeMail = async (html: string) => {
    const folder = temporaryFolder();
    const file = join(folder, 'large.eml');
    const head = 'From: a@example.org\r\nSubject: Large\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n';
    writeFileSync(
      file,
      `${head}Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(html).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
    );
    const running = endWithTest(start(['stdio', '--sandbox', '--mailbox', file], settingsIn(folder)));
    await initialize(running);
    const list = (id: number) =>
      ask(running, id, 'tools/call', { name: 'gmail_fetch_mails', arguments: { format: 'minimal' } });
    const { authorizationRequired } = (await list(2)).structuredContent as { authorizationRequired: { url: string } };
    await walk(authorizationRequired.url, 'alex@example.com', () => {});
    const { messages } = (await list(3)).structuredContent as { messages: { id: string }[] };
    const wanted = { name: 'gmail_get_message_by_id', arguments: { message_id: messages[0]?.id } };
    return { running, read: () => ask(running, 4, 'tools/call', wanted) };
  };

  test('is read by the built command in a thread of its own', async () => {
    const { read } = await withLargeMail(`${'<p>Some words</p>'.repeat(10_000)}<p>The end</p>`);
    const { body } = (await read()).structuredContent as { body: object };
    expect(body).toMatchObject({ text: expect.stringMatching(/^Some words/), totalChars: 10_000 * 12 + 7 });
    expect(body).not.toHaveProperty('truncated');
  });

  test('does not keep the process that is asked to end', async () => {
    const { running, read } = await withLargeMail('<blockquote>a'.repeat(90_000));
    const answer = read().catch(() => undefined);
    running.child.kill('SIGTERM');
    expect((await running.exit).code).toBe(0);
    await answer;
  });
});

describe('an old Node', () => {
  const system = (() => {
    try {
      const version = execFileSync('/usr/bin/env', ['node', '--version'], {
        encoding: 'utf8',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      });
      const path = execFileSync('/usr/bin/env', ['node', '-p', 'process.execPath'], {
        encoding: 'utf8',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      });
      return { major: Number(/^v(\d+)/.exec(version)?.[1]), path: path.trim() };
    } catch {
      return undefined;
    }
  })();

  test.runIf(system !== undefined && system.major < 22)(
    'is refused in one line, before anything native is loaded',
    async () => {
      const running = start(['stdio'], {}, system?.path);
      const { code, stdout, stderr } = await running.exit;
      expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
      expect(stderr).toMatch(/^postern: Node \S+ is too old .*Install Node 22\.12 or newer/);
      expect(command).toMatch(/postern\.mjs$/);
    },
  );
});
