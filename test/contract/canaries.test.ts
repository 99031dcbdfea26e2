// Every secret of a whole run is collected where it arises and then searched for in everything that leaves the process.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ask, signInWorld, throughGoogle } from '../behaviour/signing-in-world.ts';
import { createBrowser } from '../support/browser.ts';
import { storedBytes } from '../support/database.ts';
import { handClock } from '../support/hand-clock.ts';
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts';
import { alex, createWorld, newSandbox, posternOrigin, sam, type World } from '../support/world.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

const encryptionKey = Buffer.alloc(32, 'k').toString('base64');

interface Secrets {
  /** Google's and the operator's: leave towards Google only. */
  readonly google: Set<string>;
  /** Postern's own: leave once, to the party they were made for; never into a log or the database. */
  readonly own: Set<string>;
}

/** Somebody whom Postern asks, of whom every token, code and verifier is noted as it passes. */
const watched = (them: { fetch(request: Request): Promise<Response> }, secrets: Secrets): typeof fetch => {
  return async (input, init) => {
    const request = new Request(input, init);
    const form = request.method === 'POST' ? new URLSearchParams(await request.clone().text()) : new URLSearchParams();
    for (const name of ['code', 'code_verifier', 'refresh_token', 'client_secret', 'token'])
      if (form.has(name)) secrets.google.add(form.get(name) ?? '');
    const response = await them.fetch(request);
    if (new URL(request.url).pathname === '/token' && response.ok) {
      const tokens = (await response.clone().json()) as Record<string, string>;
      for (const name of ['access_token', 'refresh_token', 'id_token'])
        if (tokens[name]) secrets.google.add(tokens[name]);
    }
    return response;
  };
};

/** A secret as it is, and in the disguises in which it is carelessly passed on. */
const disguises = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];

const found = (secrets: Iterable<string>, haystack: string): string[] =>
  [...secrets].filter((secret) => disguises(secret).some((text) => haystack.includes(text)));

it('No secret leaves the process or lies in the database, whatever happens', async () => {
  const secrets: Secrets = { google: new Set([encryptionKey]), own: new Set() };
  const clock = handClock();
  const sandbox = newSandbox(clock);
  const world = await createWorld({
    clock,
    sandbox,
    encryptionKey,
    databasePath: join(folder, 'postern.db'),
    fetch: watched(sandbox, secrets),
  });
  const left: string[] = [];
  await wholeStory(world, secrets, left);
  await world.postern.storage.operations.sweep(clock.now());

  expect(secrets.google.size).toBeGreaterThan(15);
  expect(secrets.own.size).toBeGreaterThan(6);
  expect(world.logged.length).toBeGreaterThan(20);
  expect(found(secrets.google, left.join('\n'))).toEqual([]);
  const logs = world.logged.join('\n');
  expect(found(secrets.google, logs)).toEqual([]);
  expect(found(secrets.own, logs)).toEqual([]);
  for (const name of [alex, sam, 'user_42', 'user_43']) expect(logs).not.toContain(name);

  await expectNoneInDatabase(world, secrets);
  await world.close();
});

/** With all that lies beside a file. */
const expectNoneInDatabase = async (world: World, secrets: Secrets): Promise<void> => {
  const stored = await storedBytes(world.config.database);
  expect([...stored.values()].join('\n')).toContain(alex);
  for (const [place, bytes] of stored) {
    expect(found(secrets.google, bytes), place).toEqual([]);
    expect(found(secrets.own, bytes), place).toEqual([]);
  }
};

/** Connecting, reading, refusing, failing, revoking: every answer goes into `left`. */
const wholeStory = async (world: World, secrets: Secrets, left: string[]): Promise<void> => {
  const { sandbox, clock } = world;
  const keep = (value: unknown): void =>
    void left.push(typeof value === 'string' ? value : inspect(value, { depth: 9 }));
  const service = await world.serviceKey({ unverifiedLinks: true });
  const user = await world.userKey('user_43', { unverifiedLinks: true });
  secrets.own.add(service).add(user);
  const tool = async (name: string, input: Record<string, unknown>, who: { key: string; as?: string }) => {
    const answer = await world.call(name, input, who);
    keep(answer);
    const { url } = (answer.structured.authorizationRequired ?? answer.structured) as { url?: string };
    if (url !== undefined) secrets.own.add(url.split('/').at(-1) ?? '');
    return { ...answer, url: String(url) };
  };
  const page = async (url: string, options: Parameters<World['approve']>[1]) => {
    const shown = await world.approve(url, options);
    // The sandbox's pages are Google's, not ours.
    if (new URL(shown.url).origin !== sandbox.origin) keep(shown.html + inspect([...shown.headers]));
    return shown;
  };

  const alexCalls = { key: service, as: 'user_42' };
  await page((await tool('gmail_fetch_mails', {}, alexCalls)).url, { decision: 'deny' });
  await page((await tool('gmail_fetch_mails', {}, alexCalls)).url, {});
  await page((await tool('gmail_fetch_mails', {}, { key: user })).url, { email: sam });
  const listed = await tool(
    'gmail_fetch_mails',
    { query: 'has:attachment', format: 'full', max_results: 3 },
    alexCalls,
  );
  const id = (listed.structured.messages as { id: string }[])[0]?.id;
  await tool('gmail_get_message_by_id', { message_id: id, format: 'raw' }, alexCalls);
  const message = await tool('gmail_get_message_by_id', { message_id: id }, alexCalls);
  const [attachment] = message.structured.attachments as { attachmentId: string }[];
  const input = { message_id: id, attachment_id: attachment?.attachmentId, delivery: 'link' };
  const download = await tool('gmail_get_attachment_by_id', input, alexCalls);
  keep(await (await world.http(new URL(download.url).pathname)).text());
  await tool('gmail_search_people', { query: 'a' }, alexCalls);
  await tool('gmail_get_contacts', { nonsense: 1 }, alexCalls);

  for (const fault of [{ status: 500 }, { kind: 'reset' }, { kind: 'html' }, { kind: 'half' }] as const) {
    await clock.advance(2 * 3_600_000);
    sandbox.fault({ path: '/token', times: 1 }, fault);
    await tool('gmail_list_drafts', {}, alexCalls);
    sandbox.fault({ path: /gmail/, times: 1 }, { status: 400 });
    await tool('gmail_list_drafts', {}, alexCalls);
  }
  for (const path of [
    '/api/v1/accounts/user_42',
    '/readyz',
    '/nowhere',
    '/connect/x',
    '/oauth/callback?code=1&state=2',
  ]) {
    const answer = await world.http(path, { key: service });
    keep((await answer.text()) + inspect([...answer.headers]));
  }
  sandbox.changePassword(alex);
  await clock.advance(2 * 3_600_000);
  await tool('gmail_fetch_mails', {}, alexCalls);
  const ended = await world.http('/api/v1/accounts/user_43/disconnect', { method: 'POST', key: service });
  keep(await ended.text());
};

const clientSecret = 'the secret of a client that the operator registered';

it('Nor does one of signing in: tokens, codes, cookies, keys and clients’ secrets', async () => {
  const clock = handClock();
  const [sandbox, issuer] = [newSandbox(clock), await createTestIssuer(clock)];
  const secrets: Secrets = { google: new Set([encryptionKey, issuer.client.secret]), own: new Set([clientSecret]) };
  const toGoogle = watched(sandbox, secrets);
  const toIssuer = watched(issuer, secrets);
  const sent: string[] = [];
  const clients = [{ client_id: 'desk', client_name: 'Desk', redirect_uris: ['https://desk.example.com/back'] }];
  const clientsFile = join(folder, 'clients.json');
  await writeFile(clientsFile, JSON.stringify(clients.map((one) => ({ ...one, client_secret: clientSecret }))));
  const world = await signInWorld({
    clock,
    sandbox,
    encryptionKey,
    databasePath: join(folder, 'postern.db'),
    env: {
      POSTERN_OAUTH_CLIENTS_FILE: clientsFile,
      POSTERN_OIDC_ISSUER: issuer.url,
      POSTERN_OIDC_REALM: 'staff',
      POSTERN_OIDC_CLIENT_ID: issuer.client.id,
      POSTERN_OIDC_CLIENT_SECRET: issuer.client.secret,
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push(request.url + inspect([...request.headers]) + (await request.clone().text()));
      return request.url.startsWith(issuer.url) ? toIssuer(request) : toGoogle(request);
    },
  });
  const left: string[] = [];
  await signInStory(world, issuer, secrets, left);
  const stored = world.postern.storage.authorizationKeys;
  const inner = [...(await stored.list('signing')).map(({ key }) => (JSON.parse(key) as { d: string }).d)];
  for (const { key } of await stored.list('cookies')) inner.push(key);
  expect(inner.length).toBeGreaterThan(1);
  expect(secrets.google.size).toBeGreaterThan(12);
  expect(secrets.own.size).toBeGreaterThan(12);

  for (const key of inner) secrets.google.add(key);
  expect(found(secrets.google, left.join('\n'))).toEqual([]);
  expect(found([...secrets.own, ...inner], sent.join('\n'))).toEqual([]);
  const logs = world.logged.join('\n');
  expect(logs).toContain('"event":"access_token_refused"');
  expect(found([...secrets.google, ...secrets.own], logs)).toEqual([]);
  const people = (await world.postern.accounts.list()).map(({ key }) => key.identifier);
  expect(people.length).toBeGreaterThan(1);
  for (const name of [alex, sam, 'u-17', 'in:anywhere', ...people]) expect(logs).not.toContain(name);
  await expectNoneInDatabase(world, secrets);
  await world.close();
});

/** What a client's half of the flow can come to; whatever it is given is noted. */
const aClient = (world: World, secrets: Secrets, left: string[]) => {
  const form = async (path: string, fields: Record<string, string>): Promise<Record<string, string>> => {
    const answer = await world.http(path, { method: 'POST', body: new URLSearchParams(fields) });
    const text = await answer.text();
    const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string>;
    for (const name of ['access_token', 'refresh_token']) if (body[name]) secrets.own.add(body[name]);
    left.push(text + inspect([...answer.headers]));
    return body;
  };
  const callTool = async (key: string): Promise<string> => {
    const answer = await world.call('gmail_fetch_mails', { query: 'in:anywhere', max_results: 1 }, { key });
    left.push(inspect(answer, { depth: 9 }));
    return String((answer.structured.authorizationRequired as { url?: string } | undefined)?.url);
  };
  return { form, callTool };
};

/** A browser of which every cookie, code and state of ours is noted, and every answer of Postern's. */
const watchedBrowser = (world: World, issuer: TestIssuer, secrets: Secrets, left: string[]) =>
  createBrowser(async (request) => {
    const { origin, pathname, search, searchParams } = new URL(request.url);
    if (origin === world.sandbox.origin) return world.sandbox.fetch(request);
    if (origin === issuer.url) return issuer.fetch(request);
    if (origin !== posternOrigin) {
      secrets.own.add(searchParams.get('code') ?? clientSecret);
      return new Response('<!doctype html><h1>The client</h1>');
    }
    const body = request.method === 'POST' ? { body: await request.text() } : {};
    const answer = await world.http(pathname + search, { method: request.method, headers: request.headers, ...body });
    for (const cookie of answer.headers.getSetCookie()) {
      const value = cookie.split(';')[0]?.split(/=(.*)/s)[1] ?? '';
      if (value.length > 16) secrets.own.add(value);
    }
    left.push((await answer.clone().text()) + inspect([...answer.headers]));
    return answer;
  });

const refusedToken = { alg: 'none', iss: posternOrigin };

/** Signing in both ways, calling, refreshing, reusing, revoking, declining, failing. */
const signInStory = async (world: World, issuer: TestIssuer, secrets: Secrets, left: string[]): Promise<void> => {
  const { form, callTool } = aClient(world, secrets, left);
  const browser = watchedBrowser(world, issuer, secrets, left);
  const clients = [undefined, { id: 'desk', redirectUri: 'https://desk.example.com/back' }];
  for (const client of clients) {
    const asking = await ask(world, client === undefined ? {} : { client });
    secrets.own.add(asking.verifier);
    const secret: Record<string, string> = client === undefined ? {} : { client_secret: clientSecret };
    const who = { client_id: asking.client.id, ...secret };
    const page = await browser.open(asking.url);
    const back = await throughGoogle(browser, await browser.submit(page, { button: 'continue' }));
    const code = new URL(back.url).searchParams.get('code') ?? '';
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: asking.client.redirectUri, ...who };
    const first = await form('/token', { ...exchange, code_verifier: asking.verifier });
    const { access_token: token = '', refresh_token: refresh = '' } = first;
    expect([token, refresh]).not.toContain('');
    await callTool(token);
    const again = { grant_type: 'refresh_token', refresh_token: refresh, ...who };
    const second = await form('/token', again);
    await callTool(second.access_token ?? '');
    await form('/token', again);
    await form('/token', { ...exchange, code_verifier: asking.verifier });
    await form('/token', { ...exchange, code_verifier: asking.verifier, client_secret: `${clientSecret}!` });
    await form('/revoke', { token: second.refresh_token ?? '', ...who });
    left.push(await (await world.http('/mcp', { method: 'POST', key: token })).text());
  }
  const declined = await browser.open((await ask(world)).url);
  await browser.submit(declined, { button: 'cancel' });
  const stranger = await browser.open((await ask(world)).url);
  await throughGoogle(browser, await browser.submit(stranger, { button: 'continue' }), { email: sam });
  const pieces = [refusedToken, refusedToken].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  left.push(await (await world.http('/mcp', { method: 'POST', key: `${pieces.join('.')}.` })).text());
  await atTheIssuer(world, issuer, secrets, { browser, callTool });
};

/** A person of the issuer's, once honestly, and once while it throws our secret back at us. */
const atTheIssuer = async (
  world: World,
  issuer: TestIssuer,
  secrets: Secrets,
  { browser, callTool }: { browser: ReturnType<typeof createBrowser>; callTool: (key: string) => Promise<string> },
): Promise<void> => {
  const claims = { sub: 'u-17', aud: `${posternOrigin}/mcp`, scope: 'mail:read contacts:read' };
  const [key, expired] = [await issuer.accessToken(claims), await issuer.accessToken({ ...claims, exp: 1 })];
  secrets.own.add(key).add(expired);
  await world.http('/mcp', { method: 'POST', key: expired });
  issuer.person = { sub: 'u-17' };
  const link = await callTool(key);
  secrets.own.add(link.split('/').at(-1) ?? '');
  const honest = issuer.fetch;
  issuer.fetch = async (request) =>
    new URL(request.url).pathname === '/token'
      ? Response.json(
          { error: 'invalid_client', error_description: (await request.text()) + issuer.client.secret },
          { status: 400 },
        )
      : honest(request);
  await browser.submit(await browser.open(link));
  issuer.fetch = honest;
  const page = await browser.submit(await browser.open(link));
  expect(page.heading).toBe('Connect Gmail');
  await throughGoogle(browser, await browser.submit(page), { email: sam });
  await callTool(key);
};
