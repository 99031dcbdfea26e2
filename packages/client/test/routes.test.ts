// The client and the description of the API name the same requests: docs/openapi.json is made from the server's own schemas.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Postern } from '../src/index.ts';

const described: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
  readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'),
);

/** For whoever reads it. */
const document = 'GET /api/v1/openapi.json';

it('Every request of the API but that for its description has its method, and every method its request', async () => {
  const sent = new Set<string>();
  const postern = new Postern({
    url: 'https://postern.test',
    key: 'key',
    fetch: async (input, init) => {
      sent.add(`${init?.method} ${decodeURIComponent(new URL(String(input)).pathname)}`);
      return Response.json({ accounts: [], next_cursor: null, tools: [], clients: [], webhooks: [] });
    },
  });
  const { accounts, authRequests, connections, tools, webhooks } = postern;
  const identifier = '{identifier}';
  for (const method of ['getOrCreate', 'get', 'check', 'link', 'disconnect', 'delete'] as const)
    await accounts[method](identifier);
  await accounts.change(identifier, {});
  for await (const _ of accounts.list());
  await accounts.sessions.create(identifier);
  await accounts.sessions.endAll(identifier);
  await accounts.clients.list(identifier);
  await accounts.clients.remove(identifier, '{client}');
  await postern.executeTool(identifier, '{tool}');
  await tools.list();
  await connections.list();
  await webhooks.endpoints.list();
  await webhooks.endpoints.add('https://app.example.com/hook');
  for (const method of ['get', 'remove', 'rotateSecret', 'test', 'dead', 'redeliver'] as const)
    await webhooks.endpoints[method]('{id}');
  await authRequests.get('{auth_request_id}');
  await authRequests.confirm('{auth_request_id}', identifier);
  const operations = Object.entries(described.paths).flatMap(([path, of]) =>
    Object.keys(of).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...sent].sort()).toEqual(operations.filter((operation) => operation !== document).sort());
});
