// What a product's backend can do with /api/v1, and what it cannot.
import { describe, expect, it } from 'vitest';
import { aBrowser, aWorld, type World } from '../support.ts';

const base = 'https://postern.example.com/api/v1/accounts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

const api =
  ({ app }: World, key: string | undefined) =>
  async (method: string, path = '', body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await app.request(base + path, {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  };

const none = { status: 'not_granted', reason: null, since: null, message: null };

describe('1. Creating an account', () => {
  it('creates an account once, and returns the same one with 200 after that', async () => {
    const world = await aWorld();
    const call = api(world, await world.key({ realm: 'shop' }));
    const first = await call('POST', '', { identifier: 'user_42', expected_email: 'ada@example.com' });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      realm: 'shop',
      identifier: 'user_42',
      connection: 'default',
      status: 'PENDING',
      reason: 'never_connected',
      message: 'Gmail is not connected yet.',
      google_email: null,
      google_sub: null,
      granted_scopes: [],
      capabilities: { mail: none, contacts: none, directory: none, other_contacts: none },
      asked_capabilities: [],
      expected_email: 'ada@example.com',
      expected_domain: null,
      expected_sub: null,
      created_at: '2026-01-15T12:00:00.000Z',
      status_since: '2026-01-15T12:00:00.000Z',
      connected_at: null,
      last_used_at: null,
      checked_at: null,
      hint: null,
    });
    const second = await call('POST', '', { identifier: 'user_42' });
    expect(second.status).toBe(200);
    expect(second.body).toEqual(first.body);
  });

  it.each([
    [
      'a misspelled field',
      { identifier: 'a', expectedEmail: 'x@example.com' },
      'Unknown field "expectedEmail". Did you mean "expected_email"?',
    ],
    ['a foreign field', { identifier: 'a', realm: 'local' }, /^Unknown field "realm"/],
    ['no identifier', {}, /^identifier /],
    ['an identifier with a comma', { identifier: 'a,b' }, 'identifier must not contain a comma.'],
    ['a number for an identifier', { identifier: 42 }, 'identifier must be a string.'],
    ['no e-mail', { identifier: 'a', expected_email: 'ada' }, 'expected_email must be an e-mail address.'],
    [
      'no domain',
      { identifier: 'a', expected_domain: 'https://example.com/' },
      'expected_domain must be a domain such as example.com.',
    ],
    ['a list', [], 'The body must be a JSON object.'],
    ['no JSON', '{"identifier"', 'The body is not valid JSON.'],
  ])('refuses %s with 400 and a sentence', async (_, body, message) => {
    const world = await aWorld();
    const answer = await api(world, await world.key())('POST', '', body);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_input', who: 'the caller' } });
    expect(answer.body.message).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message);
  });

  it('refuses a body over 64 KB', async () => {
    const world = await aWorld();
    const answer = await api(world, await world.key())('POST', '', { identifier: 'x'.repeat(70_000) });
    expect(answer).toMatchObject({ status: 413, body: { error: 'too_large' } });
  });
});

describe('2. Reading an account', () => {
  it('decodes a percent-encoded identifier exactly once', async () => {
    const world = await aWorld();
    const call = api(world, await world.key());
    for (const identifier of ['Jürgen/ä b', 'a%41', '100%', 'ada@example.com', 'a?b#c']) {
      await call('POST', '', { identifier });
      const answer = await call('GET', `/${encodeURIComponent(identifier)}`);
      expect([answer.status, answer.body.identifier]).toEqual([200, identifier]);
    }
  });

  it('answers an unknown account with 404, and a malformed path with 400', async () => {
    const world = await aWorld();
    const call = api(world, await world.key());
    expect(await call('GET', '/nobody')).toMatchObject({ status: 404, body: { error: 'not_found' } });
    expect(await call('GET', '/%FF')).toMatchObject({ status: 400, body: { error: 'invalid_input' } });
  });

  it('shows the mailbox and scopes of a connected account, and no token', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    await aBrowser(world).connect(await world.link('user_42'), 'ada@example.com');
    const { body } = await api(world, await world.key())('GET', '/user_42');
    expect(body).toMatchObject({
      status: 'ACTIVE',
      reason: null,
      message: 'Gmail is connected: ada@example.com.',
      google_email: 'ada@example.com',
      connected_at: '2026-01-15T12:00:00.000Z',
    });
    expect(body.granted_scopes).toContain('https://www.googleapis.com/auth/gmail.readonly');
    expect(JSON.stringify(body)).not.toMatch(/ya29|1\/\//);
  });
});

describe('3. Links', () => {
  it('makes a link to the page for this account', async () => {
    const world = await aWorld();
    const call = api(world, await world.key({ unverifiedLinks: true }));
    await call('POST', '', { identifier: 'user_42' });
    const { status, body } = await call('POST', '/user_42/link');
    expect(status).toBe(200);
    expect(body.expires_at).toBe('2026-01-15T12:10:00.000Z');
    expect(body.url).toMatch(/^https:\/\/postern\.example\.com\/connect\/[\w-]{43}$/);
    const { heading, text } = await aBrowser(world).get(String(body.url));
    expect(heading).toBe('Connect Gmail');
    // A product's own name for its user says nothing to that user.
    expect(text).not.toContain('user_42');
  });

  it('refuses a link where nothing would verify who finishes it, and says how to change that', async () => {
    const world = await aWorld();
    const call = api(world, await world.key());
    await call('POST', '', { identifier: 'user_42' });
    const refused = await call('POST', '/user_42/link', {});
    expect(refused).toMatchObject({ status: 409, body: { error: 'link_not_verifiable', who: 'the operator' } });
    expect(refused.body.next).toContain('expected_email');
    await call('PATCH', '/user_42', { expected_domain: 'example.com' });
    expect((await call('POST', '/user_42/link', { replace: true })).status).toBe(200);
  });

  it('makes at most twenty open links', async () => {
    const world = await aWorld();
    const call = api(world, await world.key({ unverifiedLinks: true }));
    await call('POST', '', { identifier: 'user_42' });
    for (let i = 0; i < 20; i++) expect((await call('POST', '/user_42/link')).status).toBe(200);
    expect(await call('POST', '/user_42/link')).toMatchObject({ status: 429, body: { error: 'too_many_links' } });
  });

  it('answers a link for an unknown account with 404', async () => {
    const world = await aWorld();
    const call = api(world, await world.key({ unverifiedLinks: true }));
    expect((await call('POST', '/nobody/link')).status).toBe(404);
    expect((await call('GET', '/nobody')).status).toBe(404);
  });
});

describe('4. Disconnecting and deleting', () => {
  it('disconnects, and says whether the grant was revoked at Google', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    await aBrowser(world).connect(await world.link('user_42'), 'ada@example.com');
    const call = api(world, await world.key());
    expect(await call('POST', '/user_42/disconnect')).toMatchObject({
      status: 200,
      body: {
        revoked_at_google: true,
        not_revoked_because: null,
        account: { status: 'PENDING', reason: 'disconnected' },
      },
    });
    expect(world.sandbox.activeGrants('ada@example.com')).toBe(0);
  });

  it('deletes an account, and answers 404 the second time', async () => {
    const world = await aWorld();
    const call = api(world, await world.key());
    await call('POST', '', { identifier: 'user_42' });
    expect((await call('DELETE', '/user_42')).status).toBe(204);
    expect((await call('DELETE', '/user_42')).status).toBe(404);
  });
});

describe('5. Credentials', () => {
  it('refuses requests without a key or with a user key', async () => {
    const world = await aWorld();
    const none = await api(world, undefined)('GET', '/ada');
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="postern"']);
    const user = await api(world, await world.key({ kind: 'user', identifier: 'ada' }))('GET', '/ada');
    expect(user).toMatchObject({ status: 403, body: { error: 'service_key_required' } });
  });

  it('does not show a service key the accounts of another realm', async () => {
    const world = await aWorld();
    const [shop, clinic] = [await world.key({ realm: 'shop' }), await world.key({ realm: 'clinic' })];
    await api(world, shop)('POST', '', { identifier: 'user_42' });
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/link'],
      ['POST', '/disconnect'],
      ['POST', '/check'],
      ['PATCH', ''],
    ] as const) {
      const body = method === 'PATCH' ? { expected_email: 'ben@example.com' } : undefined;
      expect((await api(world, clinic)(method, `/user_42${path}`, body)).status).toBe(404);
    }
    expect((await api(world, shop)('GET', '/user_42')).body.expected_email).toBeNull();
    expect((await api(world, shop)('GET', '/user_42')).status).toBe(200);
  });

  it('refuses a Postern-Identifier that names another account', async () => {
    const world = await aWorld();
    const call = api(world, await world.key());
    const other = { 'postern-identifier': 'ben' };
    expect((await call('POST', '', { identifier: 'ada' }, other)).status).toBe(403);
    expect((await call('POST', '', { identifier: 'ada' }, { 'postern-identifier': 'ada' })).status).toBe(201);
    expect((await call('GET', '/ada', undefined, other)).status).toBe(403);
  });
});
