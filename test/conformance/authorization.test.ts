// The official conformance suite's authorization server scenarios, against the embedded server on a real socket. The
// suite is the client: it prints where to send the browser and waits for it to come back; the person is the test.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandbox, type Sandbox } from '@postern/gmail-sandbox';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/compose.ts';
import { composeHttp } from '../../src/compose-http.ts';
import { readConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/serve.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';
import { type BrowserPage, createBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startSuite } from './suite.ts';

const alex = 'alex@example.com';
const documentUrl = 'https://app.example.com/oauth/client.json';
/** Public: the suite sends a secret only where a server offers nothing without one, and ours serves public clients. */
const registeredId = 'conformance-suite';

const clientMetadata = {
  client_name: 'Conformance suite',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
/** A document cannot know the port (RFC 8252 §7.3). */
const metadataDocument = {
  ...clientMetadata,
  client_id: documentUrl,
  redirect_uris: ['http://127.0.0.1/callback'],
};

let issuer: string;
let sandbox: Sandbox;
let callbackPort: number;
const redirectUri = () => `http://127.0.0.1:${callbackPort}/callback`;

/** The pre-registered client, in the file that operators write. */
const clientsFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-conformance-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'clients.json');
  writeFileSync(
    path,
    JSON.stringify([{ client_id: registeredId, client_name: 'Conformance suite', redirect_uris: [redirectUri()] }]),
  );
  return path;
};

beforeEach(async () => {
  callbackPort = await freePort();
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  sandbox = createSandbox({ clock: systemClock });
  sandbox.addAccount({ email: alex, name: 'Alex Example' });
  const reading = readConfig(
    {
      ...sandbox.env(),
      POSTERN_PUBLIC_URL: issuer,
      POSTERN_DATABASE_URL: 'sqlite::memory:',
      POSTERN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      POSTERN_SIGN_IN: 'google',
      POSTERN_ALLOWED_EMAILS: alex,
      POSTERN_OAUTH_CLIENTS_FILE: clientsFile(),
    },
    { transport: 'http', toolNames },
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  const log = pino({ level: 'silent' });
  const postern = await compose(reading.config, {
    transport: 'http',
    log,
    linkOrigin: async () => issuer,
    fetch: async (input, init) => sandbox.fetch(new Request(input, init)),
    outside: () => async (url) =>
      String(url) === documentUrl ? Response.json(metadataDocument) : new Response(null, { status: 404 }),
  });
  onTestFinished(() => postern.close());
  const { app } = await composeHttp(reading.config, postern, { log });
  const listening = await listen(app, { host: '127.0.0.1', port }, systemClock);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  onTestFinished(() => listening.close(0));
});

/** A person who goes on at Postern's page and approves at Google; ends where the browser ends. */
const approve = async (url: string): Promise<BrowserPage> => {
  const browser = createBrowser((request) =>
    new URL(request.url).origin === sandbox.origin ? sandbox.fetch(request) : fetch(request),
  );
  let page = await browser.open(url);
  expect([page.status, new URL(page.url).pathname]).toEqual([200, expect.stringMatching(/^\/sign-in\//)]);
  page = await browser.submit(page);
  while (new URL(page.url).origin === sandbox.origin)
    page = await browser.submit(page, { button: page.html.includes('id="chooser"') ? alex : 'allow' });
  return page;
};

const register = async (): Promise<string> => {
  const body = JSON.stringify({ ...clientMetadata, redirect_uris: [redirectUri()] });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${issuer}/register`, { method: 'POST', headers, body });
  return ((await answer.json()) as { client_id: string }).client_id;
};

describe('The official conformance suite', () => {
  it.each([
    ['that registered itself', register],
    ['known by its metadata document', async () => documentUrl],
    ['registered beforehand', async () => registeredId],
  ])('gets a token for a client %s', async (_, clientId) => {
    const suite = startSuite(
      'authorization',
      ...['--url', issuer, '--resource', `${issuer}/mcp`, '--port', String(callbackPort)],
      ...['--spec-version', '2026-07-28', '--client-id', await clientId()],
    );
    const back = await approve(await suite.says(/^http\S+code_challenge_method=S256\S*$/m));
    expect(back.html).toContain('You can close this page');
    expect(new URL(back.url).searchParams.get('iss')).toBe(issuer);
    const { code, output } = await suite.ended;
    expect(code, output).toBe(0);
    expect(output).toContain('✓ authorization-server-metadata-endpoint: 2 passed, 0 failed');
    expect(output).toContain('✓ authorization-code-grant: 1 passed, 0 failed');
  });
});
