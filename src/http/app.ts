// The HTTP application: which route is where, and what guards it. Opens no socket.
import type { McpServer } from '@modelcontextprotocol/server';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { AuthorizationServer } from '../authorization-server/index.ts';
import type { Accounts } from '../connect/accounts.ts';
import type { Authenticate } from '../identity/authenticate.ts';
import type { Sessions } from '../identity/credentials.ts';
import type { PersonClients } from '../identity/person-clients.ts';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { describeDefect } from '../lib/describe-defect.ts';
import type { CreateLimit } from '../lib/rate-limit.ts';
import type { ToolService } from '../mcp/execute-tool.ts';
import type { Caller } from '../model/caller.ts';
import { storageProblem } from '../model/storage-error.ts';
import type { Webhooks } from '../webhooks/endpoints.ts';
import type { IdempotentAnswers } from './api/idempotency.ts';
import { apiRoutes } from './api/routes.ts';
import { type AddressOf, createAddressOf } from './client-address.ts';
import { downloadRoute, type FetchAttachment } from './download-route.ts';
import { errorResponse, problemResponse } from './errors.ts';
import { limitPages, limitRefusedCredentials, limitUnknownDownloads } from './limits/address-limits.ts';
import type { CallLimiter } from './limits/call-limits.ts';
import type { KeyLimits } from './limits/key-limits.ts';
import { type ProtectedResource, resourceMetadataRoutes, resourceOf, signInRulesOf } from './mcp/resource-metadata.ts';
import { mcpPaths, mcpRoute } from './mcp/route.ts';
import { hostGuard, originGuard, requestLog, withoutConnectionHeader } from './middleware.ts';
import { connectRoutes } from './pages/connect-routes.ts';
import { browserErrors } from './pages/errors.ts';
import { homePage } from './pages/html/notices.ts';
import { pageResponse } from './pages/html/page.ts';
import { signInRoutes } from './pages/sign-in-routes.ts';

export interface HttpOptions {
  readonly accounts: Accounts;
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly clients: PersonClients;
  readonly idempotency: IdempotentAnswers;
  readonly webhooks: Webhooks;
  readonly mcpServer: (caller: Caller) => McpServer;
  /** The same tools for /api/v1. */
  readonly tools: ToolService;
  readonly fetchAttachment: FetchAttachment;
  /** Where MCP clients sign in; undefined: nowhere, there are only keys and session tokens. */
  readonly protectedResource?: ProtectedResource;
  /** The embedded one, where people sign in with Google. */
  readonly authorizationServer?: AuthorizationServer;
  /** What people and clients see; its host name and the loopback names are answered, no others. */
  readonly publicUrl: URL;
  /** Whether calls can be served now: the database answers. */
  readonly ready: () => Promise<boolean>;
  /** Of what network addresses do before anybody knows who is asking. */
  readonly createLimit: CreateLimit;
  readonly callLimiter: CallLimiter;
  readonly keyLimits: KeyLimits;
  /** Come before all others of programs: what is not theirs goes on to those. */
  readonly compatibleRoutes?: Hono;
  /** Good credentials that the limit of refused ones knows again. */
  readonly rememberedCredentials?: number;
  /** Addresses and networks whose forwarding headers say where a request comes from; nobody's unless given. */
  readonly trustedProxies?: readonly string[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** For orchestrators, which probe by address: they are answered before the Host is checked. */
const healthRoutes = ({ ready }: HttpOptions): Hono =>
  new Hono()
    .get('/healthz', (c) => c.json({ status: 'alive' }))
    .get('/readyz', async (c) => {
      const isReady = await ready().catch(() => false);
      return c.json({ status: isReady ? 'ready' : 'not_ready' }, isReady ? 200 : 503);
    });

/** What a request has to pass before any route. */
const addGuards = (app: Hono, options: HttpOptions, addressOf: AddressOf): void => {
  const { publicUrl, createLimit } = options;
  app.use(hostGuard([publicUrl.hostname]));
  const credentials = limitRefusedCredentials(createLimit, addressOf, {
    mostRemembered: options.rememberedCredentials,
  });
  for (const path of [...mcpPaths, '/api/*']) app.use(path, originGuard(publicUrl.origin), credentials);
  app.use('/downloads/*', limitUnknownDownloads(createLimit, addressOf));
  const pages = limitPages(createLimit, addressOf);
  for (const path of ['/connect/*', '/oauth/*', '/sign-in/*']) app.use(path, pages);
};

/** What people see, and the endpoints of the authorization server that leads there. */
const addPages = (app: Hono, options: HttpOptions, addressOf: AddressOf): void => {
  const { accounts, authorizationServer, publicUrl, random, log } = options;
  const browser = { origin: () => publicUrl.origin, random, log };
  const signIns = [accounts.googleSignIn, accounts.issuerSignIn].filter((signIn) => signIn !== undefined);
  app.route('/', connectRoutes({ ...browser, connection: accounts.connection, signIns, authorizationServer }));
  if (authorizationServer !== undefined && accounts.googleSignIn !== undefined) {
    app.route('/', signInRoutes({ ...browser, authorizationServer, signIn: accounts.googleSignIn }));
    for (const path of authorizationServer.paths)
      app.all(path, (c) => authorizationServer.fetch(c.req.raw, { address: addressOf(c) }));
  }
  const home = { mcpUrl: resourceOf(publicUrl), signsIn: options.protectedResource !== undefined };
  app.get('/', (c) => pageResponse(c, homePage(home)));
};

const notFound = (c: Context): Response =>
  errorResponse(c, {
    status: 404,
    error: 'not_found',
    message: 'There is nothing at this address.',
    who: 'the caller',
    next: 'MCP is at /mcp, the API at /api/v1.',
  });

export const createHttpApp = (options: HttpOptions): Hono => {
  const { accounts, publicUrl, protectedResource, fetchAttachment, log, clock } = options;
  const app = new Hono();
  app.use(requestLog(log, clock));
  app.use(withoutConnectionHeader);
  app.use(browserErrors);
  app.route('/', healthRoutes(options));
  const addressOf = createAddressOf(options.trustedProxies ?? [], log);
  addGuards(app, options, addressOf);

  const signIn = protectedResource && signInRulesOf(publicUrl, protectedResource);
  if (options.compatibleRoutes) app.route('/', options.compatibleRoutes);
  app.route('/', mcpRoute({ ...options, signIn }));
  if (protectedResource) app.route('/', resourceMetadataRoutes(publicUrl, protectedResource));
  app.route('/api/v1', apiRoutes(options));
  app.route('/', downloadRoute({ downloads: accounts.downloads, fetchAttachment }));
  addPages(app, options, addressOf);

  app.notFound(notFound);
  app.onError((error, c) => {
    const problem = storageProblem(error) ?? { kind: 'internal' };
    log.error({ event: 'request_failed', problem: problem.kind, ...describeDefect(error) });
    return problemResponse(c, problem);
  });
  return app;
};
