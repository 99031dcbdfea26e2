// The official conformance suite's authorization server scenarios, against the embedded server on a real socket; on PostgreSQL
// against three, each request at another one. The suite is the client: it prints where to send the browser and waits for it
// to come back; the person is the test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type BrowserPage, createBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { type ListeningWorld, listenWorld, processesHere } from '../support/listening-world.ts';
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

const withDocument: typeof fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  return url === documentUrl ? Response.json(metadataDocument) : fetch(input, init);
};

let issuer: string;
let google: ListeningWorld['google'];
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
  const env = {
    POSTERN_SIGN_IN: 'google',
    POSTERN_ALLOWED_EMAILS: alex,
    POSTERN_OAUTH_CLIENTS_FILE: clientsFile(),
  };
  const world = await listenWorld({ [alex]: 'Alex Example' }, { env, fetch: withDocument, processes: processesHere });
  onTestFinished(world.close);
  ({ origin: issuer, google } = world);
});

/** A person who goes on at Postern's page and approves at Google; ends where the browser ends. */
const approve = async (url: string): Promise<BrowserPage> => {
  const browser = createBrowser((request) => fetch(request));
  let page = await browser.open(url);
  expect([page.status, new URL(page.url).pathname]).toEqual([200, expect.stringMatching(/^\/sign-in\//)]);
  page = await browser.submit(page);
  while (new URL(page.url).origin === google.url)
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
