// A whole Postern beside the fake Google, in one process and without a socket: real storage, real MCP server and
// clients, real HTTP semantics; only the clock is turned by hand.
import { randomBytes } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createSandbox, type Sandbox } from '@postern/gmail-sandbox';
import { fillSampleMailbox, type SampleMail, sampleMail } from '@postern/gmail-sandbox/sample-mailbox';
import { pino } from 'pino';
import { compose, type Postern } from '../../src/compose.ts';
import { composeHttp, type HttpService } from '../../src/compose-http.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { type ApiKeyOptions, createApiKey } from '../../src/identity/credentials.ts';
import type { Pool } from '../../src/mcp/jobs/worker-pool.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';
import type { Pins } from '../../src/model/account.ts';
import type { AccountKey } from '../../src/model/account-key.ts';
import { type Browser, type BrowserPage, createBrowser } from './browser.ts';
import { databaseOf, urlOf } from './database.ts';
import { holdToDescription } from './described-answers.ts';
import { type HandClock, handClock } from './hand-clock.ts';

export const posternOrigin = 'https://postern.test';

export interface CallResult {
  readonly structured: Record<string, unknown>;
  readonly text: string;
  readonly isError: boolean;
}

export interface World {
  readonly clock: HandClock;
  readonly sandbox: Sandbox;
  readonly postern: Postern;
  readonly config: Config;
  /** Everything that was logged, as JSON lines. */
  readonly logged: string[];
  readonly app: HttpService['app'];
  readonly grpc: HttpService['grpc'];
  /** A request to Postern's HTTP application. */
  http(path: string, init?: RequestInit & { key?: string; as?: string }): Promise<Response>;
  serviceKey(options?: Partial<ApiKeyOptions>): Promise<string>;
  userKey(identifier: string, options?: { realm?: string; unverifiedLinks?: boolean }): Promise<string>;
  /** Calls one tool through a real MCP client. */
  call(tool: string, input: Record<string, unknown>, who: { key: string; as?: string }): Promise<CallResult>;
  browser(): Browser;
  /** Walks a link to its end as a person who approves; answers with the last page. */
  approve(
    url: string,
    options?: { email?: string; browser?: Browser; untick?: string[]; decision?: string },
  ): Promise<BrowserPage>;
  /** Connects a person without a key, as `connectAs` says; answers with the account's key. */
  connect(identifier: string, options?: { email?: string; realm?: string; pins?: Pins }): Promise<AccountKey>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Instead of the public URL's origin. */
  readonly linkOrigin?: () => Promise<string>;
  readonly env?: Record<string, string>;
  readonly databasePath?: string;
  readonly sandbox?: Sandbox;
  readonly clock?: HandClock;
  readonly fetch?: typeof fetch;
  readonly encryptionKey?: string;
  readonly leaseMs?: number;
  /** Threads that worlds share: starting them costs more than most tests. */
  readonly workers?: Pool;
}

export const alex = 'alex@example.com';
export const sam = 'sam@example.org';

/** Alex's mail at the time of the last world; nearly all begin at the same time, and composing takes longer than the rest. */
let composed: { readonly now: number; readonly mail: readonly SampleMail[] } | undefined;
const alexMail = (now: number): readonly SampleMail[] => {
  if (composed?.now !== now) composed = { now, mail: sampleMail(alex, now) };
  return composed.mail;
};

/** A sandbox with two people; Alex has the sample mailbox. */
export const newSandbox = (clock: HandClock): Sandbox => {
  const sandbox = createSandbox({ clock });
  fillSampleMailbox(sandbox.addAccount({ email: alex, name: 'Alex Example' }).mailbox, alexMail(clock.now()));
  sandbox.addAccount({ email: sam, name: 'Sam Sample' });
  return sandbox;
};

export const createWorld = async (options: WorldOptions = {}): Promise<World> => {
  const clock = options.clock ?? handClock();
  const sandbox = options.sandbox ?? newSandbox(clock);
  const database = await databaseOf(options.databasePath);
  const logged: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const toGoogle: typeof fetch = options.fetch ?? ((input, init) => sandbox.fetch(new Request(input, init)));
  const reading = readConfig(
    {
      ...sandbox.env(),
      POSTERN_PUBLIC_URL: posternOrigin,
      POSTERN_ENCRYPTION_KEY: options.encryptionKey ?? randomBytes(32).toString('base64'),
      POSTERN_DATABASE_URL: urlOf(database.location),
      ...options.env,
    },
    { transport: 'http', toolNames },
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  const { config } = reading;
  const postern = await compose(config, {
    transport: 'http',
    log,
    linkOrigin: options.linkOrigin ?? (async () => config.publicUrl.origin),
    clock,
    fetch: toGoogle,
    outside: () => toGoogle,
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    workers: options.workers,
  });
  const { accounts, storage } = postern;
  const { app, grpc } = await composeHttp(config, postern, { log });
  holdToDescription(app);

  const send = async (request: Request): Promise<Response> => {
    const { origin } = new URL(request.url);
    if (origin === posternOrigin) return app.request(request);
    if (origin === sandbox.origin) return sandbox.fetch(request);
    return new Response('<!doctype html><h1>Another site</h1>', { headers: { 'content-type': 'text/html' } });
  };
  const http: World['http'] = async (path, { key, as, ...init } = {}) => {
    const headers = new Headers(init.headers);
    headers.set('host', new URL(posternOrigin).host);
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
    if (as !== undefined) headers.set('postern-identifier', encodeURIComponent(as));
    return app.request(new Request(posternOrigin + path, { ...init, headers }));
  };
  const calls = createCalls(http);
  const newKey = async (kind: 'user' | 'service', identifier?: string, wanted: Partial<ApiKeyOptions> = {}) => {
    const { key } = await createApiKey(storage.apiKeys, randomBytes, clock, {
      realm: 'default',
      unverifiedLinks: false,
      ...wanted,
      kind,
      ...(identifier === undefined ? {} : { identifier }),
    });
    return key;
  };
  const approve: World['approve'] = async (
    url,
    { email = alex, browser = createBrowser(send), untick, decision } = {},
  ) => {
    let page = await browser.open(url);
    if (new URL(page.url).origin !== posternOrigin || page.status !== 200) return page;
    page = await browser.submit(page);
    if (page.html.includes('id="consent"') && !page.text.includes(email)) page = await switchAccount(browser, page);
    // Google may have to be asked twice, for a refresh token.
    while (page.html.includes('id="chooser"') || page.html.includes('id="consent"')) {
      const chooser = page.html.includes('id="chooser"');
      const pressed = chooser ? email : (decision ?? 'allow');
      page = await browser.submit(page, { button: pressed, ...(untick === undefined ? {} : { untick }) });
    }
    return page;
  };

  return {
    clock,
    sandbox,
    postern,
    config,
    logged,
    app,
    grpc,
    http,
    approve,
    browser: () => createBrowser(send),
    serviceKey: (wanted) => newKey('service', undefined, wanted),
    userKey: (identifier, wanted) => newKey('user', identifier, wanted),
    call: calls.call,
    connect: async (identifier, { email = alex, realm = 'default', pins } = {}) => {
      const key = { realm, identifier };
      await accounts.ensure(key, pins);
      const link = await accounts.link(
        { key, credential: 'service_key', linkPolicy: pins === undefined ? 'unverified' : 'pinned' },
        { capabilities: [] },
      );
      if (!link.ok) throw new Error(link.problem.kind);
      const page = await approve(link.value.url, { email });
      const account = await accounts.find(key);
      if (account?.state.status !== 'ACTIVE') throw new Error(`not connected: ${page.heading}`);
      return key;
    },
    close: async () => {
      await calls.close();
      await postern.close();
      database.giveBack();
    },
  };
};

/** "Use another account" at Google, where a hint had chosen one. */
const switchAccount = (browser: Browser, page: BrowserPage): Promise<BrowserPage> => {
  const url = new URL(page.url);
  url.searchParams.delete('login_hint');
  return browser.open(url.href);
};

/** Calls through real MCP clients, one for each caller: a client reads the tools and their schemas once. */
const createCalls = (http: World['http']) => {
  const clients = new Map<string, Client>();
  const clientOf = async (who: { key: string; as?: string }): Promise<Client> => {
    const name = JSON.stringify([who.key, who.as]);
    const known = clients.get(name);
    if (known) return known;
    const client = new Client({ name: 'a test', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(`${posternOrigin}/mcp`), {
      fetch: async (target, init) => http(new URL(target).pathname, { ...init, ...who }),
    });
    await client.connect(transport);
    clients.set(name, client);
    return client;
  };
  return {
    call: async (tool: string, input: Record<string, unknown>, who: { key: string; as?: string }) => {
      const result = await (await clientOf(who)).callTool({ name: tool, arguments: input });
      const text = result.content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');
      const structured = { ...(result.structuredContent as Record<string, unknown> | undefined) };
      return { structured, text, isError: result.isError === true };
    },
    close: () => Promise.all([...clients.values()].map((client) => client.close())),
  };
};
