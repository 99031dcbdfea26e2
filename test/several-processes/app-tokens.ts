// An app that signs somebody in with the OAuth functions of the SDK, and keeps what it gets.
import * as sdk from '@modelcontextprotocol/client';
import type { CallbackServer } from '../e2e/oauth-clients.ts';
import type { Approve } from './behind-a-proxy.ts';

/** Registers an app and signs a person in; answers with the tokens, and with what renews and ends them. */
export const signInApp = async (origin: string, app: CallbackServer, approve: Approve) => {
  const metadata = await sdk.discoverAuthorizationServerMetadata(origin);
  if (metadata === undefined) throw new Error('nothing discovered');
  const clientMetadata = {
    client_name: 'Example App',
    redirect_uris: [app.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  const clientInformation = await sdk.registerClient(origin, { metadata, clientMetadata });
  const common = { metadata, clientInformation, resource: new URL(`${origin}/mcp`) };
  const { authorizationUrl, codeVerifier } = await sdk.startAuthorization(origin, {
    ...common,
    redirectUrl: app.redirectUri,
    scope: 'mail:read offline_access',
  });
  const page = await approve(authorizationUrl.href);
  if (!page.url.startsWith(app.redirectUri)) throw new Error(`the sign-in ended with: ${page.heading}`);
  const back = await app.next();
  const tokens = await sdk.exchangeAuthorization(origin, {
    ...common,
    authorizationCode: back.get('code') ?? '',
    iss: back.get('iss') ?? '',
    codeVerifier,
    redirectUri: app.redirectUri,
  });
  return {
    tokens,
    refresh: (refreshToken = '') => sdk.refreshAuthorization(origin, { ...common, refreshToken }),
    revoke: (token = '') =>
      fetch(`${origin}/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id: clientInformation.client_id }),
      }),
  };
};
