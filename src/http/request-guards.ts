// Which Host and Origin a request may carry: against DNS rebinding and against other sites' pages (the MCP
// specification's transport section demands the Origin check). Knows nothing of credentials.
import type { Context, MiddlewareHandler } from 'hono';
import { errorResponse } from './errors.ts';

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
