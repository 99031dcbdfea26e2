// The app around the SDK's own OAuth code, as any client on this computer has it: remembers what it is given, and waits
// for the browser to come back.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { CommandError } from '../terminal.ts';

export interface RemoteApp extends OAuthClientProvider {
  clientInformation(): StoredOAuthClientInformation | undefined;
  tokens(): StoredOAuthTokens | undefined;
  /** Where the SDK wants the person's browser; undefined before it asked. */
  authorizationUrl(): URL | undefined;
  /** What the browser brings back. Throws CommandError where that is a refusal, or the answer to another request. */
  answer(): Promise<URLSearchParams>;
  close(): Promise<void>;
}

const page = '<!doctype html><title>App</title><h1>Back in the app</h1><p>You can close this page.</p>';

/** The query with which the browser arrives at the redirect URI, the first time it does. */
const arrivalAt = (server: Server): Promise<URLSearchParams> =>
  new Promise((resolve) => {
    server.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const here = pathname === '/callback';
      response.writeHead(here ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
      response.end(here ? page : '');
      if (here) resolve(searchParams);
    });
  });

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/callback`;
};

const metadata = (name: string, redirectUri: string): OAuthClientMetadata => ({
  client_name: name,
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
});

/** An app that waits for its browser on a free port of 127.0.0.1, until it is closed. */
export const openRemoteApp = async (name: string): Promise<RemoteApp> => {
  const server = createServer();
  const arrival = arrivalAt(server);
  const redirectUri = await listen(server);
  const state = randomUUID();
  let information: StoredOAuthClientInformation | undefined;
  let held: StoredOAuthTokens | undefined;
  let verifier = '';
  let authorization: URL | undefined;
  let discovered: OAuthDiscoveryState | undefined;
  return {
    redirectUrl: redirectUri,
    clientMetadata: metadata(name, redirectUri),
    state: () => state,
    clientInformation: () => information,
    saveClientInformation: (given) => {
      information = given;
    },
    tokens: () => held,
    saveTokens: (given) => {
      held = given;
    },
    codeVerifier: () => verifier,
    saveCodeVerifier: (given) => {
      verifier = given;
    },
    discoveryState: () => discovered,
    saveDiscoveryState: (given) => {
      discovered = given;
    },
    redirectToAuthorization: (url) => {
      authorization = url;
    },
    authorizationUrl: () => authorization,
    answer: async () => {
      const query = await arrival;
      if (query.get('state') !== state) throw new CommandError('The browser came back with another state.');
      const error = query.get('error');
      if (error !== null) throw new CommandError(`The sign-in ended with ${error}.`);
      return query;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
};
