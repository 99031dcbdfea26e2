// A whole HTTP Postern without a socket: real storage, accounts and routes, the sandbox as Google, and a browser with
// a cookie jar. Its one MCP tool says for whom it was called.
import { randomBytes } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/server';
import { createSandbox, type Sandbox } from '@postern/gmail-sandbox';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Accounts, createAccounts } from '../../src/connect/accounts.ts';
import { createHttpApp } from '../../src/http/app.ts';
import type { FetchAttachment } from '../../src/http/download-route.ts';
import { type CallLimits, createCallLimiter, defaultCallLimits } from '../../src/http/limits/call-limits.ts';
import { createKeyLimits, defaultKeyRates, type KeyRates } from '../../src/http/limits/key-limits.ts';
import { createAuthenticator } from '../../src/identity/authenticate.ts';
import { type ApiKeyOptions, createApiKey, createSessions } from '../../src/identity/credentials.ts';
import { createPersonClients } from '../../src/identity/person-clients.ts';
import type { OutsideFetch } from '../../src/lib/outside-fetch.ts';
import { limitsInMemory } from '../../src/lib/rate-limit.ts';
import type { ToolService } from '../../src/mcp/execute-tool.ts';
import type { Pins } from '../../src/model/account.ts';
import type { Caller } from '../../src/model/caller.ts';
import { ok } from '../../src/model/result.ts';
import { createGoogleOAuth } from '../../src/oauth/google-oauth.ts';
import { createSealer, openStorage, type Storage } from '../../src/storage/index.ts';
import { createWebhooks, type Webhooks } from '../../src/webhooks/endpoints.ts';
import { databaseOf } from '../support/database.ts';
import { holdToDescription } from '../support/described-answers.ts';
import { type HandClock, handClock } from '../support/hand-clock.ts';

export interface World {
  readonly app: Hono;
  readonly accounts: Accounts;
  readonly webhooks: Webhooks;
  readonly storage: Storage;
  readonly sandbox: Sandbox;
  readonly clock: HandClock;
  /** Every line that was logged. */
  readonly logged: string[];
  /** What /api/v1 answered so far: `get /accounts/{identifier} 200`. Each answer was as described. */
  readonly answered: Set<string>;
  key(options?: Partial<ApiKeyOptions>): Promise<string>;
  /** A link for this person, as the API would give it. */
  link(identifier: string, pins?: Pins, linkPolicy?: Caller['linkPolicy']): Promise<string>;
}

const whoami = (caller: Caller): McpServer => {
  const server = new McpServer({ name: 'whoami', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.registerTool('whoami', { description: 'Says for whom it was called' }, () => ({
    content: [{ type: 'text', text: `${caller.key.realm}/${caller.key.identifier}` }],
  }));
  return server;
};

/** The same for /api/v1. */
const whoamiTools: ToolService = {
  list: [],
  execute: async ({ key: { realm, identifier } }) => ({
    kind: 'data',
    data: { untrusted: 'Nothing here is.', whoami: `${realm}/${identifier}` },
  }),
};

export interface WorldOptions {
  readonly publicUrl?: string;
  readonly fetchAttachment?: FetchAttachment;
  readonly ready?: () => Promise<boolean>;
  readonly callLimits?: CallLimits;
  readonly keyRates?: KeyRates;
  readonly rememberedCredentials?: number;
  readonly trustedProxies?: readonly string[];
  /** Instead of the one tool that says for whom it was called. */
  readonly mcpServer?: (caller: Caller) => McpServer;
  /** Changes the accounts before the routes get them, to make one part fail. */
  /** What answers at addresses that somebody outside named. */
  readonly outside?: OutsideFetch;
  readonly disturb?: (accounts: Accounts) => Accounts;
}

export const aWorld = async (options: WorldOptions = {}): Promise<World> => {
  const publicUrl = new URL(options.publicUrl ?? 'https://postern.example.com');
  const clock = handClock();
  const createLimit = limitsInMemory(clock);
  const sandbox = createSandbox({ clock });
  const sealer = createSealer({ current: new Uint8Array(32).fill(7), retired: [] }, randomBytes);
  const database = await databaseOf();
  const storage = await openStorage({ location: database.location, sealer, clock, random: randomBytes });
  onTestFinished(async () => {
    await storage.close();
    database.giveBack();
  });
  const env = sandbox.env();
  const google: typeof fetch = (input, init) => sandbox.fetch(new Request(input, init));
  const oauth = createGoogleOAuth({
    client: { id: sandbox.clientId, secret: sandbox.clientSecret },
    endpoints: {
      issuer: env.GOOGLE_ISSUER ?? '',
      authorizationEndpoint: env.GOOGLE_AUTHORIZATION_ENDPOINT ?? '',
      tokenEndpoint: env.GOOGLE_TOKEN_ENDPOINT ?? '',
      revocationEndpoint: env.GOOGLE_REVOCATION_ENDPOINT ?? '',
    },
    fetch: google,
    clock,
    random: randomBytes,
  });
  const real = createAccounts({
    storage,
    oauth,
    oauthFor: () => oauth,
    clock,
    random: randomBytes,
    createLimit,
    requiredCapabilities: ['mail', 'contacts'],
    optionalCapabilities: [],
    stepUpCapabilities: ['directory', 'other_contacts'],
    probe: async () => ok({}),
    linkOrigin: async () => publicUrl.origin,
    log: () => {},
  });
  const accounts = options.disturb?.(real) ?? real;
  const logged: string[] = [];
  const outside = () => options.outside ?? google;
  const webhooks = createWebhooks({ storage, outside, clock, random: randomBytes });
  const app = createHttpApp({
    accounts,
    authenticate: createAuthenticator(storage, clock),
    clients: createPersonClients(storage, clock),
    idempotency: storage.idempotencyKeys,
    sessions: createSessions(storage.sessions, randomBytes, clock),
    webhooks,
    mcpServer: options.mcpServer ?? whoami,
    tools: whoamiTools,
    createLimit,
    callLimiter: createCallLimiter(createLimit, options.callLimits ?? defaultCallLimits),
    keyLimits: createKeyLimits(createLimit, options.keyRates ?? defaultKeyRates),
    rememberedCredentials: options.rememberedCredentials,
    trustedProxies: options.trustedProxies,
    fetchAttachment: options.fetchAttachment ?? giving(new TextEncoder().encode('attachment bytes')),
    publicUrl,
    ready: options.ready ?? (async () => true),
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
    clock,
    random: randomBytes,
  });
  const answered = new Set<string>();
  holdToDescription(app, ({ method, path }, status) => answered.add(`${method} ${path} ${status}`));
  return {
    app,
    accounts,
    webhooks,
    storage,
    sandbox,
    clock,
    logged,
    answered,
    key: async (wanted = {}) => {
      const merged = { kind: 'service' as const, realm: 'default', unverifiedLinks: false, ...wanted };
      return (await createApiKey(storage.apiKeys, randomBytes, clock, merged)).key;
    },
    link: async (identifier, pins = {}, linkPolicy = 'unverified') => {
      const key = { realm: 'default', identifier };
      await accounts.ensure(key, pins);
      const link = await accounts.link({ key, credential: 'service_key', linkPolicy }, { capabilities: [] });
      if (!link.ok) throw new Error(link.problem.kind);
      return link.value.url;
    },
  };
};

interface Visit {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly heading: string;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  get(url: string, headers?: Record<string, string>): Promise<Visit>;
  /** Posts a form to a page; `csrf` is read from the page's last visit unless given. */
  post(url: string, form: Record<string, string>, headers?: Record<string, string>): Promise<Visit>;
  /** Opens the link, presses the button, and says where Google is. */
  goOn(url: string): Promise<{ page: Visit; google: URL }>;
  /** Presses the button and approves at Google; gives the callback's page. */
  connect(url: string, email: string, scopes?: readonly string[]): Promise<Visit>;
}

const unescapeHtml = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const attribute = (page: string, pattern: RegExp): string => unescapeHtml(pattern.exec(page)?.[1] ?? '');

export const csrfOf = (page: string): string => attribute(page, /name="csrf" value="([^"]*)"/);
export const refreshOf = (page: string): string => attribute(page, /http-equiv="refresh" content="0;url=([^"]*)"/);

/** Where the fake Google sends the browser after the person decided. */
export const decideAtGoogle = async (
  sandbox: Sandbox,
  google: URL,
  form: { email: string; decision?: 'allow' | 'deny'; scopes?: readonly string[] },
): Promise<string> => {
  const body = new URLSearchParams(google.searchParams);
  body.set('authuser', form.email);
  body.set('decision', form.decision ?? 'allow');
  const scopes = form.scopes ?? (google.searchParams.get('scope') ?? '').split(' ');
  for (const scope of scopes) body.append('scope_granted', scope);
  const answer = await sandbox.fetch(new Request(google.origin + google.pathname, { method: 'POST', body }));
  return answer.headers.get('location') ?? '';
};

export const aBrowser = ({ app, sandbox }: World): Browser => {
  const cookies = new Map<string, string>();
  const visit = async (url: string, init: RequestInit): Promise<Visit> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await app.request(url, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    const heading = unescapeHtml(/<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? '');
    return { status: response.status, headers: response.headers, text, heading };
  };
  const browser: Browser = {
    cookies,
    get: (url, headers = {}) => visit(url, { headers }),
    post: (url, form, headers = {}) =>
      visit(url, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { origin: new URL(url).origin, ...headers },
      }),
    goOn: async (url) => {
      const shown = await browser.get(url);
      const page = await browser.post(url, { csrf: csrfOf(shown.text) });
      return { page, google: new URL(refreshOf(page.text) || 'about:blank') };
    },
    connect: async (url, email, scopes) => {
      const { google } = await browser.goOn(url);
      return browser.get(await decideAtGoogle(sandbox, google, { email, scopes }));
    },
  };
  return browser;
};

/** Gives these bytes as an attachment, in pieces. */
export const giving =
  (bytes: Uint8Array): FetchAttachment =>
  async (_key, _record, _signal, take) => {
    await take(
      (async function* () {
        for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
      })(),
    );
    return ok({});
  };
