// /api/v1/accounts/{identifier}/clients: which MCP clients act for a person, and ending one.
import { type Context, Hono } from 'hono';
import type { Accounts } from '../../connect/accounts.ts';
import type { PersonClient, PersonClients } from '../../identity/person-clients.ts';
import { errorResponse } from '../errors.ts';
import { accountNotFound, keyInPath, type ServiceVariables } from './service.ts';

export interface ClientRoutesOptions {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: PersonClients;
}

const isoTime = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString();

const clientJson = ({ name, kind, label, createdAt, expiresAt, lastUsedAt }: PersonClient) => ({
  client: name,
  kind,
  label: label ?? null,
  created_at: isoTime(createdAt),
  expires_at: isoTime(expiresAt),
  last_used_at: isoTime(lastUsedAt),
});

const clientNotFound = (c: Context): Response =>
  errorResponse(c, {
    status: 404,
    error: 'not_found',
    message: 'No client of this name acts for this person.',
    who: 'the caller',
    next: 'GET /api/v1/accounts/{identifier}/clients lists those that do.',
  });

export const clientRoutes = ({ accounts, clients }: ClientRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.get('/accounts/:identifier/clients', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    return c.json({ clients: (await clients.list(key)).map(clientJson) });
  });

  routes.delete('/accounts/:identifier/clients/:client', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    return (await clients.end(key, c.req.param('client'))) ? c.body(null, 204) : clientNotFound(c);
  });

  return routes;
};
