// Real processes of the built server on one database, one sandbox as Google for all of them, and a load of tool calls.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createBrowser } from '../../test/support/browser.ts';
import { freePort } from '../../test/support/free-port.ts';
import { genuineKey } from './accounts.ts';
import { processorMs } from './database.ts';

const command = fileURLToPath(new URL('../../dist/postern.mjs', import.meta.url));

const started = new Set<ChildProcess>();
// However this ends, nobody is left behind.
process.on('exit', () => {
  for (const child of started) child.kill();
});

type Env = Record<string, string>;

const start = (args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess => {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
};

/** The first line that holds `text`. @throws Error with what it said where it ends before */
const lineWith = async (stream: NodeJS.ReadableStream | null, text: string): Promise<string> => {
  if (stream === null) throw new Error('nothing to read');
  const said: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    if (line.includes(text)) {
      stream.resume();
      return line;
    }
    said.push(line);
  }
  throw new Error(`it ended: ${said.join('\n')}`);
};

/** Settings that point at a sandbox that runs until the end. */
export const startGoogle = async (): Promise<Env> => {
  const child = start(['sandbox', '--json'], process.env);
  return (JSON.parse(await lineWith(child.stdout, '"env"')) as { env: Env }).env;
};

export interface PosternProcess {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from its start until it listened. */
  readonly startUpMs: number;
  stop(): Promise<void>;
}

export const startPostern = async (env: Env, port: number): Promise<PosternProcess> => {
  const begin = performance.now();
  const child = start(['http'], { ...process.env, ...env, POSTERN_PORT: String(port) });
  await lineWith(child.stderr, '"listening"');
  const startUpMs = performance.now() - begin;
  return { port, pid: child.pid ?? 0, startUpMs, stop: () => stop(child) };
};

export const portsFor = async (count: number): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, freePort));

/** A new API key, made by the command line. */
export const newKey = (env: Env, ...options: string[]): string =>
  spawnSync(process.execPath, [command, 'api-keys', 'create', ...options], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  }).stdout.trim();

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

interface ToolResult {
  readonly isError?: boolean;
  readonly structuredContent?: {
    readonly messages?: readonly { id: string }[];
    readonly authorizationRequired?: { url: string };
  };
}

/** One tools/call over HTTP, without a client's handshake. @throws Error where it is not answered with a result */
export const callTool = (
  { port, host }: { readonly port: number; readonly host: string },
  who: { readonly key: string; readonly identifier: string },
  name: string,
  input: Record<string, unknown>,
): Promise<ToolResult> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } });
  const headers = {
    host,
    authorization: `Bearer ${who.key}`,
    'postern-identifier': who.identifier,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, async (answer) => {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part;
      const json = text.startsWith('event') ? (/^data: (.*)$/m.exec(text)?.[1] ?? '') : text;
      const { result } = (json.startsWith('{') ? JSON.parse(json) : {}) as { result?: ToolResult };
      if (result === undefined) reject(new Error(`${answer.statusCode} ${text.slice(0, 300)}`));
      else resolve(result);
    });
    sent.on('error', reject);
    sent.end(body);
  });
};

/** The person: goes on where a page asks, and allows at Google. */
export const allow = async (url: string): Promise<void> => {
  const browser = createBrowser((sent) => fetch(sent));
  let page = await browser.open(url);
  while (page.html.includes('<form')) {
    const button = ['alex@example.com', 'allow'].find((value) =>
      new RegExp(`<button[^>]*value="${value}"`).test(page.html),
    );
    page = await browser.submit(page, button === undefined ? {} : { button });
  }
};

export interface Load {
  readonly calls: number;
  readonly failed: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of processor time of all Postern processes for one call; undefined where /proc says nothing. */
  readonly processorMs: number | undefined;
}

const atOnce = 16;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Calls one after the other of 16 people at a time, each at the next process, for so many seconds. */
export const load = async (
  processes: readonly PosternProcess[],
  {
    host,
    key,
    messageId,
    people,
    seconds,
  }: {
    readonly host: string;
    readonly key: string;
    readonly messageId: string;
    readonly people: number;
    readonly seconds: number;
  },
): Promise<Load> => {
  const processor = () => processes.reduce((sum, { pid }) => sum + (processorMs(pid) ?? Number.NaN), 0);
  const taken: number[] = [];
  let [sent, failed] = [0, 0];
  const before = processor();
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      const number = sent++;
      const { port } = processes[number % processes.length] ?? { port: 0 };
      const { identifier } = genuineKey(number % people);
      const at = performance.now();
      const input = { message_id: messageId, format: 'minimal' };
      const result = await callTool({ port, host }, { key, identifier }, 'gmail_get_message_by_id', input);
      taken.push(performance.now() - at);
      if (result.isError === true) failed++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  const ms = performance.now() - begin;
  const used = processor() - before;
  taken.sort((one, other) => one - other);
  return {
    calls: sent,
    failed,
    perSecond: (sent * 1000) / ms,
    p50: percentile(taken, 0.5),
    p99: percentile(taken, 0.99),
    processorMs: Number.isNaN(used) ? undefined : used / sent,
  };
};
