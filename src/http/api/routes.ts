// /api/v1: for the backends of products. Service keys only; a key reaches its own realm and no other.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Accounts } from '../../connect/accounts.ts';
import type { Authenticate } from '../../identity/authenticate.ts';
import type { Sessions } from '../../identity/credentials.ts';
import type { Webhooks } from '../../webhooks/endpoints.ts';
import { errorResponse, problemResponse, refusalResponse } from '../errors.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { accountRoutes } from './account-routes.ts';
import { authRequestRoutes } from './auth-request-routes.ts';
import { type ServiceVariables, serviceOf } from './service.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Bytes of one request body. */
const maxBodyBytes = 64 * 1024;

const serviceKeyRequired = (c: Context): Response =>
  errorResponse(c, {
    status: 403,
    error: 'service_key_required',
    message: 'Accounts are managed with a service key; every other credential is for /mcp.',
    who: 'the caller',
    next: 'Use a key made by `postern api-keys create --service`.',
  });

const tooLarge = (c: Context): Response =>
  problemResponse(c, {
    kind: 'too_large',
    what: 'The body',
    limitBytes: maxBodyBytes,
    instead: 'Send only the fields of this request.',
  });

export interface ApiOptions {
  readonly accounts: Accounts;
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly webhooks: Webhooks;
  readonly keyLimits: KeyLimits;
}

export const apiRoutes = ({ accounts, authenticate, sessions, webhooks, keyLimits }: ApiOptions) => {
  const api = new Hono<ServiceVariables>();

  api.use(async (c, next) => {
    const authentication = await authenticate(c.req.raw.headers);
    if (authentication.kind === 'refused') return refusalResponse(c, authentication);
    const service = serviceOf(authentication);
    if (service === undefined) return serviceKeyRequired(c);
    c.set('service', service);
    c.header('Cache-Control', 'no-store');
    return next();
  });
  api.use(keyLimits.before('requests'));
  api.use(bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }));

  api.route('/', accountRoutes({ accounts, sessions, keyLimits }));
  api.use('/auth-requests/*', keyLimits.before('confirmations'));
  api.route('/auth-requests', authRequestRoutes(accounts));
  api.route('/webhooks', webhookRoutes({ webhooks, keyLimits }));

  return api;
};
