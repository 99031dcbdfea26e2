// /api/v1: for the backends of products, with service keys; a key reaches its own realm and no other. A session token is good
// for the routes that are about one person and change nothing of how they are connected.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Accounts } from '../../connect/accounts.ts';
import type { Authenticate } from '../../identity/authenticate.ts';
import type { Sessions } from '../../identity/credentials.ts';
import type { ToolService } from '../../mcp/execute-tool.ts';
import type { Webhooks } from '../../webhooks/endpoints.ts';
import { errorResponse, problemResponse, refusalResponse } from '../errors.ts';
import type { CallLimiter } from '../limits/call-limits.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { accountListRoutes } from './account-list.ts';
import { accountRoutes } from './account-routes.ts';
import { authRequestRoutes } from './auth-request-routes.ts';
import { type ClientRoutesOptions, clientRoutes } from './client-routes.ts';
import { connectionRoutes } from './connection-routes.ts';
import { type IdempotencyOptions, idempotencyKeys } from './idempotency.ts';
import { openApiRoute } from './openapi-route.ts';
import { type ServiceVariables, serviceOf } from './service.ts';
import { toolRoutes } from './tool-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Bytes of one request body. */
const maxBodyBytes = 64 * 1024;

const serviceKeyRequired = (c: Context): Response =>
  errorResponse(c, {
    status: 403,
    error: 'service_key_required',
    message:
      'Accounts are managed with a service key. A session token reads and checks its own account and calls tools; every other credential is for /mcp.',
    who: 'the caller',
    next: 'Use a key made by `postern api-keys create --service`.',
  });

/** Where a session token is as good as its service key, for its one person. Below /api/v1. */
const sessionRoutes: readonly RegExp[] = [
  /^GET \/tools$/,
  /^GET \/accounts\/[^/]+$/,
  /^POST \/accounts\/[^/]+\/check$/,
  /^POST \/accounts\/[^/]+\/tools\/[^/]+$/,
];

const isForSessions = ({ req }: Context): boolean => {
  const method = req.method === 'HEAD' ? 'GET' : req.method;
  const path = new URL(req.url).pathname.replace(/^\/api\/v1/, '');
  return sessionRoutes.some((route) => route.test(`${method} ${path}`));
};

const tooLarge = (c: Context): Response =>
  problemResponse(c, {
    kind: 'too_large',
    what: 'The body',
    limitBytes: maxBodyBytes,
    instead: 'Send only the fields of this request.',
  });

export interface ApiOptions extends IdempotencyOptions {
  readonly accounts: Accounts;
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly webhooks: Webhooks;
  readonly clients: ClientRoutesOptions['clients'];
  readonly keyLimits: KeyLimits;
  readonly tools: ToolService;
  readonly callLimiter: CallLimiter;
}

export const apiRoutes = (options: ApiOptions) => {
  const { accounts, authenticate, webhooks, keyLimits } = options;
  const api = new Hono<ServiceVariables>();
  // Before the credentials are looked at: it needs none.
  api.route('/', openApiRoute());

  api.use(async (c, next) => {
    const authentication = await authenticate(c.req.raw.headers);
    if (authentication.kind === 'refused') return refusalResponse(c, authentication);
    const service = serviceOf(authentication);
    if (service === undefined || (service.credential === 'session_token' && !isForSessions(c)))
      return serviceKeyRequired(c);
    c.set('service', service);
    c.header('Cache-Control', 'no-store');
    return next();
  });
  api.use(keyLimits.before('requests'));
  api.use(bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }));

  // Before idempotency keys, by which answers are stored: mail never is.
  api.route('/', toolRoutes(options));
  api.use(idempotencyKeys(options));

  api.route('/', accountListRoutes(options));
  api.route('/', accountRoutes(options));
  api.route('/', clientRoutes(options));
  api.route('/connections', connectionRoutes(accounts));
  api.use('/auth-requests/*', keyLimits.before('confirmations'));
  api.route('/auth-requests', authRequestRoutes(accounts));
  api.route('/webhooks', webhookRoutes({ webhooks, keyLimits }));

  return api;
};
