// The drill that an operator should have made before it is needed, with the built command: people are connected and call,
// a backup is made meanwhile, everything is destroyed, and after the restore all of them call again.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walk } from '../../src/cli/demo/person.ts';
import { freePort } from '../support/free-port.ts';
import {
  endWithTest,
  run,
  type Settings,
  type StartedSandbox,
  settingsIn,
  start,
  startSandbox,
  temporaryFolder,
} from './built.ts';

let sandbox: StartedSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const serve = async (settings: Settings) => {
  const running = endWithTest(start(['http'], settings));
  await running.says('"event":"listening"', 'stderr');
  return running;
};

const connectClient = async (settings: Settings, key: string): Promise<Client> => {
  const client = new Client({ name: 'test', version: '1' });
  const url = new URL(`http://127.0.0.1:${settings.POSTERN_PORT}/mcp`);
  const headers = { authorization: `Bearer ${key}` };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  return client;
};

const mailsOf = async (client: Client): Promise<object> =>
  (await client.callTool({ name: 'gmail_fetch_mails', arguments: { max_results: 1 } })).structuredContent ?? {};

test('Everybody who was connected reads on after the database was destroyed and restored from a backup made under load', async () => {
  const folder = temporaryFolder();
  const settings: Settings = settingsIn(folder, {
    ...sandbox.env,
    POSTERN_PORT: String(await freePort()),
    POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 4).toString('base64'),
  });
  const first = await serve(settings);
  const people = sandbox.accounts.slice(0, 2);
  const keys: string[] = [];
  const clients: Client[] = [];
  for (const [n, { email }] of people.entries()) {
    const made = await run(['api-keys', 'create', '--user', `user_${n}`, '--expected-email', email], settings);
    keys.push(made.stdout.trim());
    const client = await connectClient(settings, made.stdout.trim());
    clients.push(client);
    const { authorizationRequired } = (await mailsOf(client)) as { authorizationRequired: { url: string } };
    await walk(authorizationRequired.url, email, () => {});
  }

  let calling = true;
  const callers = clients.map(async (client) => {
    let calls = 0;
    for (; calling && calls < 200; calls++) expect(await mailsOf(client)).toHaveProperty('messages');
    return calls;
  });
  const file = join(folder, 'backup.db');
  const made = await run(['backup', file], settings);
  calling = false;
  for (const calls of await Promise.all(callers)) expect(calls).toBeGreaterThan(0);
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining(`Backed up to ${file}`)]);
  expect(made.stderr).toContain('The key is not in it');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await run(['backup', file], settings)).code).toBe(1);

  const refused = await run(['restore', file, '--force'], settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('open in another process')]);
  for (const client of clients) await client.close();
  first.child.kill('SIGKILL');
  await first.exit;
  rmSync(join(folder, 'data'), { recursive: true });
  mkdirSync(join(folder, 'data'));

  const otherKey = { ...settings, POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64') };
  const wrong = await run(['restore', file], otherKey);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('discard-unreadable')]);
  const restored = await run(['restore', file], settings);
  expect([restored.code, restored.stdout]).toEqual([0, expect.stringContaining('Postern can be started')]);
  await serve(settings);
  for (const key of keys) {
    const client = await connectClient(settings, key);
    expect(await mailsOf(client)).toHaveProperty('messages');
    await client.close();
  }
}, 60_000);
