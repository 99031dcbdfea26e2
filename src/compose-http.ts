// What serving over HTTP needs beside a Postern: credentials, sign-in of remote clients, the application. Opens no socket.
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { AuthorizationServer } from './authorization-server/index.ts';
import type { Postern } from './compose.ts';
import type { Config } from './config/config.ts';
import { createHttpApp } from './http/app.ts';
import { createAddressOf } from './http/client-address.ts';
import type { Http2Listener } from './http/http2.ts';
import { type CallLimiter, type CallLimits, createCallLimiter, defaultCallLimits } from './http/limits/call-limits.ts';
import { createKeyLimits, defaultKeyRates, type KeyLimits } from './http/limits/key-limits.ts';
import { type ProtectedResource, resourceOf } from './http/mcp/resource-metadata.ts';
import { authorizationErrorPage } from './http/pages/html/error-pages.ts';
import { renderedPage } from './http/pages/html/page.ts';
import { createAccessTokens, type TrustedIssuer } from './identity/access-tokens.ts';
import { createAuthenticator } from './identity/authenticate.ts';
import { createSessions } from './identity/credentials.ts';
import { createPersonClients } from './identity/person-clients.ts';
import { createServiceTokens } from './identity/service-tokens.ts';
import { createEmbeddedIssuer, createExternalIssuer } from './identity/trusted-issuers.ts';
import { catalogue } from './mcp/tools/index.ts';
import { type McpScope, mcpScopesFor } from './model/mcp-scope.ts';
import { createWebhookDelivery } from './webhooks/delivery.ts';
import { createWebhooks } from './webhooks/endpoints.ts';

export interface HttpService {
  readonly app: Hono;
  /** Answers gRPC, where there is any. */
  readonly grpc?: Http2Listener;
  /** Makes new keys for the authorization server when its own are old; cheap while they are not. */
  rotateKeys(): Promise<void>;
  /** Sends events to the endpoints of products until `signal` is aborted; resolves once what was under way has ended. */
  deliverWebhooks(signal: AbortSignal): Promise<void>;
}

export interface HttpServiceOptions {
  readonly log: Logger;
  readonly callLimits?: CallLimits;
}

interface ToolScopes {
  /** Of all enabled tools. */
  readonly scopes: readonly McpScope[];
  /** None for a tool that the operator switched off: nothing could be asked for that would bring it back. */
  readonly scopesOfTool: (name: string) => readonly McpScope[];
}

const toolScopesOf = (config: Config): ToolScopes => {
  const enabled = catalogue.filter(({ name }) => config.tools.includes(name));
  const byTool = new Map(enabled.map(({ name, requires }) => [name, mcpScopesFor(requires)]));
  return {
    scopes: mcpScopesFor(enabled.flatMap(({ requires }) => requires)),
    scopesOfTool: (name) => byTool.get(name) ?? [],
  };
};

/** Loaded only where people sign in with Google: it brings a web framework of its own. */
const authorizationServerOf = async (
  config: Config,
  postern: Postern,
  { scopes }: ToolScopes,
  log: Logger,
): Promise<AuthorizationServer | undefined> => {
  const { google } = config.signIn;
  if (google === undefined) return undefined;
  const { createAuthorizationServer } = await import('./authorization-server/index.ts');
  const { storage, accounts, clock, random, createLimit, outside } = postern;
  return createAuthorizationServer({
    publicUrl: config.publicUrl,
    records: storage.authorizationRecords,
    keys: storage.authorizationKeys,
    accounts,
    allowed: google.allowed,
    clients: google.clients,
    scopes,
    clock,
    random,
    createLimit,
    fetch: outside(),
    renderError: (...wrong) => renderedPage(authorizationErrorPage(...wrong)),
    log,
  });
};

const trustedIssuers = (
  config: Config,
  { clock, outside }: Postern,
  embedded: AuthorizationServer | undefined,
  log: Logger,
): TrustedIssuer[] => {
  const resource = resourceOf(config.publicUrl);
  const { issuer: settings } = config.signIn;
  return [
    ...(embedded === undefined
      ? []
      : [
          createEmbeddedIssuer({
            issuer: embedded.issuer,
            resource,
            keys: embedded.keys,
            isGrantActive: embedded.isGrantActive,
          }),
        ]),
    ...(settings === undefined
      ? []
      : [
          createExternalIssuer({
            settings,
            resource,
            fetch: outside(new URL(settings.url).origin),
            clock,
            log: (entry) => log.warn(entry),
          }),
        ]),
  ];
};

/** Loaded only where the operator turned it on: gRPC is large. */
const scalekitOf = async (
  config: Config,
  postern: Postern,
  shared: { readonly callLimiter: CallLimiter; readonly keyLimits: KeyLimits; readonly log: Logger },
) => {
  if (!config.scalekitApi) return undefined;
  const { createScalekit } = await import('./http/scalekit/index.ts');
  const { storage, sealer, clock } = postern;
  return createScalekit({
    ...postern,
    ...shared,
    serviceTokens: createServiceTokens({ apiKeys: storage.apiKeys, hmacs: sealer.hmacs, clock }),
    connectionOfKey: async ({ connection, realm }) => connection ?? (await storage.connections.ofRealm(realm)),
    addressOf: createAddressOf(config.trustedProxies, shared.log),
  });
};

/** Wires the HTTP application of a Postern. Rejects when the authorization server's keys cannot be read or made. */
export const composeHttp = async (
  config: Config,
  postern: Postern,
  { log, callLimits }: HttpServiceOptions,
): Promise<HttpService> => {
  const { storage, clock, random, createLimit } = postern;
  const toolScopes = toolScopesOf(config);
  const authorizationServer = await authorizationServerOf(config, postern, toolScopes, log);
  const issuers = trustedIssuers(config, postern, authorizationServer, log);
  const accessTokens =
    issuers.length === 0 ? undefined : createAccessTokens(issuers, clock, (entry) => log.info(entry));
  const protectedResource: ProtectedResource = {
    authorizationServers: issuers.map(({ issuer }) => issuer),
    ...toolScopes,
    scopePrefix: config.signIn.issuer?.scopePrefix ?? '',
  };
  const callLimiter = createCallLimiter(createLimit, callLimits ?? defaultCallLimits);
  const keyLimits = createKeyLimits(createLimit, defaultKeyRates);
  const scalekit = await scalekitOf(config, postern, { callLimiter, keyLimits, log });
  const app = createHttpApp({
    ...postern,
    webhooks: createWebhooks(postern),
    authenticate: createAuthenticator(storage, clock, accessTokens),
    sessions: createSessions(storage.sessions, random, clock),
    clients: createPersonClients(storage, clock),
    idempotency: storage.idempotencyKeys,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    log,
    callLimiter,
    keyLimits,
    compatibleRoutes: scalekit?.routes,
    protectedResource: issuers.length === 0 ? undefined : protectedResource,
    authorizationServer,
  });
  const delivery = createWebhookDelivery({ ...postern, log: (level, entry) => log[level](entry) });
  const rotateKeys = async () => authorizationServer?.rotateKeys();
  return { app, grpc: scalekit?.grpc, rotateKeys, deliverWebhooks: delivery.run };
};
