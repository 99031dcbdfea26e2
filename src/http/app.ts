// The HTTP application: which route is where, and what guards it. Opens no socket.
import type { McpServer } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { AuthorizationServer } from '../authorization-server/index.ts';
import type { Accounts } from '../connect/accounts.ts';
import type { Authenticate } from '../identity/authenticate.ts';
import type { Sessions } from '../identity/credentials.ts';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { describeDefect } from '../mcp/describe-defect.ts';
import type { Caller } from '../model/caller.ts';
import { storageProblem } from '../model/storage-failure.ts';
import { apiRoutes } from './api/routes.ts';
import { createAddressOf } from './client-address.ts';
import { downloadRoute, type FetchAttachment } from './download-route.ts';
import { errorResponse, problemResponse } from './errors.ts';
import { limitPages, limitRefusedCredentials, limitUnknownDownloads } from './limits/address-limits.ts';
import { type CallLimits, createCallLimiter, defaultCallLimits } from './limits/call-limits.ts';
import { createKeyLimits, defaultKeyRates, type KeyRates } from './limits/key-limits.ts';
import { type ProtectedResource, resourceMetadataRoutes, resourceOf, signInRulesOf } from './mcp/resource-metadata.ts';
import { mcpPaths, mcpRoute } from './mcp/route.ts';
import { hostGuard, originGuard, requestLog } from './middleware.ts';
import { connectRoutes } from './pages/connect-routes.ts';
import { browserErrors } from './pages/errors.ts';
import { homePage } from './pages/html/notices.ts';
import { pageResponse } from './pages/html/page.ts';
import { signInRoutes } from './pages/sign-in-routes.ts';

export interface HttpOptions {
  readonly accounts: Accounts;
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly mcpServer: (caller: Caller) => McpServer;
  readonly fetchAttachment: FetchAttachment;
  /** Where MCP clients sign in; undefined: nowhere, there are only keys and session tokens. */
  readonly protectedResource?: ProtectedResource;
  /** The embedded one, where people sign in with Google. */
  readonly authorizationServer?: AuthorizationServer;
  /** What people and clients see; its host name and the loopback names are answered, no others. */
  readonly publicUrl: URL;
  /** Whether calls can be served now: the database answers. */
  readonly ready: () => Promise<boolean>;
  /** `defaultCallLimits` unless given. */
  readonly callLimits?: CallLimits;
  /** `defaultKeyRates` unless given. */
  readonly keyRates?: KeyRates;
  /** Good credentials that the limit of refused ones knows again. */
  readonly rememberedCredentials?: number;
  /** Addresses and networks whose forwarding headers say where a request comes from; nobody's unless given. */
  readonly trustedProxies?: readonly string[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

export const createHttpApp = (options: HttpOptions): Hono => {
  const { accounts, authenticate, sessions, publicUrl, log, clock, random } = options;
  const app = new Hono();
  app.use(requestLog(log, clock));
  app.use(browserErrors);

  // Before the Host check: orchestrators probe by address.
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', async (c) => {
    const ready = await options.ready().catch(() => false);
    return c.json({ status: ready ? 'ready' : 'not_ready' }, ready ? 200 : 503);
  });

  app.use(hostGuard([publicUrl.hostname]));
  for (const path of mcpPaths) app.use(path, originGuard(publicUrl.origin));
  app.use('/api/*', originGuard(publicUrl.origin));
  const addressOf = createAddressOf(options.trustedProxies ?? [], log);
  const credentials = limitRefusedCredentials(clock, addressOf, options.rememberedCredentials);
  for (const path of mcpPaths) app.use(path, credentials);
  app.use('/api/*', credentials);
  app.use('/downloads/*', limitUnknownDownloads(clock, addressOf));
  const pages = limitPages(clock, addressOf);
  app.use('/connect/*', pages);
  app.use('/oauth/*', pages);
  app.use('/sign-in/*', pages);
  const { protectedResource } = options;
  const signIn = protectedResource && signInRulesOf(publicUrl, protectedResource);
  const callLimiter = createCallLimiter(clock, options.callLimits ?? defaultCallLimits);
  const keyLimits = createKeyLimits(clock, options.keyRates ?? defaultKeyRates);
  app.route('/', mcpRoute({ ...options, callLimiter, keyLimits, signIn }));
  if (protectedResource) app.route('/', resourceMetadataRoutes(publicUrl, protectedResource));
  const browser = { origin: () => publicUrl.origin, random, log };
  const { authorizationServer } = options;
  const signIns = [accounts.googleSignIn, accounts.issuerSignIn].filter((signIn) => signIn !== undefined);
  app.route('/', connectRoutes({ ...browser, connection: accounts.connection, signIns, authorizationServer }));
  if (authorizationServer !== undefined && accounts.googleSignIn !== undefined) {
    app.route('/', signInRoutes({ ...browser, authorizationServer, signIn: accounts.googleSignIn }));
    for (const path of authorizationServer.paths)
      app.all(path, (c) => authorizationServer.fetch(c.req.raw, { address: addressOf(c) }));
  }
  app.route('/api/v1', apiRoutes({ accounts, authenticate, sessions, keyLimits }));
  app.route('/', downloadRoute({ downloads: accounts.downloads, fetchAttachment: options.fetchAttachment }));

  const home = { mcpUrl: resourceOf(publicUrl), signsIn: signIn !== undefined };
  app.get('/', (c) => pageResponse(c, homePage(home)));

  app.notFound((c) =>
    errorResponse(c, {
      status: 404,
      error: 'not_found',
      message: 'There is nothing at this address.',
      who: 'the caller',
      next: 'MCP is at /mcp, the API at /api/v1.',
    }),
  );
  app.onError((error, c) => {
    const problem = storageProblem(error) ?? { kind: 'internal' };
    log.error({ event: 'request_failed', problem: problem.kind, ...describeDefect(error) });
    return problemResponse(c, problem);
  });
  return app;
};
