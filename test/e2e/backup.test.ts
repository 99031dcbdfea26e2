// The drill that an operator should have made before it is needed, with the built command: people are connected and call,
// a backup is made meanwhile, everything is destroyed, and after the restore, into another folder, all of them call again:
// also who is connected through another OAuth client than the environment's.
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

/** Another OAuth client at Google, as the file that its console gives. */
const credentialsFile = async (folder: string): Promise<string> => {
  const added = await fetch(`${sandbox.env.GOOGLE_ISSUER}/_sandbox/addClient`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ofAnotherProject: true }),
  });
  const { clientId, clientSecret } = (await added.json()) as { clientId: string; clientSecret: string };
  const file = join(folder, 'client.json');
  writeFileSync(file, JSON.stringify({ web: { client_id: clientId, client_secret: clientSecret } }));
  return file;
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
  const added = await run(
    ['connections', 'add', 'acme', '--credentials-file', await credentialsFile(folder)],
    settings,
  );
  expect(added).toMatchObject({ code: 0 });
  const people = sandbox.accounts.slice(0, 2);
  const keys: string[] = [];
  const clients: Client[] = [];
  for (const [n, { email }] of people.entries()) {
    const connection = n === 0 ? 'default' : 'acme';
    const made = await run(
      ['api-keys', 'create', '--user', `user_${n}`, '--expected-email', email, '--connection', connection],
      settings,
    );
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
  const elsewhere = { ...settings, POSTERN_DATA_DIR: join(folder, 'other') };
  mkdirSync(elsewhere.POSTERN_DATA_DIR);

  const otherKey = { ...elsewhere, POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64') };
  const wrong = await run(['restore', file], otherKey);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('discard-unreadable')]);
  const restored = await run(['restore', file], elsewhere);
  expect([restored.code, restored.stdout]).toEqual([0, expect.stringContaining('Postern can be started')]);
  await serve(elsewhere);
  for (const key of keys) {
    const client = await connectClient(settings, key);
    expect(await mailsOf(client)).toHaveProperty('messages');
    await client.close();
  }
  // Renewed through its own client, whose secret was sealed in the backup.
  const checked = await run(['accounts', 'check', 'user_1', '--realm', 'default', '--json'], elsewhere);
  expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('"connection": "acme"')]);
}, 60_000);
