// How long calls take on the built command: lists against round trips to Google, small reads over stdio.
// Run: npm run bench   (sandbox and Postern are processes of their own; compare the ratios, machines differ)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createBrowser } from '../test/support/browser.ts';

const command = fileURLToPath(new URL('../dist/postern.mjs', import.meta.url));
const upstreamMs = 50;

const startSandbox = async () => {
  const child = spawn(process.execPath, [command, 'sandbox', '--json'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { env } = JSON.parse(line) as { env: Record<string, string> };
  const origin = new URL(env.GOOGLE_ISSUER ?? '').origin;
  const setLatency = (milliseconds: number) =>
    fetch(`${origin}/_sandbox/setLatency`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ milliseconds }),
    });
  return { env, origin, setLatency, stop: () => child.kill() };
};

const connected = async (env: Record<string, string>, folder: string): Promise<Client> => {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const own = {
    PATH: process.env.PATH ?? '',
    POSTERN_DATA_DIR: join(folder, 'data'),
    POSTERN_CONFIG_DIR: join(folder, 'config'),
  };
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [command, 'stdio'], env: { ...own, ...env } }),
  );
  const answer = await client.callTool({ name: 'gmail_fetch_mails', arguments: {} });
  const { url } = (answer.structuredContent as { authorizationRequired: { url: string } }).authorizationRequired;
  const browser = createBrowser((request) => fetch(request));
  const chooser = await browser.submit(await browser.open(url));
  const consent = chooser.html.includes('id="chooser"') ? await browser.submit(chooser) : chooser;
  await browser.submit(consent, { button: 'allow' });
  return client;
};

const median = (numbers: number[]): number =>
  numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const timed = async (times: number, run: () => Promise<unknown>): Promise<number> => {
  const taken: number[] = [];
  for (let count = 0; count < times; count++) {
    const start = performance.now();
    await run();
    taken.push(performance.now() - start);
  }
  return median(taken);
};

const print = (line: string) => process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const sandbox = await startSandbox();
const client = await connected(sandbox.env, folder);
const call = (name: string, input: Record<string, unknown>) => client.callTool({ name, arguments: input });

/** What a request costs before Postern does anything, measured from here. */
const roundTripOnce = async () => (await fetch(`${sandbox.origin}/oauth2/v3/certs`)).arrayBuffer();

await sandbox.setLatency(upstreamMs);
await call('gmail_fetch_mails', { max_results: 25 });
const roundTripMs = await timed(31, roundTripOnce);
print(`one round trip, upstream ${upstreamMs} ms: ${roundTripMs.toFixed(1)} ms`);
for (const [size, trips, budget] of [
  [10, 2, 1.2],
  [25, 4, 1.15],
] as const) {
  const ms = await timed(15, () => call('gmail_fetch_mails', { max_results: size }));
  const ratio = ms / (trips * roundTripMs);
  print(
    `search of ${size}, upstream ${upstreamMs} ms: ${ms.toFixed(0)} ms = ${ratio.toFixed(2)} × ${trips} round trips (budget ${budget})`,
  );
}

await sandbox.setLatency(0);
const [{ id: message_id = '' } = {}] = (
  (await call('gmail_fetch_mails', { max_results: 1, query: '-has:attachment' })).structuredContent as {
    messages: { id: string }[];
  }
).messages;
const small = () => call('gmail_get_message_by_id', { message_id, format: 'minimal' });
for (let count = 0; count < 2000; count++) await small();
print(`one round trip, upstream at once: ${(await timed(500, roundTripOnce)).toFixed(2)} ms`);
print(`small read over stdio, upstream at once: p50 ${(await timed(500, small)).toFixed(2)} ms`);
const start = performance.now();
const rounds = 5;
for (let round = 0; round < rounds; round++) await Promise.all(Array.from({ length: 200 }, small));
print(`200 at once: ${((rounds * 200 * 1000) / (performance.now() - start)).toFixed(0)} calls/s`);

await client.close();
sandbox.stop();
rmSync(folder, { recursive: true });
