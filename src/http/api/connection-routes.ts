// /api/v1/connections: which OAuth clients the people of a key's realm are connected through. No secret is part of it.
import { Hono } from 'hono';
import type { Accounts } from '../../connect/accounts.ts';
import type { ConnectionsAnswer } from './answers.ts';
import type { ServiceVariables } from './service.ts';

export const connectionRoutes = (accounts: Accounts) => {
  const routes = new Hono<ServiceVariables>();
  routes.get('/', async (c) => {
    const { realm, connection } = c.get('service');
    const found = await accounts.connections(realm, connection);
    const answer: ConnectionsAnswer = {
      connections: found.map(({ name, clientId, capabilities, forNewAccounts }) => ({
        name,
        client_id: clientId,
        capabilities: [...capabilities],
        for_new_accounts: forNewAccounts,
      })),
    };
    return c.json(answer);
  });
  return routes;
};
