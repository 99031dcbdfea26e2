// The built command, killed with SIGKILL at every step of connecting and of renewing a token, and started again on the
// same file: what was acknowledged is there, and the person can connect.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createSandbox, type Sandbox } from '@postern/gmail-sandbox';
import { fillSampleMailbox } from '@postern/gmail-sandbox/sample-mailbox';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { type BrowserPage, createBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { endWithTest, type Running, type Settings, settingsIn, settingsOn, start, temporaryFolder } from './built.ts';
import { runHere } from './run-here.ts';

const alex = 'alex@example.com';
const others = ['kim@example.com', 'sam@example.com'];

/** Where a request for a token stands when Postern dies. */
type Moment = 'before Google sees it' | 'after Google has answered' | 'as the answer arrives';

interface Google {
  readonly sandbox: Sandbox;
  /** Kills Postern at this moment of the next request for a token; resolves when it is dead. */
  killAt(moment: Moment, kill: () => Promise<unknown>): Promise<unknown>;
}

/** The fake Google on a port, which can hold a token request still. */
const startGoogle = async (): Promise<Google> => {
  const port = await freePort();
  const sandbox = createSandbox({ clock: systemClock, origin: `http://127.0.0.1:${port}` });
  for (const email of [alex, ...others]) fillSampleMailbox(sandbox.addAccount({ email }).mailbox);
  let plan: { moment: Moment; kill: () => Promise<unknown>; killed: (value?: unknown) => void } | undefined;
  const answer = async (request: Request): Promise<Response> => {
    const held = new URL(request.url).pathname === '/token' ? plan : undefined;
    if (held === undefined) return sandbox.fetch(request);
    plan = undefined;
    if (held.moment === 'before Google sees it') {
      held.killed(await held.kill());
      return new Response(null, { status: 503 });
    }
    const response = await sandbox.fetch(request);
    if (held.moment === 'after Google has answered') held.killed(await held.kill());
    else setImmediate(async () => held.killed(await held.kill()));
    return response;
  };
  const server = createAdaptorServer({ overrideGlobalObjects: false, fetch: answer }) as Server;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    sandbox,
    killAt: (moment, kill) =>
      new Promise((killed) => {
        plan = { moment, kill, killed };
      }),
  };
};

const startPostern = async (links: readonly string[] = ['--unverified-links']) => {
  const google = await startGoogle();
  const port = await freePort();
  const settings: Settings = await settingsOn(temporaryFolder(), {
    ...google.sandbox.env(),
    POSTERN_PORT: String(port),
  });
  const origin = `http://127.0.0.1:${port}`;
  let running: Running;
  const begin = async () => {
    running = endWithTest(start(['http', '--generate-key'], settings));
    await running.says('"event":"listening"', 'stderr');
  };
  const kill = () => {
    running.child.kill('SIGKILL');
    return running.exit;
  };
  await begin();
  const made = await runHere(['api-keys', 'create', '--service', ...links], settings);
  const authorization = `Bearer ${made.stdout.trim()}`;
  const api = async (method: string, path: string, body?: object): Promise<Record<string, string>> => {
    const init = { method, headers: { authorization }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return (await fetch(`${origin}/api/v1${path}`, init)).json() as Promise<Record<string, string>>;
  };
  const personOf = (identifier: string) => ({
    create: () => api('POST', '/accounts', { identifier }),
    link: async () => String((await api('POST', `/accounts/${identifier}/link`)).url),
    account: () => api('GET', `/accounts/${identifier}`),
    confirm: (id: string | null) => api('POST', `/auth-requests/${id}/confirm`, { identifier }),
    call: async () => {
      const client = new Client({ name: 'test', version: '1' });
      const headers = { authorization, 'postern-identifier': identifier };
      await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', origin), { requestInit: { headers } }));
      try {
        return (await client.callTool({ name: 'gmail_fetch_mails', arguments: { max_results: 1 } })).structuredContent;
      } finally {
        await client.close();
      }
    },
  });
  return { google, begin, kill, personOf, ...personOf('user_42') };
};

const unauthorized = {
  error: { code: 401, status: 'UNAUTHENTICATED', errors: [{ reason: 'authError' }], message: 'Invalid Credentials' },
};

const newBrowser = () => createBrowser((request) => fetch(request, { redirect: 'manual' }));
const atGoogle = ({ html }: BrowserPage) => html.includes('id="chooser"') || html.includes('id="consent"');

/** From Google's first page to the end. */
const approve = async (browser: ReturnType<typeof newBrowser>, page: BrowserPage, as = alex): Promise<BrowserPage> => {
  let shown = page;
  while (atGoogle(shown))
    shown = await browser.submit(shown, { button: shown.html.includes('id="chooser"') ? as : 'allow' });
  return shown;
};
const connect = async (link: string, as = alex): Promise<BrowserPage> => {
  const browser = newBrowser();
  return approve(browser, await browser.submit(await browser.open(link)), as);
};

test('A kill between the steps of a connection does not even disturb it', async () => {
  const postern = await startPostern();
  const again = async () => {
    await postern.kill();
    await postern.begin();
  };
  await postern.create();
  await again();
  const link = await postern.link();
  await again();
  const browser = newBrowser();
  const confirm = await browser.open(link);
  await again();
  const consent = await browser.submit(confirm);
  expect(atGoogle(consent)).toBe(true);
  await again();
  expect((await approve(browser, consent)).heading).toBe('Gmail is connected');
  await again();
  expect(await postern.account()).toMatchObject({ status: 'ACTIVE', google_email: alex });
  expect(await postern.call()).toMatchObject({ messages: [{}] });
});

test('A kill while a connection waits for the product’s word loses nothing: it is confirmed afterwards', async () => {
  const product = createServer((_, response) => response.end('the product')).listen(0, '127.0.0.1');
  onTestFinished(() => void product.close());
  await once(product, 'listening');
  const { port } = product.address() as AddressInfo;
  const postern = await startPostern(['--verify-url', `http://127.0.0.1:${port}/verify`]);
  await postern.create();
  const arrived = new URL((await connect(await postern.link())).url);
  await postern.kill();
  await postern.begin();
  expect(await postern.account()).toMatchObject({ status: 'PENDING', reason: 'awaiting_verification' });
  const confirmed = await postern.confirm(arrived.searchParams.get('auth_request_id'));
  expect(confirmed).toMatchObject({ status: 'ACTIVE', google_email: alex });
  await postern.kill();
  await postern.begin();
  expect(await postern.call()).toMatchObject({ messages: [{}] });
});

/** Whose connection is killed at which moment. */
const moments = [
  [alex, 'before Google sees it'],
  ['kim@example.com', 'after Google has answered'],
  ['sam@example.com', 'as the answer arrives'],
] as const;

test('A kill during the exchange of the code, at whatever moment of it, leaves an account that can be connected', async () => {
  const postern = await startPostern();
  for (const [email, moment] of moments) {
    const person = postern.personOf(email);
    await person.create();
    const killed = postern.google.killAt(moment, postern.kill);
    const acknowledged = await connect(await person.link(), email).then(
      ({ heading }) => heading === 'Gmail is connected',
      () => false,
    );
    await killed;
    await postern.begin();
    const { status } = await person.account();
    if (acknowledged) expect(status, moment).toBe('ACTIVE');
    expect(['PENDING', 'ACTIVE'], moment).toContain(status);
    expect((await connect(await person.link(), email)).heading, moment).toBe('Gmail is connected');
    expect(await person.call(), moment).toMatchObject({ messages: [{}] });
  }
});

test('A kill during the renewal of a token, at whatever moment of it, loses neither the grant nor the account', async () => {
  const postern = await startPostern();
  for (const [email, moment] of moments) {
    const person = postern.personOf(email);
    await person.create();
    await connect(await person.link(), email);
    const { connected_at } = await person.account();
    const killed = postern.google.killAt(moment, postern.kill);
    // A token that Gmail rejects is renewed at once.
    postern.google.sandbox.fault({ path: /\/messages$/, times: 1 }, { status: 401, body: unauthorized });
    // The client of this call waits on for a while: nobody answers it any more.
    person.call().catch(() => undefined);
    await killed;
    await postern.begin();
    expect(await person.account(), moment).toMatchObject({ status: 'ACTIVE', connected_at });
    expect(await person.call(), moment).toMatchObject({ messages: [{}] });
  }
});

/** A defect in the middle of everything, whose error carries what a failed request to Google would. */
const defect = (raise: string) =>
  `data:text/javascript,${encodeURIComponent(`
    const error = Object.assign(new Error('ya29.secret-token'), { config: { data: 'refresh_token=1//secret-token' } });
    setTimeout(() => { ${raise} }, 700);`)}`;

test.each([
  ['an exception', 'throw error'],
  ['a rejection', 'Promise.reject(error)'],
])('A crash by %s that nobody handles says where, and nothing that the error carried', async (_, raise) => {
  const sandbox = createSandbox({ clock: systemClock });
  const settings = settingsIn(temporaryFolder(), {
    ...sandbox.env(),
    POSTERN_PORT: String(await freePort()),
    NODE_OPTIONS: `--import=${defect(raise)}`,
  });
  const { code, stdout, stderr } = await endWithTest(start(['http', '--generate-key'], settings)).exit;
  expect(code).toBe(1);
  expect(stderr).toMatch(/postern: failed unexpectedly \(Error at [^)]+\)\. This is a defect/);
  expect(stdout + stderr).not.toContain('secret-token');
});
