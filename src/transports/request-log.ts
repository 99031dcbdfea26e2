// One line per request, naming the route's template only: paths, queries and headers hold links, keys and identifiers.
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from 'pino';
import type { Clock } from '../model/clock.ts';

export const requestLog = (log: Logger, clock: Clock): MiddlewareHandler => {
  return async (c, next) => {
    const startedAt = clock.now();
    await next();
    const template = routePath(c, -1);
    // Only middleware matched, whose templates end in "*": the path is none of ours and may be anything.
    const route = template.endsWith('*') ? 'unmatched' : template;
    log.info({ event: 'request', method: c.req.method, route, status: c.res.status, ms: clock.now() - startedAt });
  };
};
