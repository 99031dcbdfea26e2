// /api/v1/accounts/{identifier}/sessions: a product makes tokens for one of its people, and ends them.
import { Hono } from 'hono';
import type { Accounts } from '../../connect/accounts.ts';
import { type Sessions, sessionSeconds } from '../../identity/credentials.ts';
import { problemResponse } from '../errors.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { accountNotFound, keyInPath } from './account-in-path.ts';
import { noInput, readInput, sessionInput } from './input.ts';
import type { ServiceVariables } from './service.ts';

export interface SessionRoutesOptions {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly keyLimits: KeyLimits;
}

export const sessionRoutes = ({ accounts, sessions, keyLimits }: SessionRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.post('/accounts/:identifier/sessions', keyLimits.before('sessions'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), sessionInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const session = await sessions.mint(key, c.get('service').keyId, input.value.expires_in ?? sessionSeconds.usual);
    if (session === undefined) return accountNotFound(c);
    return c.json({ token: session.token, expires_at: new Date(session.expiresAt).toISOString() }, 201);
  });

  routes.delete('/accounts/:identifier/sessions', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    await sessions.endAll(key);
    return c.body(null, 204);
  });

  return routes;
};
