// What somebody else tries: with a stolen code, another client's name, a forged request, a foreign browser.
import { decodeJwt, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  address,
  authorizationRequest,
  authorizeUrl,
  begin,
  documentClient,
  errorOf,
  exchange,
  form,
  foundTogether,
  getCode,
  getTokens,
  kim,
  locationOf,
  openBrowser,
  origin,
  place,
  redirectUri,
  resource,
  tokensOf,
} from './support.ts';

const grantOf = (accessToken: string): string => String(decodeJwt(accessToken).postern_grant);

/** The answer to a request that no page of ours is shown for. */
const answerTo = async (changes: Record<string, string | undefined>, extra = '') => {
  const { server, storage, ...rest } = await place();
  const browser = openBrowser(() => server);
  const response = await browser.get(authorizeUrl(authorizationRequest(changes).query) + extra);
  expect(await storage.authorizationRecords.count('Interaction')).toBe(0);
  return { response, server, storage, ...rest };
};

/** An error that the client is told, if the person follows the link on our page. */
const redirectedError = async (changes: Record<string, string | undefined>, extra = ''): Promise<string | null> => {
  const { response } = await answerTo(changes, extra);
  expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  const [, href = ''] = /<a href="([^"]+)"/.exec(await response.text()) ?? [];
  const location = new URL(href.replaceAll('&amp;', '&'));
  expect(location.origin + location.pathname).toBe(redirectUri);
  const parameters = location.hash === '' ? location.searchParams : new URLSearchParams(location.hash.slice(1));
  expect(parameters.get('iss')).toBe(origin);
  return parameters.get('error');
};

/** An error that stays here, because nobody knows whether the client would be told it. */
const errorOnPage = async (changes: Record<string, string | undefined>): Promise<string> => {
  const { response } = await answerTo(changes);
  expect(response.status).toBe(400);
  expect(response.headers.get('location')).toBeNull();
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.text();
};

describe('codes', () => {
  test('a code that comes twice ends the grant it gave', async () => {
    const { server, storage } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    const { access_token } = await tokensOf(await exchange(server, flow, code));
    expect(await errorOf(await exchange(server, flow, code))).toBe('invalid_grant');
    expect(await storage.authorizationRecords.grantIsLive(grantOf(access_token), kim)).toBe(false);
  });

  test('a code that comes several times at once, to several processes, gives tokens once, and then ends the grant', async () => {
    const { server, storage, another } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    const records = foundTogether(storage.authorizationRecords, 'AuthorizationCode', 3);
    const processes = [await another({ records }), await another({ records }), await another({ records })];
    const responses = await Promise.all(processes.map((process) => exchange(process, flow, code)));
    const [won, ...lost] = responses.sort((one, other) => one.status - other.status);
    for (const response of lost) expect(await errorOf(response)).toBe('invalid_grant');
    const { access_token } = await tokensOf(won ?? Response.error());
    expect(await storage.authorizationRecords.grantIsLive(grantOf(access_token), kim)).toBe(false);
  });

  test('a code is refused without its verifier', async () => {
    const { server } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    expect(await errorOf(await exchange(server, flow, code, { code_verifier: 'x'.repeat(43) }))).toBe('invalid_grant');
    expect(await errorOf(await exchange(server, flow, code, { code_verifier: '' }))).toBe('invalid_grant');
  });

  test('a code is refused from another client, or with another redirect URI', async () => {
    const { server, documents } = await place();
    const other = 'https://other.test/client.json';
    documents.set(other, () => Response.json({ client_id: other, redirect_uris: [redirectUri] }));
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    expect(await errorOf(await exchange(server, flow, code, { client_id: other }))).toBe('invalid_grant');
    const elsewhere = { redirect_uri: 'https://client.test/elsewhere' };
    expect(await errorOf(await exchange(server, flow, code, elsewhere))).toBe('invalid_grant');
  });

  test('a code expires after a minute', async () => {
    const { server, time } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    await time.advance(61_000);
    expect(await errorOf(await exchange(server, flow, code))).toBe('invalid_grant');
  });
});

describe('requests', () => {
  test('a request without PKCE gets no code', async () => {
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    expect(await redirectedError(without)).toBe('invalid_request');
  });

  test('the plain method of PKCE is refused', async () => {
    expect(await redirectedError({ code_challenge_method: 'plain' })).toBe('invalid_request');
    expect(await redirectedError({ code_challenge_method: undefined })).toBe('invalid_request');
  });

  test.each(['token', 'code token', 'id_token', 'none'])('the response type %s is not supported', async (type) => {
    expect(await redirectedError({ response_type: type })).toBe('unsupported_response_type');
  });

  test.each(['fragment', 'form_post', 'web_message'])('no code comes by the response mode %s', async (mode) => {
    expect(await redirectedError({ response_mode: mode })).toBe('unsupported_response_mode');
  });

  test('a token is made for this resource only', async () => {
    expect(await redirectedError({ resource: 'https://other.test/mcp' })).toBe('invalid_target');
    expect(await redirectedError({ resource: `${origin}/other` })).toBe('invalid_target');
    expect(await redirectedError({}, `&resource=${encodeURIComponent('https://other.test/mcp')}`)).toBe(
      'invalid_target',
    );
  });

  test('a code for this resource gives no token for another', async () => {
    const { server } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    const other = { resource: 'https://other.test/mcp' };
    expect(await errorOf(await exchange(server, flow, code, other))).toBe('invalid_target');
  });

  test('unknown scopes are refused before the consent page', async () => {
    expect(await redirectedError({ scope: 'mail:write' })).toBe('invalid_scope');
    expect(await redirectedError({ scope: 'mail:write offline_access' })).toBe('invalid_scope');
  });

  test('an unknown scope beside a known one is left out', async () => {
    const { server } = await place();
    const tokens = await getTokens(server, authorizationRequest({ scope: 'mail:read mail:write' }));
    expect(tokens.scope).toBe('mail:read');
  });

  test('a scope that no enabled tool needs is not given', async () => {
    const { another } = await place();
    const server = await another({ scopes: ['mail:read'] });
    const tokens = await getTokens(server, authorizationRequest({ scope: 'mail:read contacts:read' }));
    expect(tokens.scope).toBe('mail:read');
  });

  test('only a client that the operator registered gets errors by redirect', async () => {
    const client = { clientId: 'known', name: 'Known', redirectUris: [redirectUri] };
    const { server } = await place({ clients: [client] });
    const { query } = authorizationRequest({ client_id: 'known', scope: 'mail:write' });
    const response = await openBrowser(() => server).get(authorizeUrl(query));
    expect([response.status, locationOf(response).searchParams.get('error')]).toEqual([303, 'invalid_scope']);
  });

  test('prompt=none gets no code', async () => {
    expect(await redirectedError({ prompt: 'none' })).toBe('login_required');
    expect(await redirectedError({ prompt: 'none login' })).toBe('invalid_request');
  });

  test('request objects are not read, nor fetched', async () => {
    expect(await redirectedError({ request: 'e30.e30.' })).toBe('request_not_supported');
    expect(await redirectedError({ request_uri: 'https://client.test/request' })).toBe('request_uri_not_supported');
  });

  test.each(['state', 'scope', 'code_challenge', 'prompt'])(
    'a parameter that comes twice is refused: %s',
    async (name) => {
      expect(await redirectedError({ prompt: 'login' }, `&${name}=mail:read`)).toBe('invalid_request');
    },
  );

  test('a second redirect URI is refused', async () => {
    expect(await redirectedError({}, `&redirect_uri=${encodeURIComponent('https://evil.test/')}`)).toBe(
      'invalid_request',
    );
  });

  test('nothing of a refused request appears on the page', async () => {
    const page = await errorOnPage({ client_id: '<script>alert(1)</script>', state: '<b>state</b>' });
    expect(page).not.toContain('alert');
    expect(page).not.toContain('state');
  });

  test('an authorization request cannot be posted', async () => {
    const { server } = await place();
    expect((await form(server, '/authorize', authorizationRequest().query)).status).toBe(405);
  });
});

describe('redirect URIs', () => {
  test.each([
    ['another path', 'https://client.test/callback/more'],
    ['a path that leads out', 'https://client.test/callback/../evil'],
    ['another host', 'https://client.test.evil.test/callback'],
    ['another scheme', 'http://client.test/callback'],
    ['another port', 'https://client.test:8443/callback'],
    ['a name before the host', 'https://client.test@evil.test/callback'],
    ['a name before the right host', 'https://kim@client.test/callback'],
    ['a query', 'https://client.test/callback?next=https://evil.test'],
    ['a fragment', 'https://client.test/callback#x'],
    ['a script', 'javascript:alert(1)'],
  ])('%s is not the registered one', async (_what, uri) => {
    expect(await errorOnPage({ redirect_uri: uri })).toContain('did not register');
  });

  const loopbackClient = async () => {
    const all = await place();
    const uris = ['http://127.0.0.1/callback', 'http://localhost:3000/callback', 'com.example.app:/callback'];
    all.documents.set(documentClient, () =>
      Response.json({ client_id: documentClient, application_type: 'web', redirect_uris: uris }),
    );
    const ask = async (uri: string) => {
      const browser = openBrowser(() => all.server);
      const response = await browser.get(authorizeUrl(authorizationRequest({ redirect_uri: uri }).query));
      const { pathname } = locationOf(response);
      return pathname.startsWith('/sign-in/') ? all.server.consentDetails(browser.request(pathname)) : undefined;
    };
    return { ...all, ask };
  };

  test('a loopback redirect URI matches on any port', async () => {
    const { ask } = await loopbackClient();
    for (const uri of [
      'http://127.0.0.1:49152/callback',
      'http://localhost:1234/callback',
      'http://localhost/callback',
    ])
      expect(await ask(uri)).toMatchObject({
        redirect: { uri, host: new URL(uri).host, kind: 'listener' },
      });
    expect(await ask('com.example.app:/callback')).toMatchObject({
      redirect: { host: 'com.example.app:', kind: 'app' },
    });
  });

  test.each(['app.localhost', 'localhost.', '127.0.0.2', '0.0.0.0', '[::]'])(
    'the name %s is a loopback host too',
    async (host) => {
      const { server, documents } = await place();
      const uri = `https://${host}/callback`;
      documents.set(documentClient, () => Response.json({ client_id: documentClient, redirect_uris: [uri] }));
      const browser = openBrowser(() => server);
      const response = await browser.get(authorizeUrl(authorizationRequest({ redirect_uri: uri }).query));
      expect(await server.consentDetails(browser.request(locationOf(response).pathname))).toMatchObject({
        redirect: { kind: 'listener' },
      });
    },
  );

  test('a loopback redirect URI with another path, host or scheme is refused', async () => {
    const { ask } = await loopbackClient();
    for (const uri of [
      'http://127.0.0.1:49152/other',
      'http://[::1]:49152/callback',
      'http://127.0.0.2:49152/callback',
      'https://127.0.0.1:49152/callback',
      'http://localhost.evil.test:49152/callback',
      'http://kim@127.0.0.1:49152/callback',
      'http://127.0.0.1:49152@evil.test/callback',
      'com.example.other:/callback',
    ])
      expect(await ask(uri), uri).toBeUndefined();
  });

  test('the code must come back with the very port that was asked with', async () => {
    const { server } = await loopbackClient();
    const flow = authorizationRequest({ redirect_uri: 'http://127.0.0.1:49152/callback' });
    const code = await getCode(server, flow);
    const another = { redirect_uri: 'http://127.0.0.1:49153/callback' };
    expect(await errorOf(await exchange(server, flow, code, another))).toBe('invalid_grant');
  });
});

describe('browsers', () => {
  test('resuming without a decision shows the consent page again', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    const location = locationOf(await browser.get(`/authorize/${uid}`));
    expect(location.pathname.startsWith('/sign-in/')).toBe(true);
    expect(location.searchParams.has('code')).toBe(false);
  });

  test('resuming many times at once continues one request once, with or without a decision', async () => {
    const { server, storage, another } = await place();
    const { authorizationRecords } = storage;
    const browser = openBrowser(() => server);
    const comeBack = async (uid: string) => {
      const racing = await another({ records: foundTogether(authorizationRecords, 'Interaction', 5) });
      const request = browser.request(`/authorize/${uid}`);
      return Promise.all(Array.from({ length: 5 }, () => racing.fetch(request, { address })));
    };
    const asking = await comeBack(await begin(browser, authorizationRequest().query));
    expect(asking.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400]);
    expect(await authorizationRecords.count('Interaction')).toBe(1);
    const uid = await begin(browser, authorizationRequest().query);
    await server.approve(uid, kim);
    expect((await comeBack(uid)).map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400]);
    expect(await authorizationRecords.count('AuthorizationCode')).toBe(1);
  });

  test('another browser neither sees the consent page nor gets the code', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const stranger = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    expect(await server.consentDetails(stranger.request(`/sign-in/${uid}`))).toBeUndefined();
    const returnTo = (await server.approve(uid, kim)) ?? '';
    const response = await stranger.get(returnTo);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('This sign-in is over');
    expect(locationOf(await browser.get(returnTo)).searchParams.has('code')).toBe(true);
  });

  test('the consent page of one request does not serve another request of the same browser', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const one = await begin(browser, authorizationRequest().query);
    const cookiesOfOne = browser.request(`/sign-in/${one}`).headers.get('cookie') ?? '';
    const two = await begin(browser, authorizationRequest({ scope: 'contacts:read' }).query);
    expect((await server.consentDetails(browser.request(`/sign-in/${one}`)))?.scopes).toEqual(['mail:read']);
    expect((await server.consentDetails(browser.request(`/sign-in/${two}`)))?.scopes).toEqual(['contacts:read']);
    const renamed = cookiesOfOne.replaceAll(`_${one.slice(0, 16)}`, `_${two.slice(0, 16)}`);
    for (const cookie of [cookiesOfOne, renamed])
      expect(
        await server.consentDetails(new Request(`${origin}/sign-in/${two}`, { headers: { cookie } })),
      ).toBeUndefined();
  });

  test('cookies are signed, and only for their request', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    const other = await begin(
      openBrowser(() => server),
      authorizationRequest().query,
    );
    for (const [name, { value, path }] of browser.jar) {
      expect(value).toContain(`_${uid.slice(0, 16)}`);
      const forged = value.replace(uid, other).replace(`_${uid.slice(0, 16)}`, `_${other.slice(0, 16)}`);
      browser.jar.set(name, { value: forged, path });
    }
    expect(await server.consentDetails(browser.request(`/sign-in/${other}`))).toBeUndefined();
    expect((await browser.get(`/authorize/${other}`)).status).toBe(400);
  });

  test('cookies are for this server over https alone, and out of reach of scripts and of other hosts', async () => {
    const { server } = await place();
    const response = await openBrowser(() => server).get(authorizeUrl(authorizationRequest().query));
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBe(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-/);
      expect(cookie).toMatch(/; path=\/(;|$)/i);
      expect(cookie).toMatch(/; secure/i);
      expect(cookie).toMatch(/; httponly/i);
      expect(cookie).toMatch(/; samesite=lax/i);
      expect(cookie).not.toMatch(/; domain/i);
    }
  });

  test('on this computer, without https, cookies work under a name that browsers take there', async () => {
    const { another } = await place();
    const server = await another({ publicUrl: new URL('http://localhost:8080') });
    const url = new URL(authorizeUrl(authorizationRequest({ resource: undefined }).query), 'http://localhost:8080');
    const response = await server.fetch(new Request(url), { address });
    const cookies = response.headers.getSetCookie();
    expect(cookies.map((cookie) => /^postern_authorization_[^;]+; path=\/;(?!.*secure)/i.test(cookie))).toEqual([
      true,
      true,
    ]);
    const cookie = cookies.map((line) => line.split(';', 1)[0]).join('; ');
    const page = new URL(response.headers.get('location') ?? '', url);
    expect(await server.consentDetails(new Request(page, { headers: { cookie } }))).toBeDefined();
  });

  test('a request cannot choose our addresses', async () => {
    const { server } = await place();
    const forged = {
      host: 'evil.test',
      forwarded: 'host=evil.test;proto=http',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '127.0.0.1',
    };
    const url = `https://evil.test/.well-known/oauth-authorization-server`;
    const metadata = await (await server.fetch(new Request(url, { headers: forged }), { address })).text();
    expect(metadata).not.toContain('evil');
    expect(metadata).not.toContain('http:');
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    expect(await server.approve(uid, kim)).toBe(`${origin}/authorize/${uid}`);
  });
});

describe('tokens', () => {
  test('a refresh token of another client is refused', async () => {
    const { server, documents } = await place();
    const other = 'https://other.test/client.json';
    documents.set(other, () => Response.json({ client_id: other, redirect_uris: [redirectUri] }));
    const { refresh_token } = await getTokens(server);
    const fields = { grant_type: 'refresh_token', refresh_token, client_id: other };
    expect(await errorOf(await form(server, '/token', fields))).toBe('invalid_grant');
  });

  test('an access token is no refresh token, and a code is neither', async () => {
    const { server } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    const { access_token } = await getTokens(server);
    for (const refresh_token of [access_token, code]) {
      const fields = { grant_type: 'refresh_token', refresh_token, client_id: documentClient };
      expect(await errorOf(await form(server, '/token', fields))).toBe('invalid_grant');
    }
  });

  test.each(['client_credentials', 'password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'])(
    'there is no %s grant',
    async (grant_type) => {
      const { server } = await place();
      const response = await form(server, '/token', { grant_type, client_id: documentClient });
      expect(await errorOf(response)).toBe('unsupported_grant_type');
    },
  );

  test('a page of another origin gets no answer that it could read', async () => {
    const { server } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    const body = new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: flow.verifier });
    const headers = { origin: 'https://page.test' };
    const response = await server.fetch(new Request(`${origin}/token`, { method: 'POST', body, headers }), { address });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('the copied database of another installation signs nothing here', async () => {
    const { server, time } = await place();
    const { access_token } = await getTokens(server);
    const elsewhere = await place();
    await expect(
      jwtVerify(access_token, elsewhere.server.keys, { audience: resource, currentDate: new Date(time.clock.now()) }),
    ).rejects.toThrow();
  });
});

describe('other paths', () => {
  test.each([
    '/me',
    '/session/end',
    '/request',
    '/token/introspection',
    '/register/1',
    '/interaction/1',
    '/authorize/a/b',
  ])('there is nothing at %s', async (path) => {
    const { server } = await place();
    const response = await server.fetch(new Request(new URL(path, origin)), { address });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });
});
