// MCP clients of both SDK generations signing in with their own OAuth code: what a real app does around it is here — keep
// tokens, open the browser, wait for the redirect.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** Where an app on this machine waits for the browser to come back. */
export interface CallbackServer {
  readonly redirectUri: string;
  /** The query of the next redirect. */
  next(): Promise<URLSearchParams>;
  close(): Promise<void>;
}

export const listenForCallback = async (): Promise<CallbackServer> => {
  const arrived: URLSearchParams[] = [];
  const waiting: ((query: URLSearchParams) => void)[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    response.writeHead(url.pathname === '/callback' ? 200 : 404, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>App</title><h1>Back in the app</h1>');
    if (url.pathname !== '/callback') return;
    const first = waiting.shift();
    if (first) first(url.searchParams);
    else arrived.push(url.searchParams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    next: async () => arrived.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** What an app remembers about its sign-in. */
export interface AppMemory extends OAuthClientProvider {
  /** Where the SDK sent the browser, once for each time it did. */
  readonly opened: URL[];
  information: StoredOAuthClientInformation | undefined;
  held: StoredOAuthTokens | undefined;
}

export const appMemory = (
  redirectUri: string,
  options: { clientMetadataUrl?: string; name?: string } = {},
): AppMemory => {
  let verifier = '';
  let discovered: OAuthDiscoveryState | undefined;
  const memory: AppMemory = {
    opened: [],
    information: undefined,
    held: undefined,
    redirectUrl: redirectUri,
    clientMetadata: {
      client_name: options.name ?? 'Example App',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    ...(options.clientMetadataUrl === undefined ? {} : { clientMetadataUrl: options.clientMetadataUrl }),
    clientInformation: () => memory.information,
    saveClientInformation: (information) => {
      memory.information = information;
    },
    tokens: () => memory.held,
    saveTokens: (tokens) => {
      memory.held = tokens;
    },
    redirectToAuthorization: (url) => {
      memory.opened.push(url);
    },
    saveCodeVerifier: (codeVerifier) => {
      verifier = codeVerifier;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => {
      discovered = state;
    },
    discoveryState: () => discovered,
    invalidateCredentials: (scope) => {
      if (scope === 'all' || scope === 'tokens') memory.held = undefined;
      if (scope === 'all' || scope === 'client') memory.information = undefined;
    },
  };
  return memory;
};

interface ConnectedApp {
  call(tool: string, input: Record<string, unknown>): Promise<{ text: string; structured: Record<string, unknown> }>;
  close(): Promise<void>;
}

interface Attempt {
  connect(): Promise<ConnectedApp>;
  finish(query: URLSearchParams): Promise<void>;
}

const answerOf = (
  result: object & { readonly content?: unknown; readonly structuredContent?: unknown | undefined },
) => ({
  text: JSON.stringify(result.content),
  structured: { ...(result.structuredContent as Record<string, unknown> | undefined) },
});

const info = { name: 'an app', version: '1.0.0' };

/** The current SDK's client; `auto` negotiates 2026-07-28. */
export const currentApp = (url: URL, memory: AppMemory): Attempt => {
  const transport = () => new StreamableHTTPClientTransport(url, { authProvider: memory });
  const first = transport();
  return {
    connect: async () => {
      const client = new Client(info, { versionNegotiation: { mode: 'auto' } });
      await client.connect(memory.held === undefined && memory.opened.length === 0 ? first : transport());
      return {
        call: async (name, input) => answerOf(await client.callTool({ name, arguments: input })),
        close: () => client.close(),
      };
    },
    finish: (query) => first.finishAuth(query),
  };
};

/** The 1.x SDK's client, which most agents run. */
const olderApp = (url: URL, memory: AppMemory): Attempt => {
  // The two SDKs type optional members of the same provider differently.
  const authProvider = memory as unknown as NonNullable<ConstructorParameters<typeof OldTransport>[1]>['authProvider'];
  const transport = () => new OldTransport(url, { ...(authProvider === undefined ? {} : { authProvider }) });
  const first = transport();
  return {
    connect: async () => {
      const client = new OldClient(info);
      const used = memory.held === undefined && memory.opened.length === 0 ? first : transport();
      await client.connect(used as Parameters<OldClient['connect']>[0]);
      return {
        call: async (name, input) => answerOf(await client.callTool({ name, arguments: input })),
        close: () => client.close(),
      };
    },
    finish: (query) => first.finishAuth(query.get('code') ?? ''),
  };
};

export const generations = [
  ['the current SDK’s client', currentApp],
  ['the 1.x SDK’s client', olderApp],
] as const;
