// /api/v1: what a product's backend does with its people's accounts. Service keys only; a key reaches its own realm
// and no other. Knows nothing of Google.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Accounts } from '../../connect/accounts.ts';
import type { Authenticate } from '../../identity/authenticate.ts';
import type { Sessions } from '../../identity/credentials.ts';
import { errorResponse, problemResponse, refusalResponse } from '../errors.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { accountNotFound, keyInPath } from './account-in-path.ts';
import { accountJson } from './account-json.ts';
import { authRequestRoutes } from './auth-request-routes.ts';
import { checkRoute } from './check-route.ts';
import { accountChangeInput, accountInput, changeIn, linkInput, noInput, readInput, wishesIn } from './input.ts';
import { callerOf, keyFor, type ServiceVariables, serviceOf } from './service.ts';
import { sessionRoutes } from './session-routes.ts';

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
  readonly keyLimits: KeyLimits;
}

export const apiRoutes = ({ accounts, authenticate, sessions, keyLimits }: ApiOptions) => {
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

  api.post('/accounts', async (c) => {
    const input = readInput(await c.req.text(), accountInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const key = keyFor(c, input.value.identifier);
    if (key instanceof Response) return key;
    const existed = (await accounts.find(key)) !== undefined;
    const tooMany = existed ? undefined : keyLimits.take(c, c.get('service').keyId, 'accounts');
    if (tooMany !== undefined) return tooMany;
    const ensured = await accounts.ensure(key, wishesIn(input.value));
    if (!ensured.ok) return problemResponse(c, ensured.problem);
    return c.json(accountJson(ensured.value.account), ensured.value.created ? 201 : 200);
  });

  api.get('/accounts/:identifier', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const account = await accounts.find(key);
    return account === undefined ? accountNotFound(c) : c.json(accountJson(account));
  });

  api.patch('/accounts/:identifier', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), accountChangeInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const changed = await accounts.change(key, changeIn(input.value));
    if (changed.ok) return c.json(accountJson(changed.value));
    return changed.problem.kind === 'not_found' ? accountNotFound(c) : problemResponse(c, changed.problem);
  });

  api.post('/accounts/:identifier/link', keyLimits.before('links'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), linkInput);
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    const link = await accounts.link(callerOf(c.get('service'), key), {
      capabilities: input.value.capabilities ?? [],
      replace: input.value.replace === true,
    });
    if (!link.ok) return problemResponse(c, link.problem);
    const { url, expiresAt } = link.value;
    return c.json({ url, expires_at: new Date(expiresAt).toISOString() });
  });

  api.post('/accounts/:identifier/disconnect', keyLimits.before('endings'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    const outcome = await accounts.disconnect(key);
    if (!outcome.ok) return problemResponse(c, outcome.problem);
    const account = await accounts.find(key);
    const { revokedAtGoogle, reason } = outcome.value;
    return c.json({
      revoked_at_google: revokedAtGoogle,
      not_revoked_because: reason ?? null,
      account: account === undefined ? null : accountJson(account),
    });
  });

  api.delete('/accounts/:identifier', keyLimits.before('endings'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    return (await accounts.remove(key)) ? c.body(null, 204) : accountNotFound(c);
  });

  api.route('/', sessionRoutes({ accounts, sessions, keyLimits }));
  api.route('/', checkRoute({ accounts, keyLimits }));
  api.use('/auth-requests/*', keyLimits.before('confirmations'));
  api.route('/auth-requests', authRequestRoutes(accounts));

  return api;
};
