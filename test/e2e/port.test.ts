// The built command on a real port, and the keys that reach it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { walk } from '../../src/cli/demo/person.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';
import { createBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import {
  endWithTest,
  run,
  type Settings,
  type StartedSandbox,
  settingsIn,
  start,
  startSandbox,
  takenPort,
  temporaryFolder,
} from './built.ts';
import { appMemory, currentApp, listenForCallback } from './oauth-clients.ts';

const inspector = fileURLToPath(new URL('../../node_modules/.bin/mcp-inspector', import.meta.url));

describe('postern http on a port', () => {
  let sandbox: StartedSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.stop());

  const settings = async (): Promise<Settings> =>
    settingsIn(temporaryFolder(), { ...sandbox.env, POSTERN_PORT: String(await freePort()) });
  const serve = async (given: Settings) => {
    const running = endWithTest(start(['http', '--generate-key'], given));
    await running.says('"event":"listening"', 'stderr');
    return running;
  };

  test('is alive and ready, asks for a credential, and ends with exit code 0 on SIGTERM', async () => {
    const given = await settings();
    const running = await serve(given);
    const origin = `http://127.0.0.1:${given.POSTERN_PORT}`;
    expect(await (await fetch(`${origin}/healthz`)).json()).toEqual({ status: 'alive' });
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);
    const refused = await fetch(`${origin}/mcp`, { method: 'POST', body: '{}' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    running.child.kill('SIGTERM');
    expect((await running.exit).code).toBe(0);
  });

  test('signs a client in as it does unbuilt: ten minutes of access, which its refresh token renews', async () => {
    const signIn = { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: 'alex@example.com' };
    const given: Settings = { ...(await settings()), ...signIn };
    await serve(given);
    const app = await listenForCallback();
    onTestFinished(app.close);
    const memory = appMemory(app.redirectUri);
    const attempt = currentApp(new URL(`http://127.0.0.1:${given.POSTERN_PORT}/mcp`), memory);
    await expect(attempt.connect()).rejects.toThrow();
    const browser = createBrowser((request) => fetch(request));
    let page = await browser.open(memory.opened[0]?.href ?? '');
    for (const button of ['continue', 'alex@example.com', 'allow']) page = await browser.submit(page, { button });
    expect(page.heading).toBe('Back in the app');
    await attempt.finish(await app.next());
    const connected = await attempt.connect();
    const first = memory.held;
    const claims = decodeJwt(first?.access_token ?? '');
    expect(claims).toMatchObject({ exp: (claims.iat ?? 0) + 600, postern_grant: expect.stringMatching(/^\w{64}$/) });
    expect(first?.expires_in).toBe(600);
    memory.held = { ...(first ?? { access_token: '', token_type: 'Bearer' }), access_token: 'spoilt' };
    expect((await connected.call('gmail_fetch_mails', { max_results: 3 })).structured.messages).toHaveLength(3);
    expect(memory.held.refresh_token).not.toBe(first?.refresh_token);
    await connected.close();
  });

  test('the Inspector’s command line lists and calls in both protocol eras', async () => {
    const given = await settings();
    await serve(given);
    const key = (await run(['api-keys', 'create', '--user', 'user_42', '--unverified-links'], given)).stdout.trim();
    const inspect = (era: string, ...method: string[]) =>
      promisify(execFile)(process.execPath, [
        inspector,
        ...['--cli', `http://127.0.0.1:${given.POSTERN_PORT}/mcp`, '--transport', 'http', '--protocol-era', era],
        ...['--header', `Authorization: Bearer ${key}`, '--method', ...method],
      ]);
    for (const era of ['legacy', 'modern']) {
      expect(JSON.parse((await inspect(era, 'tools/list', '--strict')).stdout).tools).toHaveLength(toolNames.length);
      const { stdout } = await inspect(era, 'tools/call', '--tool-name', 'gmail_fetch_mails');
      expect(stdout).toContain('authorizationRequired');
    }
  });

  test('serves a product’s user from the first call to their mail', async () => {
    const given = await settings();
    await serve(given);
    const created = await run(
      ['api-keys', 'create', '--user', 'user_42', '--expected-email', 'alex@example.com'],
      given,
    );
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pst_user_\w+/) });
    const origin = `http://127.0.0.1:${given.POSTERN_PORT}`;
    const client = new Client({ name: 'test', version: '1' });
    const headers = { authorization: `Bearer ${created.stdout.trim()}` };
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', origin), { requestInit: { headers } }));
    const fetchMails = async () =>
      (await client.callTool({ name: 'gmail_fetch_mails', arguments: { max_results: 3 } })).structuredContent;
    const { authorizationRequired } = (await fetchMails()) as { authorizationRequired: { url: string } };
    await walk(authorizationRequired.url, 'alex@example.com', () => {});
    expect(await fetchMails()).toMatchObject({ messages: [{}, {}, {}] });
    await client.close();
    const shown = await run(['accounts', 'show', 'user_42', '--realm', 'default', '--json'], given);
    expect(JSON.parse(shown.stdout)).toMatchObject({ status: 'ACTIVE', google_email: 'alex@example.com' });
  });

  test('says which port is busy and what to do, and ends with exit code 1', async () => {
    const port = String(await takenPort());
    const { code, stderr } = await run(['http', '--generate-key'], { ...(await settings()), POSTERN_PORT: port });
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`Port ${port} .* in use\\..*POSTERN_PORT`))]);
  });

  test('refuses to start without a sealing key unless told to make one', async () => {
    const { code, stderr } = await run(['http'], await settings());
    expect([code, stderr]).toEqual([2, expect.stringMatching(/POSTERN_ENCRYPTION_KEY is not set\..*--generate-key/)]);
  });
});
