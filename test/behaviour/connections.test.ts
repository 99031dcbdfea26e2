// Several OAuth clients in one server: who is connected through which, and that nothing of one reaches another.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRaw } from '../support/database.ts';
import { handClock } from '../support/hand-clock.ts';
import { alex, createWorld, newSandbox, sam, type World, type WorldOptions } from '../support/world.ts';

const hour = 60 * 60_000;
const unverified = { unverifiedLinks: true } as const;

interface SentToken {
  readonly clientId: string;
  readonly grantType: string;
}

interface TwoClients extends World {
  readonly acme: { readonly clientId: string; readonly clientSecret: string };
  /** What was sent to the token endpoint, with whose name. */
  readonly sent: SentToken[];
  /** The client ids that Google is to refuse every grant of (`invalid_grant`). */
  readonly refusing: Set<string>;
  /** POST /api/v1/accounts, its answer. */
  account(identifier: string, key: string): Promise<Record<string, unknown>>;
  link(identifier: string, key: string): Promise<string>;
  /** The same Postern as another process on the same database. */
  another(options?: WorldOptions): Promise<World>;
}

/** A server with the environment's client and one of another project, `acme`. */
const twoClients = async (
  options: WorldOptions & { capabilities?: ('mail' | 'contacts')[] } = {},
): Promise<TwoClients> => {
  const clock = handClock();
  const sandbox = newSandbox(clock);
  const acme = sandbox.addClient({ ofAnotherProject: true });
  const folder = mkdtempSync(join(tmpdir(), 'postern-connections-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [sent, refusing]: [SentToken[], Set<string>] = [[], new Set()];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).pathname === '/token') {
      const form = new URLSearchParams(await request.clone().text());
      const of = { clientId: form.get('client_id') ?? '', grantType: form.get('grant_type') ?? '' };
      sent.push(of);
      if (refusing.has(of.clientId)) return Response.json({ error: 'invalid_grant' }, { status: 400 });
    }
    return sandbox.fetch(request);
  };
  const encryptionKey = Buffer.alloc(32, 5).toString('base64');
  const shared = { sandbox, clock, fetch: send, databasePath: join(folder, 'postern.db'), encryptionKey };
  const another = async (more: WorldOptions = {}): Promise<World> => {
    const made = await createWorld({ ...shared, ...options, ...more });
    onTestFinished(() => made.close());
    return made;
  };
  const world = await another();
  const { clientId, clientSecret: secret } = acme;
  const { capabilities } = options;
  await world.postern.storage.connections.add({
    ...{ name: 'acme', clientId, secret, kind: 'web', createdAt: clock.now() },
    ...(capabilities === undefined ? {} : { capabilities }),
  });
  const post = async (path: string, key: string, body: object): Promise<Record<string, unknown>> =>
    (await (await world.http(path, { method: 'POST', key, body: JSON.stringify(body) })).json()) as Record<
      string,
      unknown
    >;
  const account: TwoClients['account'] = (identifier, key) => post('/api/v1/accounts', key, { identifier });
  return {
    ...world,
    acme,
    sent,
    refusing,
    another,
    account,
    link: async (identifier, key) => {
      await account(identifier, key);
      return String((await post(`/api/v1/accounts/${identifier}/link`, key, {})).url);
    },
  };
};

const grantOf = async ({ postern }: World, identifier: string, realm = 'default') => {
  const reading = await postern.storage.accounts.readGrant({ realm, identifier });
  return reading.kind === 'grant' ? reading.grant : undefined;
};

/** Connects somebody through whatever client is theirs. */
const connected = async (world: TwoClients, identifier: string, key: string, email = alex): Promise<void> => {
  await world.approve(await world.link(identifier, key), { email });
  expect(await grantOf(world, identifier)).toBeDefined();
};

/** As far as Google's consent page. */
const toConsent = async (world: TwoClients, url: string) => {
  const browser = world.browser();
  const page = await browser.submit(await browser.open(url));
  return { browser, page, authorization: new URL(page.url).searchParams };
};

/** Google's answer to somebody who approves, before the browser brings it back. */
const codeFor = async (world: TwoClients, authorization: URLSearchParams): Promise<URL> => {
  const form = new URLSearchParams(authorization);
  form.set('authuser', alex);
  form.set('decision', 'allow');
  for (const scope of (authorization.get('scope') ?? '').split(' ')) form.append('scope_granted', scope);
  const answer = await world.sandbox.fetch(
    new Request(`${world.sandbox.origin}/o/oauth2/v2/auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    }),
  );
  return new URL(answer.headers.get('location') ?? '');
};

describe('An account of a connection', () => {
  it('is linked, connected and renewed through its own client, beside others through the environment’s', async () => {
    const world = await twoClients();
    const ours = await world.serviceKey(unverified);
    const theirs = await world.serviceKey({ ...unverified, connection: 'acme' });
    expect(await world.account('one', ours)).toMatchObject({ connection: 'default' });
    expect(await world.account('two', theirs)).toMatchObject({ connection: 'acme' });
    await connected(world, 'one', ours, sam);
    await connected(world, 'two', theirs);
    expect(await grantOf(world, 'one')).toMatchObject({ clientId: world.sandbox.clientId });
    expect(await grantOf(world, 'two')).toMatchObject({ clientId: world.acme.clientId });
    await world.clock.advance(2 * hour);
    world.sent.length = 0;
    const call = { key: theirs, as: 'two' };
    expect(await world.call('gmail_fetch_mails', {}, call)).toMatchObject({ isError: false });
    expect(world.sent).toEqual([{ clientId: world.acme.clientId, grantType: 'refresh_token' }]);
  });

  it('has it for life: a key of another connection gets links of the account’s client alone', async () => {
    const world = await twoClients();
    const ours = await world.serviceKey(unverified);
    const theirs = await world.serviceKey({ ...unverified, connection: 'acme' });
    await world.account('one', ours);
    expect(await world.account('one', theirs)).toMatchObject({ connection: 'default' });
    const { authorization } = await toConsent(world, await world.link('one', theirs));
    expect(authorization.get('client_id')).toBe(world.sandbox.clientId);
  });

  it('has it from its realm, also where a call makes it; a key’s own comes first', async () => {
    const world = await twoClients();
    await world.postern.storage.connections.setDefault('acme', 'customers');
    const key = await world.serviceKey({ ...unverified, realm: 'customers' });
    await world.call('gmail_fetch_mails', {}, { key, as: 'new' });
    const of = (identifier: string) => world.postern.accounts.find({ realm: 'customers', identifier });
    expect(await of('new')).toMatchObject({ connection: 'acme' });
    const own = await world.serviceKey({ ...unverified, realm: 'customers', connection: 'default' });
    await world.account('other', own);
    expect((await of('other'))?.connection).toBeUndefined();
  });

  it('is confirmed by the product that made its link', async () => {
    const world = await twoClients();
    const key = await world.serviceKey({ verifyUrl: 'https://product.test/verify', connection: 'acme' });
    const page = await world.approve(await world.link('two', key));
    const id = new URL(page.url).searchParams.get('auth_request_id');
    const body = JSON.stringify({ identifier: 'two' });
    const confirmed = await world.http(`/api/v1/auth-requests/${id}/confirm`, { method: 'POST', key, body });
    expect(confirmed.status).toBe(200);
    expect(await grantOf(world, 'two')).toMatchObject({ clientId: world.acme.clientId });
  });

  it('is revoked at Google and checked daily as any other', async () => {
    const world = await twoClients();
    const key = await world.serviceKey({ ...unverified, connection: 'acme' });
    await connected(world, 'two', key);
    const ended = new AbortController();
    const checking = world.postern.accounts.dailyChecks.run(ended.signal);
    await world.clock.advance(24 * hour);
    const of = { realm: 'default', identifier: 'two' };
    const checkedAt = async () => (await world.postern.accounts.find(of))?.checkedAt;
    await expect
      .poll(
        async () => {
          await world.clock.advance(10_000);
          return checkedAt();
        },
        { interval: 1, timeout: 10_000 },
      )
      .toBeDefined();
    ended.abort();
    await checking;
    const answer = await world.http('/api/v1/accounts/two/disconnect', { method: 'POST', key });
    expect(await answer.json()).toMatchObject({ revoked_at_google: true });
    expect(world.sandbox.activeGrants(alex)).toBe(0);
  });
});

describe('Nothing crosses connections:', () => {
  it('a code that was given to one client brings nothing in a round of another', async () => {
    const world = await twoClients();
    const ours = await toConsent(world, await world.link('one', await world.serviceKey(unverified)));
    const key = await world.serviceKey({ ...unverified, connection: 'acme' });
    const theirs = await toConsent(world, await world.link('two', key));
    for (const [from, to] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const callback = await codeFor(world, from.authorization);
      callback.searchParams.set('state', to.authorization.get('state') ?? '');
      await to.browser.open(callback.href);
    }
    expect(world.sent.map(({ clientId }) => clientId)).toEqual([world.acme.clientId, world.sandbox.clientId]);
    expect([await grantOf(world, 'one'), await grantOf(world, 'two')]).toEqual([undefined, undefined]);
  });

  it('a round that was begun with one client is not completed with another that took its place', async () => {
    const world = await twoClients();
    const { authorization, browser } = await toConsent(
      world,
      await world.link('one', await world.serviceKey(unverified)),
    );
    const { clientId, clientSecret } = world.sandbox.addClient();
    const restarted = await world.another({ env: { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret } });
    const callback = await codeFor(world, authorization);
    const cookie = browser.cookieHeader(callback.host);
    const page = await restarted.http(callback.pathname + callback.search, { headers: { cookie } });
    expect(await page.text()).toContain('run out');
    expect(world.sent).toEqual([]);
    expect(await grantOf(world, 'one')).toBeUndefined();
  });

  it('a grant is of no use to another client, whichever connection its account is said to have', async () => {
    const world = await twoClients();
    const ours = await world.serviceKey(unverified);
    const theirs = await world.serviceKey({ ...unverified, connection: 'acme' });
    await connected(world, 'one', ours, sam);
    await connected(world, 'two', theirs);
    const { clientId, clientSecret } = world.sandbox.addClient();
    const restarted = await world.another({ env: { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret } });
    await world.clock.advance(2 * hour);
    world.sent.length = 0;
    const of = (key: string, as: string) => restarted.call('gmail_fetch_mails', {}, { key, as });
    expect((await of(ours, 'one')).structured).toMatchObject({ problem: { kind: 'operator_client_changed' } });
    expect(await of(theirs, 'two')).toMatchObject({ isError: false });
    expect(world.sent).toEqual([{ clientId: world.acme.clientId, grantType: 'refresh_token' }]);
  });

  it('a connection whose row somebody else wrote serves nobody, and no token is sent', async () => {
    const world = await twoClients();
    const key = await world.serviceKey({ ...unverified, connection: 'acme' });
    await connected(world, 'two', key);
    await world.clock.advance(2 * hour);
    const { authorization, browser } = await toConsent(world, await world.link('three', key));
    const callback = await codeFor(world, authorization);
    const raw = await openRaw(world.config.database);
    onTestFinished(() => raw.close());
    await raw.run("update connections set client_id = 'of the attacker'");
    world.sent.length = 0;
    const { structured } = await world.call('gmail_fetch_mails', {}, { key, as: 'two' });
    expect(structured).toMatchObject({ problem: { kind: 'connection_unavailable' } });
    const page = await world.browser().open(await world.link('two', key));
    expect(page.status).toBe(500);
    const unavailable = () => world.logged.filter((line) => line.includes('"event":"connection_unavailable"')).length;
    expect(unavailable()).toBe(1);
    // Nor is a code that Google gave before; the page says that the operator has to see to it, the log to what.
    expect((await browser.open(callback.href)).status).toBe(500);
    expect(unavailable()).toBe(2);
    expect(world.sent).toEqual([]);
  });

  it('a bulk refusal of one client suspends nobody’s end at another, whose successes do not end it', async () => {
    const world = await twoClients();
    const ours = await world.serviceKey(unverified);
    const theirs = await world.serviceKey({ ...unverified, connection: 'acme' });
    const people = Array.from({ length: 6 }, (_, at) => ({ as: `p${at}`, email: `p${at}@example.com` }));
    for (const { as, email } of people) {
      world.sandbox.addAccount({ email });
      await connected(world, as, theirs, email);
    }
    await connected(world, 'one', ours, sam);
    await connected(world, 'leaves', ours);
    await world.clock.advance(2 * hour);
    world.refusing.add(world.acme.clientId);
    const kindOf = async (as: string, key: string) => {
      const { structured } = await world.call('gmail_fetch_mails', {}, { key, as });
      return (structured.problem as { kind?: string } | undefined)?.kind ?? 'none';
    };
    for (const { as } of people) await kindOf(as, theirs);
    expect(await kindOf('one', ours)).toBe('none');
    expect(await kindOf('p5', theirs)).toBe('many_grants_refused');
    world.sandbox.revokeAccess(alex, world.sandbox.clientId);
    await world.clock.advance(2 * hour);
    expect(await kindOf('leaves', ours)).not.toBe('many_grants_refused');
    expect(await world.postern.accounts.find({ realm: 'default', identifier: 'leaves' })).toMatchObject({
      state: { status: 'REVOKED' },
    });
  });

  it('the same mailbox at two clients is two consents: Google ends one of them alone', async () => {
    const world = await twoClients();
    await connected(world, 'one', await world.serviceKey(unverified));
    await connected(world, 'two', await world.serviceKey({ ...unverified, connection: 'acme' }));
    world.sandbox.revokeAccess(alex, world.acme.clientId);
    const check = (identifier: string) => world.postern.accounts.check({ realm: 'default', identifier });
    expect(await check('one')).toMatchObject({ account: { state: { status: 'ACTIVE' } } });
    expect(await check('two')).toMatchObject({ account: { state: { status: 'REVOKED' } } });
  });
});

describe('A process that runs', () => {
  it('serves a connection that another process added, and uses a secret that another process replaced', async () => {
    const world = await twoClients();
    const other = await world.another();
    const key = await world.serviceKey({ ...unverified, connection: 'acme' });
    await connected(world, 'two', key);
    const call = () => other.call('gmail_fetch_mails', {}, { key, as: 'two' });
    expect(await call()).toMatchObject({ isError: false });
    const secret = world.sandbox.rotateClientSecret(world.acme.clientId);
    await world.clock.advance(2 * hour);
    const refused = await call();
    expect(refused.structured).toMatchObject({ problem: { kind: 'client_invalid' } });
    expect(refused.text).toContain('connections add acme --replace');
    const { clientId } = world.acme;
    const record = { name: 'acme', clientId, secret, kind: 'web', createdAt: world.clock.now() } as const;
    await world.postern.storage.connections.replace(record);
    expect(await call()).toMatchObject({ isError: false });
  });
});

describe('A connection that allows less than the tools want', () => {
  it('asks for that much, says so of the rest, and gives no link that would not help', async () => {
    const world = await twoClients({ capabilities: ['mail'] });
    const key = await world.serviceKey({ ...unverified, connection: 'acme' });
    const { authorization } = await toConsent(world, await world.link('two', key));
    expect(authorization.get('scope')).toBe('openid email https://www.googleapis.com/auth/gmail.readonly');
    const before = await world.call('gmail_get_contacts', {}, { key, as: 'two' });
    expect(before.structured).toMatchObject({ problem: { kind: 'capability_not_allowed' } });
    expect(before.text).not.toContain('/connect/');
    await connected(world, 'two', key);
    const account = await world.account('two', key);
    const not_allowed = { status: 'not_granted', reason: 'not_allowed_by_connection' };
    expect(account).toMatchObject({
      status: 'ACTIVE',
      capabilities: { mail: { status: 'ready' }, contacts: not_allowed, directory: not_allowed },
    });
    expect(JSON.stringify(account)).toContain('is not set up for it');
    const after = await world.call('gmail_search_people', { query: 'sam' }, { key, as: 'two' });
    expect(after.text).not.toContain('/connect/');
    expect(await world.call('gmail_fetch_mails', {}, { key, as: 'two' })).toMatchObject({ isError: false });
  });

  it('asks for more once it allows it', async () => {
    const world = await twoClients({ capabilities: ['mail'] });
    const key = await world.serviceKey({ ...unverified, connection: 'acme' });
    await connected(world, 'two', key);
    const { clientId, clientSecret: secret } = world.acme;
    const record = { name: 'acme', clientId, secret, kind: 'web', createdAt: world.clock.now() } as const;
    await world.postern.storage.connections.replace(record);
    const { authorization } = await toConsent(world, await world.link('two', key));
    expect(authorization.get('scope')).toContain('contacts.readonly');
  });
});

it('GET /api/v1/connections names the clients of the key’s own realm, without secrets', async () => {
  const world = await twoClients();
  const client = world.sandbox.addClient({ ofAnotherProject: true });
  const { clientId, clientSecret: secret } = client;
  const record = { name: 'others', clientId, secret, kind: 'web', createdAt: world.clock.now() } as const;
  await world.postern.storage.connections.add(record);
  await world.account('one', await world.serviceKey(unverified));
  await world.account('x', await world.serviceKey({ ...unverified, realm: 'elsewhere', connection: 'others' }));
  const answer = await world.http('/api/v1/connections', { key: await world.serviceKey({ connection: 'acme' }) });
  const all = ['mail', 'contacts', 'directory', 'other_contacts'];
  expect(await answer.json()).toEqual({
    connections: [
      { name: 'acme', client_id: world.acme.clientId, capabilities: all, for_new_accounts: true },
      { name: 'default', client_id: world.sandbox.clientId, capabilities: all, for_new_accounts: false },
    ],
  });
});

it('Signing in with Google here is with the environment’s client, whatever new accounts get', async () => {
  const world = await twoClients({ env: { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: '*' } });
  await world.postern.storage.connections.setDefault('acme');
  const { googleSignIn } = world.postern.accounts;
  const purpose = { kind: 'client', interaction: 'i', capabilities: ['mail'] } as const;
  const begun = await googleSignIn?.begin({ purpose, browser: 'b' });
  expect(new URL(begun?.url ?? '').searchParams.get('client_id')).toBe(world.sandbox.clientId);
});
