// An authorization server over a real database in memory, a browser's cookies, and an OAuth client; no socket and no Google.
import { createHash, randomBytes } from 'node:crypto';
import { onTestFinished, vi } from 'vitest';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from '../../src/authorization-server/index.ts';
import { authorizationErrorPage } from '../../src/http/pages/html/error-pages.ts';
import { renderedPage } from '../../src/http/pages/html/page.ts';
import { limitsInMemory } from '../../src/lib/rate-limit.ts';
import type { AccountKey } from '../../src/model/account-key.ts';
import { createSealer, openStorage, type Storage } from '../../src/storage/index.ts';
import { databaseOf } from '../support/database.ts';
import { type HandClock, handClock } from '../support/hand-clock.ts';

export const origin = 'https://postern.test';
export const resource = `${origin}/mcp`;
export const redirectUri = 'https://client.test/callback';
export const documentClient = 'https://client.test/oauth/client.json';
export const address = '203.0.113.7';

export const kim: AccountKey = { realm: 'google', identifier: '1001' };

/** The library reads Date, we read our clock: both stand still, and are turned together. */
export interface Time {
  readonly clock: HandClock;
  advance(ms: number): Promise<void>;
}

const standStill = (): Time => {
  const clock = handClock();
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
  // Not in a hook of this module, which the files of a process share: it would be the first one's alone.
  onTestFinished(() => void vi.useRealTimers());
  return {
    clock,
    advance: async (ms) => {
      await clock.advance(ms);
      vi.setSystemTime(clock.now());
    },
  };
};

export interface Place {
  readonly server: AuthorizationServer;
  readonly storage: Storage;
  readonly time: Time;
  readonly logged: string[];
  /** Documents by URL; anything else is not found. */
  readonly documents: Map<string, () => Response | Promise<Response>>;
  readonly fetched: string[];
  /** Another process on the same database. */
  another(options?: Partial<AuthorizationServerOptions>): Promise<AuthorizationServer>;
  /** The same, over a connection of its own to the database; of a place with a file. */
  apart(): Promise<{ readonly storage: Storage; readonly server: AuthorizationServer }>;
}

const connectPerson = async (storage: Storage, key: AccountKey, email: string): Promise<void> => {
  const account = await storage.accounts.getOrCreate(key);
  await storage.accounts.saveGrant(key, account.version, {
    refreshToken: `refresh of ${email}`,
    accessToken: `access of ${email}`,
    accessTokenExpiresAt: 0,
    requestedScopes: ['openid'],
    grantedScopes: ['openid'],
    google: { sub: key.identifier, email },
    clientId: 'postern at Google',
    tokenEndpoint: 'https://oauth2.example.com/token',
  });
};

export const place = async (options: Partial<AuthorizationServerOptions> = {}, path?: string): Promise<Place> => {
  const database = await databaseOf(path);
  onTestFinished(() => database.giveBack());
  const time = standStill();
  const sealer = createSealer({ current: randomBytes(32), retired: [] }, randomBytes);
  const open = async (): Promise<Storage> => {
    const opened = await openStorage({
      location: database.location,
      sealer,
      clock: time.clock,
      random: randomBytes,
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const storage = await open();
  await connectPerson(storage, kim, 'kim@example.com');
  const logged: string[] = [];
  const fetched: string[] = [];
  const documents: Place['documents'] = new Map();
  documents.set(documentClient, () =>
    Response.json({ client_id: documentClient, client_name: 'A test client', redirect_uris: [redirectUri] }),
  );
  const write = (line: object) => void logged.push(JSON.stringify(line));
  const another: Place['another'] = (more = {}) =>
    createAuthorizationServer({
      publicUrl: new URL(origin),
      records: storage.authorizationRecords,
      keys: storage.authorizationKeys,
      accounts: storage.accounts,
      allowed: { emails: ['kim@example.com'], domains: [], everybody: false },
      clients: [],
      scopes: ['mail:read', 'contacts:read'],
      clock: time.clock,
      random: randomBytes,
      createLimit: limitsInMemory(time.clock),
      fetch: async (input) => {
        fetched.push(String(input));
        return (await documents.get(String(input))?.()) ?? new Response(null, { status: 404 });
      },
      renderError: (...wrong) => renderedPage(authorizationErrorPage(...wrong)),
      log: { info: write, warn: write, error: write },
      ...options,
      ...more,
    });
  const apart: Place['apart'] = async () => {
    const opened = await open();
    const { authorizationRecords: records, authorizationKeys: keys, accounts } = opened;
    return { storage: opened, server: await another({ records, keys, accounts }) };
  };
  return { server: await another(), storage, time, logged, documents, fetched, another, apart };
};

/** A browser, as far as cookies go. */
export interface Browser {
  get(url: string): Promise<Response>;
  request(url: string): Request;
  readonly jar: Map<string, { readonly value: string; readonly path: string }>;
}

export const openBrowser = (server: () => AuthorizationServer): Browser => {
  const jar: Browser['jar'] = new Map();
  const keep = (line: string): void => {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = ''] = pair.split('=');
    const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? '/';
    const gone = attributes.some((text) => /^expires=Thu, 01 Jan 1970/i.test(text));
    if (gone) jar.delete(`${name} ${path}`);
    else jar.set(`${name} ${path}`, { value: pair, path });
  };
  const request = (url: string): Request => {
    const { pathname } = new URL(url, origin);
    const cookies = [...jar.values()].filter(
      ({ path }) => pathname === path || pathname.startsWith(path === '/' ? path : `${path}/`),
    );
    return new Request(new URL(url, origin), {
      headers: { accept: 'text/html', cookie: cookies.map(({ value }) => value).join('; ') },
    });
  };
  return {
    jar,
    request,
    get: async (url) => {
      const response = await server().fetch(request(url), { address });
      response.headers.getSetCookie().forEach(keep);
      return response;
    },
  };
};

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

export interface Flow {
  readonly verifier: string;
  readonly query: Record<string, string>;
}

/** The parameters of a good authorization request. An undefined one is left out. */
export const authorizationRequest = (changes: Record<string, string | undefined> = {}): Flow => {
  const verifier = randomBytes(32).toString('base64url');
  const query: Record<string, string> = {
    response_type: 'code',
    client_id: documentClient,
    redirect_uri: redirectUri,
    scope: 'mail:read',
    resource,
    state: 'state of the client',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete query[name];
    else query[name] = value;
  }
  return { verifier, query };
};

export const authorizeUrl = (query: Record<string, string>): string => `/authorize?${new URLSearchParams(query)}`;

/** Where an answer sends the browser. */
export const locationOf = (response: Response): URL => new URL(response.headers.get('location') ?? '', origin);

/** Walks a request up to the page that asks. */
export const begin = async (browser: Browser, query: Record<string, string>): Promise<string> => {
  const response = await browser.get(authorizeUrl(query));
  const { pathname } = locationOf(response);
  if (!pathname.startsWith('/sign-in/')) throw new Error(`${response.status} ${response.headers.get('location')}`);
  return pathname.slice('/sign-in/'.length);
};

export const form = (
  server: AuthorizationServer,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  server.fetch(new Request(new URL(path, origin), { method: 'POST', body: new URLSearchParams(fields), headers }), {
    address,
  });

/** Signs a person in and answers with the code. */
export const getCode = async (server: AuthorizationServer, flow: Flow, key: AccountKey = kim): Promise<string> => {
  const browser = openBrowser(() => server);
  const uid = await begin(browser, flow.query);
  const returnTo = await server.approve(uid, key);
  const response = await browser.get(returnTo ?? '');
  const code = locationOf(response).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${response.status} ${response.headers.get('location')}`);
  return code;
};

export const exchange = (
  server: AuthorizationServer,
  flow: Flow,
  code: string,
  changes: Record<string, string> = {},
): Promise<Response> =>
  form(server, '/token', {
    grant_type: 'authorization_code',
    client_id: flow.query.client_id ?? '',
    redirect_uri: flow.query.redirect_uri ?? '',
    code,
    code_verifier: flow.verifier,
    ...changes,
  });

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly id_token?: string;
}

export const tokensOf = async (response: Response): Promise<Tokens> => {
  const body = (await response.json()) as Tokens;
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  return body;
};

export const getTokens = async (server: AuthorizationServer, flow: Flow = authorizationRequest()): Promise<Tokens> =>
  tokensOf(await exchange(server, flow, await getCode(server, flow)));

export const refresh = (
  server: AuthorizationServer,
  refreshToken: string,
  changes: Record<string, string> = {},
): Promise<Response> =>
  form(server, '/token', {
    grant_type: 'refresh_token',
    client_id: documentClient,
    refresh_token: refreshToken,
    ...changes,
  });

/** Records of which `count` requests have to find one of this model before any of them goes on. */
export const foundTogether = (
  records: Storage['authorizationRecords'],
  model: string,
  count: number,
): Storage['authorizationRecords'] => {
  let missing = count;
  let open = () => {};
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    ...records,
    find: async (of, id) => {
      const found = await records.find(of, id);
      if (of !== model || missing === 0) return found;
      missing--;
      if (missing === 0) open();
      await all;
      return found;
    },
  };
};

export const errorOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: string }).error;
