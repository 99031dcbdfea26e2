// What happens to every request before and after its route: a line in the log, and the check of Host and Origin, against DNS
// rebinding and against other sites' pages (the MCP specification's transport section demands the Origin check).
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import type { Clock } from '../lib/clock.ts';
import { errorResponse } from './errors.ts';

/** One line per request, naming the route's template only: paths, queries and headers hold links, keys and identifiers. */
export const requestLog = (log: Logger, clock: Clock): MiddlewareHandler => {
  return async (c, next) => {
    const startedAt = clock.now();
    await next();
    // Middleware has templates that end in "*"; where nothing else matched, the path is none of ours and may be anything.
    const templates = matchedRoutes(c).map(({ path }) => path);
    const route = templates.findLast((template) => !template.endsWith('*')) ?? 'unmatched';
    log.info({ event: 'request', method: c.req.method, route, status: c.res.status, ms: clock.now() - startedAt });
  };
};

/**
 * Takes away what a library says of the connection (RFC 9110 §7.6.1): whether it goes on is the server's to say, and a proxy
 * that is told so of one which is about to end sends the next request into it.
 */
export const withoutConnectionHeader: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.res.headers.has('connection')) c.res.headers.delete('connection');
};

const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses a Host that is neither a loopback name nor in `hostNames`, on any port: a rebinding attack arrives under
 * the attacker's own name, and behind a proxy or in a container the port is not ours to know.
 */
export const hostGuard = (hostNames: readonly string[]): MiddlewareHandler => {
  const allowed = new Set([...loopbackNames, ...hostNames.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    // Two Host lines (RFC 9112 §3.2 forbids them) arrive as one with a comma.
    const twice = c.req.header('host')?.includes(',') === true;
    if (!twice && allowed.has(new URL(c.req.url).hostname)) return next();
    return errorResponse(c, {
      status: 403,
      error: 'host_forbidden',
      message: 'Postern does not answer under this host name.',
      who: 'the operator',
      next: 'Set POSTERN_PUBLIC_URL to the address people use.',
    });
  };
};

/** Whether a request comes from our own pages, or from no page at all (no `Origin`). */
export const hasOwnOrigin = (c: Context, ownOrigin: string): boolean => {
  const origin = c.req.header('origin');
  if (origin === undefined || origin === ownOrigin) return true;
  // The host was checked before this: a page of the same host and port is ours, whatever scheme a proxy speaks.
  return URL.parse(origin)?.host === new URL(c.req.url).host;
};

/** Refuses requests that a page of another origin sent; programs send no Origin. */
export const originGuard = (ownOrigin: string): MiddlewareHandler => {
  return async (c, next) => {
    if (hasOwnOrigin(c, ownOrigin)) return next();
    return errorResponse(c, {
      status: 403,
      error: 'origin_forbidden',
      message: 'Pages of other sites may not call Postern.',
      who: 'the caller',
      next: 'Call Postern from a program or a backend, not from a page in a browser.',
    });
  };
};
