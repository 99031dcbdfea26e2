// A Postern that people sign in to with Google, and an MCP client that registers itself there: the client's half of the
// code flow by hand, the person's half in a browser.
import { createHash, randomBytes } from 'node:crypto';
import { vi } from 'vitest';
import { type Browser, type BrowserPage, createBrowser } from '../support/browser.ts';
import { handClock } from '../support/hand-clock.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { alex, createWorld, newSandbox, posternOrigin, type World, type WorldOptions } from '../support/world.ts';

export const redirectUri = 'https://app.example/callback';

/** All that can be unticked at Google. */
export const everyScope = ['gmail.readonly', 'contacts.readonly', 'contacts.other.readonly', 'directory.readonly'].map(
  (scope) => `https://www.googleapis.com/auth/${scope}`,
);

/** The authorization server reads Date: it stands still together with our clock. */
export const signInWorld = async (options: Partial<WorldOptions> = {}): Promise<World> => {
  const clock = options.clock ?? handClock();
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
  return createWorld({
    sandbox: newSandbox(clock),
    ...options,
    clock,
    env: { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: alex, ...options.env },
  });
};

export interface Client {
  readonly id: string;
  readonly redirectUri: string;
}

export const registerClient = async (world: World, name = 'Example App', uri = redirectUri): Promise<Client> => {
  const response = await world.http('/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [uri], token_endpoint_auth_method: 'none' }),
  });
  const { client_id } = (await response.json()) as { client_id: string };
  return { id: client_id, redirectUri: uri };
};

export interface Asking {
  readonly client: Client;
  readonly verifier: string;
  /** What the client opens in the person's browser. */
  readonly url: string;
}

export const ask = async (world: World, wanted: { client?: Client; scope?: string } = {}): Promise<Asking> => {
  const client = wanted.client ?? (await registerClient(world));
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL('/authorize', posternOrigin);
  const parameters = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirectUri,
    state: 'state of the client',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: `${posternOrigin}/mcp`,
    ...(wanted.scope === undefined ? {} : { scope: wanted.scope }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { client, verifier, url: url.href };
};

/** What the person does at Google, until the browser leaves it: chooses an account, decides. */
export const throughGoogle = async (
  browser: Browser,
  page: BrowserPage,
  { email = alex, untick = [], decision = 'allow' }: { email?: string; untick?: string[]; decision?: string } = {},
): Promise<BrowserPage> => {
  let at = page;
  while (at.html.includes('id="chooser"') || at.html.includes('id="consent"')) {
    const button = at.html.includes('id="chooser"') ? email : decision;
    at = await browser.submit(at, { button, untick });
  }
  return at;
};

/** The whole way: our page, Google, and back. Answers with the last page. */
export const signIn = async (
  browser: Browser,
  url: string,
  person: Parameters<typeof throughGoogle>[2] = {},
): Promise<BrowserPage> => {
  const page = await browser.open(url);
  if (!page.html.includes('value="continue"')) return page;
  return throughGoogle(browser, await browser.submit(page, { button: 'continue' }), person);
};

/** The client's token request with what came back to it. */
export const tokensFor = async (
  world: World,
  asking: Asking,
  back: BrowserPage,
): Promise<{ readonly access_token: string; readonly refresh_token: string }> => {
  const response = await world.http('/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(back.url).searchParams.get('code') ?? '',
      redirect_uri: asking.client.redirectUri,
      client_id: asking.client.id,
      code_verifier: asking.verifier,
    }),
  });
  const { access_token, refresh_token, ...rest } = (await response.json()) as Record<string, string>;
  if (access_token === undefined || refresh_token === undefined) throw new Error(`no token: ${JSON.stringify(rest)}`);
  return { access_token, refresh_token };
};

export const accessToken = async (world: World, asking: Asking, back: BrowserPage): Promise<string> =>
  (await tokensFor(world, asking, back)).access_token;

/** Signs in and gets a token in one go. */
export const tokenFor = async (
  world: World,
  { browser = world.browser(), ...person }: { browser?: Browser; email?: string; untick?: string[] } = {},
): Promise<string> => {
  const asking = await ask(world);
  return accessToken(world, asking, await signIn(browser, asking.url, person));
};

/** The authorization requests that Google saw. */
export const googleSaw = (world: World): URLSearchParams[] =>
  world.sandbox.requests
    .filter(({ method, path, query }) => method === 'GET' && path === '/o/oauth2/v2/auth' && !query.has('authuser'))
    .map(({ query }) => query);

/** A browser that reaches the issuer too. */
export const browserTo = (world: World, issuer: TestIssuer): Browser =>
  createBrowser(async (request) => {
    const { origin, pathname, search } = new URL(request.url);
    if (origin === world.sandbox.origin) return world.sandbox.fetch(request);
    if (origin === new URL(issuer.url).origin) return issuer.fetch(request);
    if (origin !== posternOrigin) return new Response('<!doctype html><h1>Another site</h1>');
    const body = request.method === 'POST' ? { body: await request.text() } : {};
    return world.http(pathname + search, { method: request.method, headers: request.headers, ...body });
  });
