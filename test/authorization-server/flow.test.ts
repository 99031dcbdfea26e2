// A client's whole way through the authorization server, from the request to the end of its grant.
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test, vi } from 'vitest';
import { StorageError } from '../../src/model/storage-error.ts';
import {
  address,
  authorizationRequest,
  authorizeUrl,
  begin,
  documentClient,
  errorOf,
  exchange,
  form,
  getCode,
  getTokens,
  kim,
  locationOf,
  openBrowser,
  origin,
  place,
  redirectUri,
  refresh,
  resource,
  tokensOf,
} from './support.ts';

const grantOf = (accessToken: string): string => String(decodeJwt(accessToken).postern_grant);

describe('signing a client in', () => {
  test('a client gets a token for this resource once a person signed in and agreed', async () => {
    const { server, storage, time } = await place();
    const flow = authorizationRequest();
    const browser = openBrowser(() => server);

    const uid = await begin(browser, flow.query);
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toEqual({
      uid,
      clientId: documentClient,
      clientName: 'A test client',
      source: 'metadata_document',
      redirect: { uri: redirectUri, host: 'client.test', kind: 'web' },
      scopes: ['mail:read'],
    });

    const returnTo = (await server.approve(uid, kim)) ?? '';
    expect(returnTo.startsWith(`${origin}/authorize/`)).toBe(true);
    const back = locationOf(await browser.get(returnTo));
    expect(back.origin + back.pathname).toBe(redirectUri);
    expect(back.searchParams.get('state')).toBe('state of the client');
    expect(back.searchParams.get('iss')).toBe(origin);

    const tokens = await tokensOf(await exchange(server, flow, back.searchParams.get('code') ?? ''));
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'mail:read' });
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, server.keys, {
      issuer: origin,
      audience: resource,
      typ: 'at+jwt',
      currentDate: new Date(time.clock.now()),
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: kim.identifier, client_id: documentClient, scope: 'mail:read' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect(await storage.authorizationRecords.grantIsLive(grantOf(tokens.access_token), kim)).toBe(true);
  });

  test('every refresh token works once, and each brings another', async () => {
    const { server } = await place();
    const first = await getTokens(server);
    const second = await tokensOf(await refresh(server, first.refresh_token));
    const third = await tokensOf(await refresh(server, second.refresh_token));
    expect(new Set([first.refresh_token, second.refresh_token, third.refresh_token]).size).toBe(3);
    expect(grantOf(third.access_token)).toBe(grantOf(first.access_token));
  });

  test('a client that revokes its refresh token has no valid token left', async () => {
    const { server, storage } = await place();
    const { refresh_token, access_token } = await getTokens(server);
    const revoked = await form(server, '/revoke', { token: refresh_token, client_id: documentClient });
    expect(revoked.status).toBe(200);
    expect(await errorOf(await refresh(server, refresh_token))).toBe('invalid_grant');
    expect(await storage.authorizationRecords.grantIsLive(grantOf(access_token), kim)).toBe(false);
  });

  test('nobody revokes the token of another client', async () => {
    const { server, documents } = await place();
    const other = 'https://other.test/client.json';
    documents.set(other, () => Response.json({ client_id: other, redirect_uris: ['https://other.test/cb'] }));
    const { refresh_token } = await getTokens(server);
    await form(server, '/revoke', { token: refresh_token, client_id: other });
    expect((await refresh(server, refresh_token)).status).toBe(200);
  });

  test('a refresh token lives for 30 days from its last use', async () => {
    const { server, time } = await place();
    const day = 24 * 60 * 60_000;
    const first = await getTokens(server);
    await time.advance(29 * day);
    const second = await tokensOf(await refresh(server, first.refresh_token));
    await time.advance(29 * day);
    const third = await tokensOf(await refresh(server, second.refresh_token));
    await time.advance(31 * day);
    expect(await errorOf(await refresh(server, third.refresh_token))).toBe('invalid_grant');
  });

  test('a grant ends after a year', async () => {
    const { server, time } = await place();
    let { refresh_token } = await getTokens(server);
    for (let month = 0; month < 14; month++) {
      await time.advance(28 * 24 * 60 * 60_000);
      const response = await refresh(server, refresh_token);
      if (response.status !== 200) return expect(month).toBe(13);
      ({ refresh_token } = await tokensOf(response));
    }
    expect.unreachable();
  });

  test('a refreshed token may be narrower, but never wider', async () => {
    const { server } = await place();
    const both = await getTokens(server, authorizationRequest({ scope: 'mail:read contacts:read' }));
    const narrow = await tokensOf(await refresh(server, both.refresh_token, { scope: 'contacts:read' }));
    expect(decodeJwt(narrow.access_token).scope).toBe('contacts:read');
    const one = await getTokens(server, authorizationRequest({ scope: 'mail:read' }));
    const wider = await refresh(server, one.refresh_token, { scope: 'mail:read contacts:read' });
    expect(await errorOf(wider)).toBe('invalid_scope');
  });
});

describe('what a client leaves out', () => {
  test('a request without a scope asks for all that the tools need', async () => {
    const { server } = await place();
    const tokens = await getTokens(server, authorizationRequest({ scope: undefined }));
    expect(tokens.scope).toBe('mail:read contacts:read');
  });

  test('a request without a resource is for the one there is', async () => {
    const { server } = await place();
    const tokens = await getTokens(server, authorizationRequest({ resource: undefined }));
    expect(decodeJwt(tokens.access_token).aud).toBe(resource);
  });

  test.each([`${origin}`, `${origin}/`, `${resource}/`])('the resource may be written as %s', async (written) => {
    const { server } = await place();
    const flow = authorizationRequest({ resource: written });
    const code = await getCode(server, flow);
    const tokens = await tokensOf(await exchange(server, flow, code, { resource: written }));
    expect(decodeJwt(tokens.access_token).aud).toBe(resource);
  });

  test('openid and offline_access are taken along, with prompt=consent too', async () => {
    const { server, time } = await place();
    const tokens = await getTokens(
      server,
      authorizationRequest({ scope: 'openid offline_access mail:read', prompt: 'consent', nonce: 'n-1' }),
    );
    expect(tokens.scope).toBe('mail:read');
    const { payload } = await jwtVerify(tokens.id_token ?? '', server.keys, {
      issuer: origin,
      audience: documentClient,
      currentDate: new Date(time.clock.now()),
    });
    expect(payload).toMatchObject({ sub: kim.identifier, nonce: 'n-1' });
  });

  test('a request for openid alone is offered what the tools need', async () => {
    const { server } = await place();
    const tokens = await getTokens(server, authorizationRequest({ scope: 'openid' }));
    expect(tokens.scope).toBe('mail:read contacts:read');
  });
});

describe('the person', () => {
  test('every request needs a decision of its own, in the same browser too', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    const back = await browser.get((await server.approve(uid, kim)) ?? '');
    expect(back.headers.getSetCookie().filter((cookie) => !/expires=Thu, 01 Jan 1970/i.test(cookie))).toEqual([]);
    const again = await begin(browser, authorizationRequest().query);
    expect(again).not.toBe(uid);
    expect(await server.consentDetails(browser.request(`/sign-in/${again}`))).toBeDefined();
  });

  test('the browser keeps an undecided request for half an hour, however wrong the clock of this machine is', async () => {
    const { server, time } = await place();
    vi.setSystemTime(time.clock.now() - 60 * 60_000);
    const answer = await openBrowser(() => server).get(authorizeUrl(authorizationRequest().query));
    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; max-age=1800;/i);
      expect(cookie).not.toMatch(/expires/i);
    }
  });

  test.each(['access_denied', 'temporarily_unavailable'] as const)('the client learns of %s', async (error) => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    const back = locationOf(await browser.get((await server.deny(uid, error))?.url ?? ''));
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error, iss: origin, state: 'state of the client' });
    expect(back.searchParams.has('code')).toBe(false);
  });

  test('the first decision stays, and a second sign-in is harmless', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    const first = await server.approve(uid, kim);
    expect(await server.approve(uid, kim)).toBe(first);
    expect((await server.deny(uid, 'access_denied'))?.url).toBe(first);
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toBeUndefined();
    const back = locationOf(await browser.get(first ?? ''));
    expect(back.searchParams.has('code')).toBe(true);
    expect(await server.approve(uid, kim)).toBeUndefined();
  });

  test('an undecided request expires after half an hour', async () => {
    const { server, time } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    await time.advance(30 * 60_000);
    expect(await server.consentDetails(browser.request(`/sign-in/${uid}`))).toBeUndefined();
    expect(await server.approve(uid, kim)).toBeUndefined();
  });

  test('somebody without an account gets no code', async () => {
    const { server } = await place();
    const browser = openBrowser(() => server);
    const uid = await begin(browser, authorizationRequest().query);
    expect(await server.approve(uid, { realm: 'google', identifier: 'nobody' })).toBeUndefined();
    expect(await server.approve(uid, { realm: 'staff', identifier: kim.identifier })).toBeUndefined();
  });

  test('while the database is busy, clients and people are asked to try again, and can', async () => {
    const { server, storage, another, logged } = await place();
    const { refresh_token } = await getTokens(server);
    const busy = new StorageError('busy', 'the database is busy');
    const records = { ...storage.authorizationRecords };
    const troubled = await another({ records });
    records.consume = records.put = () => Promise.reject(busy);
    const refused = await refresh(troubled, refresh_token);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await errorOf(refused)).toBe('temporarily_unavailable');
    const page = await openBrowser(() => troubled).get(authorizeUrl(authorizationRequest().query));
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('error=temporarily_unavailable');
    expect(logged.join()).not.toContain('defect');
    expect((await refresh(server, refresh_token)).status).toBe(200);
  });

  test('a person who is taken off the list has no valid token any more, and can refresh none', async () => {
    const { server, another } = await place();
    const { refresh_token, access_token } = await getTokens(server);
    const stricter = await another({ allowed: { emails: ['jo@example.com'], domains: [], everybody: false } });
    expect(await stricter.isGrantActive(kim, grantOf(access_token))).toBe(false);
    expect(await server.isGrantActive(kim, grantOf(access_token))).toBe(true);
    expect(await errorOf(await refresh(stricter, refresh_token))).toBe('invalid_grant');
    expect((await refresh(server, refresh_token)).status).toBe(200);
  });

  test('removing an account removes its grants and tokens', async () => {
    const { server, storage } = await place();
    const { refresh_token, access_token } = await getTokens(server);
    await storage.accounts.remove(kim);
    expect(await errorOf(await refresh(server, refresh_token))).toBe('invalid_grant');
    expect(await storage.authorizationRecords.grantIsLive(grantOf(access_token), kim)).toBe(false);
  });
});

describe("the server's metadata", () => {
  test('its metadata names what it does, and nothing else', async () => {
    const { server } = await place();
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      const response = await server.fetch(new Request(new URL(path, origin)), { address });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await response.json()).toMatchObject({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        revocation_endpoint: `${origin}/revoke`,
        registration_endpoint: `${origin}/register`,
        jwks_uri: `${origin}/jwks`,
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
        scopes_supported: ['openid', 'offline_access', 'mail:read', 'contacts:read'],
        id_token_signing_alg_values_supported: ['ES256'],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
        protected_resources: [resource],
      });
    }
  });

  test('publishes its keys without their private parts', async () => {
    const { server } = await place();
    const response = await server.fetch(new Request(`${origin}/jwks`), { address });
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  test('a page of any origin may read the metadata, also with a header of its own', async () => {
    const { server } = await place();
    const preflight = await server.fetch(
      new Request(`${origin}/.well-known/oauth-authorization-server`, {
        method: 'OPTIONS',
        headers: { origin: 'https://page.test', 'access-control-request-headers': 'mcp-protocol-version' },
      }),
      { address },
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('*');
  });

  test('nothing is written to the console, and nothing secret to the log', async () => {
    const consoles = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
    const { server, logged } = await place();
    const flow = authorizationRequest();
    const code = await getCode(server, flow);
    const tokens = await tokensOf(await exchange(server, flow, code));
    const again = await tokensOf(await refresh(server, tokens.refresh_token));
    await refresh(server, tokens.refresh_token);
    await refresh(server, tokens.refresh_token, { client_id: 'unknown' });
    await openBrowser(() => server).get(authorizeUrl(authorizationRequest({ client_id: 'unknown' }).query));
    await form(server, '/revoke', { token: again.refresh_token, client_id: documentClient });
    for (const console of consoles) expect(console).not.toHaveBeenCalled();
    const text = logged.join('\n');
    expect(text).toContain('"event":"tokens_made"');
    expect(text).toContain('"client":"client.test"');
    for (const secret of [code, flow.verifier, tokens.access_token, tokens.refresh_token, again.refresh_token])
      expect(text).not.toContain(secret);
    expect(decodeProtectedHeader(tokens.access_token).typ).toBe('at+jwt');
  });
});
