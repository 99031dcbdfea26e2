// The server's keys over time and between processes, and how much one address may ask.
import fc from 'fast-check';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { AuthorizationServer } from '../../src/authorization-server/index.ts';
import {
  knownScopes,
  normaliseAuthorizationRequest,
  normaliseTokenRequest,
} from '../../src/authorization-server/request-parameters.ts';
import {
  address,
  authorizationRequest,
  authorizeUrl,
  begin,
  documentClient,
  form,
  getTokens,
  kim,
  locationOf,
  openBrowser,
  origin,
  place,
  refresh,
  resource,
  type Time,
  tokensOf,
} from './support.ts';

const day = 24 * 60 * 60_000;

const keyIds = async (server: AuthorizationServer): Promise<string[]> => {
  const response = await server.fetch(new Request(`${origin}/jwks`), { address });
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
};

const kidOf = (token: string): string | undefined => decodeProtectedHeader(token).kid;

const verifies = async (server: AuthorizationServer, token: string, time: Time): Promise<boolean> => {
  try {
    await jwtVerify(token, server.keys, { audience: resource, currentDate: new Date(time.clock.now()) });
    return true;
  } catch {
    return false;
  }
};

describe('keys', () => {
  test('are made anew every 30 days, and verify for a day longer', async () => {
    const { server, storage, time } = await place();
    const [first] = await keyIds(server);
    await time.advance(30 * day - 60_000);
    await server.rotateKeys();
    const old = (await getTokens(server)).access_token;
    expect(kidOf(old)).toBe(first);

    await time.advance(60_000);
    await server.rotateKeys();
    expect(await keyIds(server)).toHaveLength(2);
    await time.advance(60_000);
    const ids = await keyIds(server);
    expect(ids).toHaveLength(2);
    expect(ids[1]).toBe(first);
    expect(kidOf((await getTokens(server)).access_token)).toBe(ids[0]);
    expect(await verifies(server, old, time)).toBe(true);

    await time.advance(day);
    await server.rotateKeys();
    expect(await keyIds(server)).toEqual([ids[0]]);
    // Nor does the database keep what could sign in this server's name.
    expect(await storage.authorizationKeys.list('signing')).toHaveLength(1);
  });

  test('a sign-in that began before the keys changed goes on', async () => {
    const { server, time } = await place();
    await time.advance(30 * day - 60_000);
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    await time.advance(60_000);
    await server.rotateKeys();
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toBeDefined();
    expect((await browser.get((await server.approve(uid, kim)) ?? '')).status).toBe(303);
  });

  test('processes on one database share them, also new ones', async () => {
    const { server, another, time } = await place();
    const second = await another();
    expect(await keyIds(second)).toEqual(await keyIds(server));
    await time.advance(30 * day);
    await Promise.all([server.rotateKeys(), second.rotateKeys()]);
    expect(await keyIds(second)).toEqual(await keyIds(server));

    await time.advance(30 * day);
    await server.rotateKeys();
    const token = (await getTokens(server)).access_token;
    expect(await verifies(second, token, time)).toBe(true);
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    expect(await second.consentDetails(browser.request(`/sign-in/${uid}`))).toBeDefined();
  });

  test('new ones are shown by all processes before one of them signs with them', async () => {
    const { server, another, time } = await place();
    const second = await another();
    await time.advance(30 * day - 1_000);
    // It has looked a moment ago, and does not look again for some seconds.
    await keyIds(second);
    await time.advance(1_000);
    await server.rotateKeys();
    const goesOn = async () => {
      const token = (await getTokens(server)).access_token;
      expect(await verifies(second, token, time)).toBe(true);
      const browser = openBrowser(() => server);
      const uid = await begin(browser, authorizationRequest().query);
      expect(await second.consentDetails(browser.request(`/sign-in/${uid}`))).toBeDefined();
      return kidOf(token);
    };
    const [former] = await keyIds(server);
    for (let seconds = 0; seconds < 60; seconds += 5) {
      expect(await goesOn()).toBe(former);
      await time.advance(5_000);
    }
    expect(await goesOn()).not.toBe(former);
  });

  test('a token under an unknown key is refused', async () => {
    const { server, time } = await place();
    const { access_token } = await getTokens((await place()).server);
    expect(await verifies(server, access_token, time)).toBe(false);
  });
});

describe('limits', () => {
  test('limits authorization requests to 60 per minute per address', async () => {
    const { server, time } = await place();
    const browser = openBrowser(() => server);
    const ask = () => browser.get(authorizeUrl(authorizationRequest().query));
    for (let count = 0; count < 60; count++) expect((await ask()).status).toBe(303);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.text()).toContain('That was too often');
    await time.advance(1000);
    expect((await ask()).status).toBe(303);
  });

  test('limits resumed authorization requests to 60 per minute per address', async () => {
    const { server, time } = await place();
    const browser = openBrowser(() => server);
    let uid = await begin(browser, authorizationRequest().query);
    const comeBack = async () => {
      const response = await browser.get(`/authorize/${uid}`);
      uid = locationOf(response).pathname.split('/').at(-1) ?? '';
      return response;
    };
    for (let times = 0; times < 60; times++) expect((await comeBack()).status).toBe(303);
    const refused = await browser.get(`/authorize/${uid}`);
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('That was too often')]);
    await time.advance(1000);
    expect((await comeBack()).status).toBe(303);
  });

  test('does not limit successful token requests of one address', async () => {
    const { server } = await place();
    let { refresh_token } = await getTokens(server);
    for (let count = 0; count < 150; count++)
      ({ refresh_token } = await tokensOf(await refresh(server, refresh_token)));
  });

  test('limits refused token requests to 120 per minute per address', async () => {
    const { server } = await place();
    const ask = () => form(server, '/token', { grant_type: 'refresh_token', client_id: documentClient });
    for (let count = 0; count < 120; count++) expect((await ask()).status).toBe(400);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('cache-control')).toBe('no-store');
  });

  test('refuses forms of more than 64 KB', async () => {
    const { server } = await place();
    const response = await form(server, '/token', { grant_type: 'refresh_token', refresh_token: 'x'.repeat(70_000) });
    expect(response.status).toBe(413);
  });

  test('a full store of sign-ins keeps nobody out: the oldest one without a decision is removed', async () => {
    const { server, storage, another, time } = await place();
    const decided = openBrowser(() => server);
    const back = await server.approve(await begin(decided, authorizationRequest().query), kim);
    await time.advance(1000);
    const forgotten = openBrowser(() => server);
    const oldest = await begin(forgotten, authorizationRequest().query);
    await time.advance(1000);
    const full = await another({ records: { ...storage.authorizationRecords, count: async () => 10_000 } });
    const browser = openBrowser(() => full);
    const uid = await begin(browser, authorizationRequest().query);
    expect(await full.consentDetails(browser.request(`/sign-in/${uid}`))).toBeDefined();
    expect(await server.consentDetails(forgotten.request(`/sign-in/${oldest}`))).toBeUndefined();
    expect(locationOf(await decided.get(back ?? '')).searchParams.has('code')).toBe(true);
  });

  // All of them are of somebody who signed in already: none can give way.
  test('refuses a new sign-in while 10000 with a decision are under way', async () => {
    const { storage, another } = await place();
    const full = { ...storage.authorizationRecords, count: async () => 10_000 };
    const server = await another({ records: full });
    const response = await openBrowser(() => server).get(authorizeUrl(authorizationRequest().query));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('300');
  });
});

describe('what requests are turned into', () => {
  const audience = { resource, scopes: ['mail:read', 'contacts:read'] as const };
  const pair = fc.tuple(
    fc.constantFrom('scope', 'resource', 'prompt', 'state', 'client_id'),
    fc.oneof(fc.string(), fc.constantFrom(resource, origin, 'openid', 'mail:read', 'login consent', 'none')),
  );

  const sorted = (query: string): string[][] => {
    const parameters = new URLSearchParams(query);
    parameters.sort();
    return [...parameters];
  };

  test('nothing but scope, resource and prompt changes, and doing it twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const once = normaliseAuthorizationRequest(new URLSearchParams(pairs), audience);
        expect(sorted(normaliseAuthorizationRequest(new URLSearchParams(once), audience))).toEqual(sorted(once));
        for (const name of ['state', 'client_id'])
          expect(new URLSearchParams(once).getAll(name)).toEqual(new URLSearchParams(pairs).getAll(name));
        expect(sorted(normaliseTokenRequest(once, audience))).toEqual(sorted(once));
      }),
    );
  });

  test('a named scope is never widened', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('mail:read', 'openid', 'offline_access', 'else')), (named) => {
        const given = new URLSearchParams(
          normaliseAuthorizationRequest(new URLSearchParams({ scope: named.join(' ') }), audience),
        );
        const scopes = knownScopes(given.get('scope') ?? '', audience);
        if (named.includes('mail:read')) expect(scopes).toEqual(['mail:read']);
        else if (named.includes('else')) expect(scopes).toEqual([]);
        else expect(scopes).toEqual(audience.scopes);
      }),
    );
  });

  test('no other resource becomes this one', () => {
    for (const other of [
      `${origin}.evil.test`,
      `${origin}@evil.test/mcp`,
      `${resource}?x`,
      `${resource}/x`,
      `${resource}#x`,
    ])
      expect(
        new URLSearchParams(normaliseTokenRequest(String(new URLSearchParams({ resource: other })), audience)).get(
          'resource',
        ),
      ).toBe(other);
  });
});
