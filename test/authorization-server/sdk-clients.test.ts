// The OAuth that clients of the Model Context Protocol really have: both SDKs' own functions against our endpoints.
import * as newer from '@modelcontextprotocol/client';
import * as older from '@modelcontextprotocol/sdk/client/auth.js';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { address, begin, kim, locationOf, openBrowser, origin, place, resource } from './support.ts';

const redirectUrl = 'http://localhost:6274/oauth/callback';
const clientMetadata = {
  client_name: 'An SDK client',
  redirect_uris: [redirectUrl],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

test.each([
  // It takes no `iss`, and ignores one.
  ['the SDK of 2025', older as unknown as typeof newer],
  ['the SDK of 2026', newer],
])('%s discovers, registers, signs in and refreshes', async (_name, sdk) => {
  const { server } = await place();
  const fetchFn = (url: string | URL, init?: RequestInit) => server.fetch(new Request(url, init), { address });

  const metadata = await sdk.discoverAuthorizationServerMetadata(origin, { fetchFn });
  if (metadata === undefined) throw new Error('nothing discovered');
  const clientInformation = await sdk.registerClient(origin, { metadata, clientMetadata, fetchFn });
  const { authorizationUrl, codeVerifier } = await sdk.startAuthorization(origin, {
    metadata,
    clientInformation,
    redirectUrl,
    scope: 'mail:read offline_access',
    resource: new URL(resource),
  });

  const browser = openBrowser(() => server);
  const uid = await begin(browser, Object.fromEntries(authorizationUrl.searchParams));
  const back = locationOf(await browser.get((await server.approve(uid, kim)) ?? ''));
  const tokens = await sdk.exchangeAuthorization(origin, {
    metadata,
    clientInformation,
    authorizationCode: back.searchParams.get('code') ?? '',
    iss: back.searchParams.get('iss') ?? '',
    codeVerifier,
    redirectUri: redirectUrl,
    resource: new URL(resource),
    fetchFn,
  });
  expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: resource, scope: 'mail:read', sub: kim.identifier });

  const refreshed = await sdk.refreshAuthorization(origin, {
    metadata,
    clientInformation,
    refreshToken: tokens.refresh_token ?? '',
    resource: new URL(resource),
    fetchFn,
  });
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
});
