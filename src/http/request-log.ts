// One line per request, naming the route's template only: paths, queries and headers hold links, keys and identifiers.
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import type { Clock } from '../lib/clock.ts';

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
