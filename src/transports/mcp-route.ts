// /mcp: streamable HTTP, stateless, both protocol eras from the SDK's one handler. Knows nothing of tools.
import { type AuthInfo, createMcpHandler, type McpServer } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Authenticate } from '../callers/authenticate.ts';
import type { Caller } from '../model/caller.ts';
import { describeDefect, refusalResponse } from './http-errors.ts';

/** Bytes of one MCP message. */
const maxMessageBytes = 1024 * 1024;

export interface McpRouteOptions {
  readonly authenticate: Authenticate;
  readonly mcpServer: (caller: Caller) => McpServer;
  readonly log: Logger;
}

export const mcpRoute = ({ authenticate, mcpServer, log }: McpRouteOptions): Hono => {
  // The SDK hands the same authInfo object to its factory; a real token never has to travel with it.
  const callers = new WeakMap<AuthInfo, Caller>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo === undefined ? undefined : callers.get(authInfo);
      if (caller === undefined) throw new TypeError('an MCP request without a caller');
      return mcpServer(caller);
    },
    { maxRequestBodySize: maxMessageBytes, onerror: (error) => log.debug({ route: '/mcp', ...describeDefect(error) }) },
  );
  return new Hono().all('/mcp', async (c) => {
    const authentication = await authenticate(c.req.raw.headers);
    switch (authentication.kind) {
      case 'refused':
        return refusalResponse(c, authentication);
      case 'service':
        return refusalResponse(c, {
          kind: 'refused',
          status: 400,
          error: 'identifier_missing',
          description: 'A service key has to name the person in the Postern-Identifier header.',
        });
      case 'caller': {
        const authInfo: AuthInfo = { token: '', clientId: authentication.caller.credential, scopes: [] };
        callers.set(authInfo, authentication.caller);
        return handler.fetch(c.req.raw, { authInfo });
      }
    }
  });
};
