// A sealing key is changed under running processes, with the built command: nobody who calls meanwhile notices.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walk } from '../../src/cli/demo/person.ts';
import { freePort } from '../support/free-port.ts';
import {
  endWithTest,
  type Running,
  run,
  type Settings,
  type StartedSandbox,
  settingsOn,
  start,
  startSandbox,
  temporaryFolder,
} from './built.ts';
import { runHere } from './run-here.ts';

const email = 'alex@example.com';
const keyOf = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

let sandbox: StartedSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const onPort = async (settings: Settings): Promise<Settings> => ({
  ...settings,
  POSTERN_PORT: String(await freePort()),
});

const serve = async (settings: Settings): Promise<Running> => {
  const running = endWithTest(start(['http', '--generate-key'], settings));
  await running.says('"event":"listening"', 'stderr');
  return running;
};

const stop = async (running: Running): Promise<void> => {
  running.child.kill('SIGTERM');
  expect((await running.exit).code).toBe(0);
};

const clientOf = async (settings: Settings, key: string): Promise<Client> => {
  const client = new Client({ name: 'test', version: '1' });
  const url = new URL(`http://127.0.0.1:${settings.POSTERN_PORT}/mcp`);
  const headers = { authorization: `Bearer ${key}` };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  return client;
};

const mails = async (client: Client): Promise<object> =>
  (await client.callTool({ name: 'gmail_fetch_mails', arguments: { max_results: 1 } })).structuredContent ?? {};

/** Somebody with a key of their own, who is connected. */
const aPerson = async (settings: Settings): Promise<string> => {
  const made = await runHere(['api-keys', 'create', '--user', 'user_42', '--expected-email', email], settings);
  const key = made.stdout.trim();
  const client = await clientOf(settings, key);
  const { authorizationRequired } = (await mails(client)) as { authorizationRequired: { url: string } };
  await walk(authorizationRequired.url, email, () => {});
  expect(await mails(client)).toHaveProperty('messages');
  await client.close();
  return key;
};

test('A rotation while two processes serve loses no call, and the key before the former one is not needed afterwards', async () => {
  const folder = temporaryFolder();
  const first = await onPort(await settingsOn(folder, sandbox.env));
  const second = await onPort(first);
  const processes = [await serve(first), await serve(second)];
  const key = await aPerson(first);
  const clients = [await clientOf(first, key), await clientOf(second, key)];

  let calling = true;
  const answered = [0, 0];
  const callers = clients.map(async (client, n) => {
    // At this pace the calls last longer than both rotations, and stay below the 300 a minute that one person may make.
    for (let calls = 0; calling && calls < 140; calls++) {
      expect(await mails(client), `call ${calls} of ${n}`).toHaveProperty('messages');
      answered[n] = calls + 1;
      await pause(50);
    }
  });
  const keyFile = join(folder, 'config', 'encryption-key');
  const keys = [readFileSync(keyFile, 'utf8')];
  for (let times = 0; times < 2; times++) {
    const before = [...answered];
    const { code, stdout, stderr } = await run(['encryption', 'rotate'], first);
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/Sealed \d+ rows/), expect.anything()]);
    keys.push(readFileSync(keyFile, 'utf8'));
    for (const [n, calls] of answered.entries()) expect(calls).toBeGreaterThan(before[n] ?? 0);
  }
  calling = false;
  await Promise.all(callers);
  expect(new Set(keys).size).toBe(3);
  writeFileSync(join(folder, 'config', 'encryption-keys-retired'), '');
  for (const client of clients) expect(await mails(client)).toHaveProperty('messages');
  for (const client of clients) await client.close();
  for (const running of processes) await stop(running);
  const third = await serve(first);
  const again = await clientOf(first, key);
  expect(await mails(again)).toHaveProperty('messages');
  await again.close();
  await stop(third);
}, 90_000);

test('Keys that the operator gives are used once every process knows them, and a wrong one is refused everywhere', async () => {
  const folder = temporaryFolder();
  const keyFile = join(folder, 'sealing-keys');
  const former = await onPort(await settingsOn(folder, { ...sandbox.env, POSTERN_ENCRYPTION_KEY: keyOf(1) }));
  const both: Settings = { ...former, POSTERN_ENCRYPTION_KEY: keyOf(2), POSTERN_ENCRYPTION_KEYS_RETIRED: keyOf(1) };
  const running = await serve(former);
  const key = await aPerson(former);
  const early = await runHere(['encryption', 'rotate'], both);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('1 running process of Postern')]);
  const client = await clientOf(former, key);
  expect(await mails(client)).toHaveProperty('messages');
  await client.close();
  await stop(running);

  // From here on the keys are in a file, which is read again without a restart.
  const { POSTERN_ENCRYPTION_KEY: _, ...others } = former;
  const byFile: Settings = { ...others, POSTERN_ENCRYPTION_KEY_FILE: keyFile };
  writeFileSync(keyFile, `${keyOf(1)}\n`, { mode: 0o600 });
  const next = await serve(byFile);
  writeFileSync(keyFile, `${keyOf(2)}\n${keyOf(1)}\n`);
  next.child.kill('SIGHUP');
  const rotated = await run(['encryption', 'rotate'], byFile);
  expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringContaining('The former key is not needed any more')]);
  writeFileSync(keyFile, `${keyOf(2)}\n`);
  const after = await clientOf(byFile, key);
  expect(await mails(after)).toHaveProperty('messages');
  await after.close();
  await stop(next);

  for (const args of [['http'], ['stdio'], ['doctor'], ['accounts', 'list']]) {
    const serves = args[0] === 'http' || args[0] === 'stdio';
    const { code, stdout, stderr } = await (serves ? run : runHere)(args, former);
    const said = args[0] === 'doctor' ? stdout : stderr;
    expect([args[0], code, said]).toEqual([args[0], 1, expect.stringContaining('POSTERN_ENCRYPTION_KEY')]);
    expect(said).toContain('discard-unreadable');
    expect(said).not.toMatch(/\n\s+at /);
  }
  const gone = await run(['encryption', 'discard-unreadable', '--yes'], former);
  expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining('connect again')]);
  expect((await runHere(['doctor'], former)).code).toBe(0);
}, 90_000);
