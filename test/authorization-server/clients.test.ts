// Who a client can be: a document on the web, somebody who registered, or one in the operator's file.
import { describe, expect, test } from 'vitest';
import { isPublicDocumentUrl } from '../../src/authorization-server/client-metadata.ts';
import type { AuthorizationServer } from '../../src/authorization-server/index.ts';
import { createOutsideFetch } from '../../src/lib/outside-fetch.ts';
import {
  address,
  authorizationRequest,
  authorizeUrl,
  begin,
  documentClient,
  errorOf,
  exchange,
  getCode,
  getTokens,
  openBrowser,
  origin,
  place,
  redirectUri,
  refresh,
  tokensOf,
} from './support.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const register = (server: AuthorizationServer, metadata: unknown, from = address): Promise<Response> =>
  server.fetch(
    new Request(`${origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
    }),
    { address: from },
  );

interface Registered {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly [name: string]: unknown;
}

const registered = async (server: AuthorizationServer, metadata: object): Promise<Registered> => {
  const response = await register(server, metadata);
  expect(response.status).toBe(201);
  return (await response.json()) as Registered;
};

describe('metadata documents', () => {
  const answer = async (document: () => Response | Promise<Response>, url = documentClient) => {
    const { server, documents, fetched, storage } = await place();
    documents.set(url, document);
    const response = await openBrowser(() => server).get(authorizeUrl(authorizationRequest({ client_id: url }).query));
    return { response, fetched, interactions: await storage.authorizationRecords.count('Interaction') };
  };

  test.each([
    ['that moved', () => new Response(null, { status: 302, headers: { location: 'https://client.test/other' } })],
    ['that is not there', () => new Response(null, { status: 404 })],
    ['that is not JSON', () => new Response('<html>')],
    ['that is a list', () => Response.json([])],
    ['larger than 5 KB', () => Response.json({ client_id: documentClient, client_name: 'x'.repeat(6000) })],
    ['of another client', () => Response.json({ client_id: 'https://other.test/', redirect_uris: [redirectUri] })],
    [
      'with a secret',
      () => Response.json({ client_id: documentClient, client_secret: 's', redirect_uris: [redirectUri] }),
    ],
    [
      'that wants to use a secret',
      () =>
        Response.json({
          client_id: documentClient,
          token_endpoint_auth_method: 'client_secret_post',
          redirect_uris: [redirectUri],
        }),
    ],
    ['without a redirect URI', () => Response.json({ client_id: documentClient })],
    [
      'with plain http',
      () => Response.json({ client_id: documentClient, redirect_uris: [redirectUri, 'http://client.test/'] }),
    ],
    [
      'with eleven redirect URIs',
      () =>
        Response.json({
          client_id: documentClient,
          redirect_uris: [redirectUri, ...Array.from({ length: 10 }, (_, index) => `https://client.test/${index}`)],
        }),
    ],
  ])('a document %s makes no client', async (_what, document) => {
    const { response, interactions } = await answer(document);
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain('This application is not known');
    expect(interactions).toBe(0);
  });

  test.each([
    'https://127.0.0.1/client',
    'https://0x7f000001/client',
    'https://10.0.0.1/client',
    'https://[::1]/client',
    'https://[2606:4700::1111]/client',
    'https://localhost/client',
    'https://localhost./client',
    'https://app.localhost/client',
    'https://router/client',
    'https://metadata.internal/client',
    `${origin}/client`,
    'https://printer.local/client',
    'https://client.test:8443/client',
    'http://client.test/client',
    'https://kim@client.test/client',
    'https://client.test/a/../client',
    'https://client.test/client#part',
  ])('nothing is fetched from %s', async (url) => {
    const { response, fetched } = await answer(
      () => Response.json({ client_id: url, redirect_uris: [redirectUri] }),
      url,
    );
    expect(response.status).toBe(400);
    expect(fetched).toEqual([]);
  });

  test('a public name is one that has a dot and the usual port', () => {
    expect(isPublicDocumentUrl('https://client.example/metadata.json')).toBe(true);
    expect(isPublicDocumentUrl('https://client.example:443/metadata.json')).toBe(true);
    expect(isPublicDocumentUrl('nonsense')).toBe(false);
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '64:ff9b::a00:1'])(
    'a public name that leads to %s is not connected to',
    async (inside) => {
      const { another, time } = await place();
      const asked: string[] = [];
      const failures: unknown[] = [];
      const guarded = createOutsideFetch({
        clock: time.clock,
        lookup: async (name) => {
          asked.push(name);
          return [{ address: inside, family: inside.includes(':') ? 6 : 4 }];
        },
      });
      const server = await another({
        fetch: (...request) =>
          guarded(...request).catch((error: unknown) => {
            failures.push(error);
            throw error;
          }),
      });
      const response = await openBrowser(() => server).get(authorizeUrl(authorizationRequest().query));
      expect(response.status).toBe(400);
      expect(asked).toEqual(['client.test']);
      expect(failures).toMatchObject([{ reason: 'address_not_public' }]);
    },
  );

  test('of a document only what is used here is taken, so that one for several servers works', async () => {
    const { server, documents } = await place();
    documents.set(documentClient, () =>
      Response.json({
        client_id: documentClient,
        client_name: 'Everywhere',
        application_type: 'web',
        redirect_uris: ['http://localhost/callback'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code', 'token'],
        scope: 'profile everything',
        id_token_signed_response_alg: 'RS256',
        logo_uri: 'https://client.test/logo.png',
        jwks_uri: 'https://client.test/jwks',
        unknown: { to: 'us' },
      }),
    );
    const tokens = await getTokens(server, authorizationRequest({ redirect_uri: 'http://localhost:5000/callback' }));
    expect(tokens.scope).toBe('mail:read');
    expect(tokens.refresh_token).toBeDefined();
  });

  test('a name is shown as one short plain line', async () => {
    const { server, documents } = await place();
    const name = `Good\u202e\u0000 \n\t${'x'.repeat(100)}`;
    documents.set(documentClient, () =>
      Response.json({ client_id: documentClient, client_name: name, redirect_uris: [redirectUri] }),
    );
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    const asked = await server.consentDetails(browser.request(`/sign-in/${uid}`));
    expect(asked?.clientName).toBe(`Good ${'x'.repeat(74)}…`);
  });

  test.each([undefined, '\u3164\u115f', '\u2800 \u2800', '\u200b\ufe0f'])(
    'a client without a name, such as %j, goes by its host',
    async (client_name) => {
      const { server, documents } = await place();
      documents.set(documentClient, () =>
        Response.json({ client_id: documentClient, client_name, redirect_uris: [redirectUri] }),
      );
      const browser = openBrowser(() => server);
      const uid = await begin(browser, authorizationRequest().query);
      expect((await server.consentDetails(browser.request(`/sign-in/${uid}`)))?.clientName).toBe('client.test');
    },
  );

  test('while a site is down its clients go on for a day, and when it takes its document away they end', async () => {
    const { server, documents, time } = await place();
    const good = documents.get(documentClient) ?? (() => Response.error());
    let { refresh_token } = await getTokens(server);
    const refreshAfter = async (ms: number, document: () => Response | Promise<Response>) => {
      documents.set(documentClient, document);
      await time.advance(ms);
      const response = await refresh(server, refresh_token);
      if (response.status === 200) ({ refresh_token } = await tokensOf(response));
      return response.status;
    };
    expect(await refreshAfter(10 * minute, () => new Response(null, { status: 503 }))).toBe(200);
    expect(await refreshAfter(10 * minute, () => Promise.reject(new Error('no network')))).toBe(200);
    expect(await refreshAfter(day, () => new Response(null, { status: 503 }))).toBe(400);
    expect(await refreshAfter(10 * minute, good)).toBe(200);
    expect(await refreshAfter(10 * minute, () => new Response(null, { status: 404 }))).toBe(400);
    expect(await refreshAfter(10 * minute, () => new Response(null, { status: 503 }))).toBe(400);
  });

  test('fetches a document that is gone at most twice a minute, however often a page is looked at', async () => {
    const { server, documents, fetched, time } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    documents.set(documentClient, () => new Response(null, { status: 404 }));
    await time.advance(6 * minute);
    const before = fetched.length;
    for (const asked of [1, 2]) {
      for (let times = 0; times < 20; times++)
        expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toBeUndefined();
      expect(fetched.length - before).toBe(asked);
      await time.advance(30_000);
    }
  });

  test('shows no consent page where the document no longer names the redirect URI', async () => {
    const { server, documents, time } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    documents.set(documentClient, () =>
      Response.json({ client_id: documentClient, redirect_uris: ['https://client.test/other'] }),
    );
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toBeDefined();
    await time.advance(6 * minute);
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toBeUndefined();
  });

  test('limits fetches of metadata documents to 10 per minute per address', async () => {
    const { server, documents, fetched, time } = await place();
    const ask = (number: number) => {
      const client_id = `https://client${number}.test/client`;
      documents.set(client_id, () => Response.json({ client_id, redirect_uris: [redirectUri] }));
      return openBrowser(() => server).get(authorizeUrl(authorizationRequest({ client_id }).query));
    };
    for (let number = 0; number < 10; number++) expect((await ask(number)).status).toBe(303);
    const refused = await ask(10);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '6']);
    expect(await refused.text()).toContain('That was too often');
    expect(fetched.length).toBe(10);
    expect((await ask(1)).status).toBe(303);
    await time.advance(minute);
    expect((await ask(10)).status).toBe(303);
  });
});

describe('registration', () => {
  test('a client registers and gets tokens', async () => {
    const { server } = await place();
    const client = await registered(server, { client_name: 'Registered', redirect_uris: [redirectUri] });
    expect(client).toMatchObject({
      client_name: 'Registered',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    });
    expect(client).not.toHaveProperty('client_secret');
    expect(client).not.toHaveProperty('registration_access_token');
    const flow = authorizationRequest({ client_id: client.client_id });
    const browser = openBrowser(() => server);
    const uid = await begin(browser, flow.query);
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toMatchObject({
      source: 'dynamic',
      clientName: 'Registered',
    });
    expect((await getTokens(server, flow)).scope).toBe('mail:read');
  });

  test("a client's secret is made by the server, never taken from the client", async () => {
    const { server } = await place();
    const redirect_uris = [redirectUri];
    const open = await registered(server, { redirect_uris, token_endpoint_auth_method: 'none', client_secret: 'mine' });
    expect(open).not.toHaveProperty('client_secret');
    const secret = await registered(server, {
      redirect_uris,
      token_endpoint_auth_method: 'client_secret_post',
      client_secret: 'mine',
    });
    expect(secret.client_secret).not.toBe('mine');
    const flow = authorizationRequest({ client_id: secret.client_id });
    const code = await getCode(server, flow);
    const without = await exchange(server, flow, code);
    expect(without.status).toBe(401);
    expect(await errorOf(without)).toBe('invalid_client');
    expect((await exchange(server, flow, code, { client_secret: 'mine' })).status).toBe(401);
    expect((await exchange(server, flow, code, { client_secret: secret.client_secret ?? '' })).status).toBe(200);
  });

  test.each([
    ['plain http', { redirect_uris: ['http://client.test/cb'] }, 'invalid_redirect_uri'],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['a fragment', { redirect_uris: ['https://client.test/cb#x'] }, 'invalid_redirect_uri'],
    ['no redirect URI', {}, 'invalid_redirect_uri'],
    [
      'plain http as a web client',
      { application_type: 'web', redirect_uris: ['http://a.test/'] },
      'invalid_redirect_uri',
    ],
    [
      'eleven redirect URIs',
      { redirect_uris: Array.from({ length: 11 }, (_, index) => `https://client.test/${index}`) },
      'invalid_redirect_uri',
    ],
    ['another grant alone', { redirect_uris: [redirectUri], grant_types: ['password'] }, 'invalid_client_metadata'],
    [
      'a key to sign with',
      { redirect_uris: [redirectUri], token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://a.test/' },
      'invalid_client_metadata',
    ],
    ['a list', [], 'invalid_client_metadata'],
    ['no JSON', '{', 'invalid_client_metadata'],
  ])('%s is refused', async (_what, metadata, error) => {
    const { server, fetched, storage } = await place();
    const response = await register(server, metadata);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toBe(error);
    expect(fetched).toEqual([]);
    expect(await storage.authorizationRecords.count('Client')).toBe(0);
  });

  test.each([
    'mailto:kim@example.com',
    'VIEW-SOURCE:https://client.test/',
    'ftp://client.test/',
    'ms-msdt:/id',
    'search-ms:q',
  ])('%s leads to no app', async (uri) => {
    const { server } = await place();
    const response = await register(server, { redirect_uris: [redirectUri, uri] });
    expect([response.status, await errorOf(response)]).toEqual([400, 'invalid_redirect_uri']);
  });

  test.each(['redirect_uris', 'grant_types', 'response_types', 'token_endpoint_auth_method'])(
    '%s of thousands of levels is refused like any other that is none',
    async (name) => {
      const { server } = await place();
      const levels = `${'['.repeat(7000)}${']'.repeat(7000)}`;
      const response = await register(server, `{"redirect_uris":["${redirectUri}"],"${name}":${levels}}`);
      expect([response.status, await errorOf(response)]).toEqual([400, 'invalid_client_metadata']);
    },
  );

  test('refuses client metadata of more than 16 KB', async () => {
    const { server } = await place();
    const response = await register(server, { redirect_uris: [redirectUri], client_name: 'x'.repeat(17_000) });
    expect(response.status).toBe(413);
  });

  test('limits registrations to 60 per hour per address', async () => {
    const { server, time } = await place();
    const metadata = { redirect_uris: [redirectUri] };
    for (let count = 0; count < 60; count++) expect((await register(server, metadata)).status).toBe(201);
    const refused = await register(server, metadata);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect((await register(server, metadata, '203.0.113.8')).status).toBe(201);
    await time.advance(minute);
    expect((await register(server, metadata)).status).toBe(201);
    expect((await register(server, metadata)).status).toBe(429);
  });

  test('counts an IPv6 network (/64) as one address', async () => {
    const { server } = await place();
    const metadata = { redirect_uris: [redirectUri] };
    for (let count = 0; count < 60; count++) await register(server, metadata, `2001:db8:0:7::${count}`);
    expect((await register(server, metadata, '2001:db8:0:7:ffff::1')).status).toBe(429);
    expect((await register(server, metadata, '2001:db8:0:8::1')).status).toBe(201);
  });

  test('a client that never got a token is forgotten after a day, a used one 90 days after its last use', async () => {
    const { server, time } = await place();
    const unused = await registered(server, { redirect_uris: [redirectUri] });
    const used = await registered(server, { redirect_uris: [redirectUri] });
    const usedFlow = authorizationRequest({ client_id: used.client_id });
    const { refresh_token } = await getTokens(server, usedFlow);
    await time.advance(day);
    await expect(
      begin(
        openBrowser(() => server),
        { ...usedFlow.query, client_id: unused.client_id },
      ),
    ).rejects.toThrow();
    await time.advance(28 * day);
    await tokensOf(await refresh(server, refresh_token, { client_id: used.client_id }));
    await time.advance(89 * day);
    await begin(
      openBrowser(() => server),
      usedFlow.query,
    );
    await time.advance(day);
    await expect(
      begin(
        openBrowser(() => server),
        usedFlow.query,
      ),
    ).rejects.toThrow();
  });

  test('a full store of clients keeps nobody out: the oldest one that never got a token is removed', async () => {
    const { server, storage, another, time } = await place();
    const metadata = { redirect_uris: [redirectUri] };
    const used = await registered(server, metadata);
    await getTokens(server, authorizationRequest({ client_id: used.client_id }));
    await time.advance(1000);
    const unused = await registered(server, metadata);
    const full = await another({ records: { ...storage.authorizationRecords, count: async () => 5_000 } });
    const { client_id } = await registered(full, metadata);
    const isKnown = async (id: string) => (await storage.authorizationRecords.find('Client', id)) !== undefined;
    expect(await Promise.all([used.client_id, unused.client_id, client_id].map(isKnown))).toEqual([true, false, true]);
  });

  test('refuses a registration while 5000 clients have got tokens', async () => {
    const { storage, another } = await place();
    const full = { ...storage.authorizationRecords, count: async (model: string) => (model === 'Client' ? 5000 : 0) };
    const response = await register(await another({ records: full }), { redirect_uris: [redirectUri] });
    expect(response.status).toBe(503);
    expect(await errorOf(response)).toBe('temporarily_unavailable');
  });
});

describe('clients of the operator', () => {
  const clients = [
    { clientId: 'public', name: 'Without a secret', redirectUris: ['http://localhost/callback'] },
    { clientId: 'secret', clientSecret: 'a secret of the operator', name: 'With one', redirectUris: [redirectUri] },
  ];

  test('they need not register', async () => {
    const { another } = await place();
    const server = await another({ clients });
    const flow = authorizationRequest({ client_id: 'public', redirect_uri: 'http://localhost:8123/callback' });
    const browser = openBrowser(() => server);
    const uid = await begin(browser, flow.query);
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toMatchObject({
      source: 'preregistered',
      clientName: 'Without a secret',
    });
    expect((await getTokens(server, flow)).scope).toBe('mail:read');
  });

  test('one with a secret has to know it, in the header or in the form', async () => {
    const { another } = await place();
    const server = await another({ clients });
    const flow = authorizationRequest({ client_id: 'secret' });
    const post = async (fields: Record<string, string>, headers: Record<string, string>) => {
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code: await getCode(server, flow),
        code_verifier: flow.verifier,
        redirect_uri: redirectUri,
        ...fields,
      });
      return (await server.fetch(new Request(`${origin}/token`, { method: 'POST', body, headers }), { address }))
        .status;
    };
    const basic = (secret: string) => ({
      authorization: `Basic ${btoa(`secret:${encodeURIComponent(secret)}`)}`,
    });
    expect(await post({}, basic('a secret of the operator'))).toBe(200);
    expect(await post({ client_id: 'secret', client_secret: 'a secret of the operator' }, {})).toBe(200);
    expect(await post({}, basic('another'))).toBe(401);
    expect(await post({ client_id: 'secret' }, {})).toBe(401);
  });

  test('a wrong one keeps the server from starting, and the error names it', async () => {
    const { another } = await place();
    const wrong = [{ clientId: 'wrong', name: 'Wrong', redirectUris: ['http://client.test/'] }];
    await expect(another({ clients: wrong })).rejects.toThrow(/"wrong".*redirect_uris/);
  });
});
