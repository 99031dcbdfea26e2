// The connect pages on this machine, for stdio and `accounts connect`. The server starts when its origin is first asked for,
// and ends with the last live link.
import type { Logger } from 'pino';
import { type Connection, LinkOriginError, type LinkOutcome } from '../../connect/accounts.ts';
import { linkLifetimeMs } from '../../connect/links.ts';
import type { Clock, RandomBytes } from '../../lib/clock.ts';
import type { Listening } from '../serve.ts';

export interface LoopbackOptions {
  readonly connection: Connection;
  /** A fixed port for clients whose redirect URI is registered; undefined for any free one. */
  readonly port: number | undefined;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Logger;
}

export interface Loopback {
  /** Where a link made now can be opened, such as `http://127.0.0.1:53124`; starts listening. Rejects with a sentence when the port is taken. */
  origin(): Promise<string>;
  close(): Promise<void>;
}

const loopbackHost = '127.0.0.1';

/** Milliseconds an open answer may take to finish. */
const graceMs = 2_000;

/** Endings that leave the link dead and were not counted before. */
const endsOneLink = ({ kind }: LinkOutcome): boolean =>
  kind !== 'again' && kind !== 'unknown' && kind !== 'used' && kind !== 'expired';

/** Loaded with the first link: most starts of a desktop client never need one. */
const loadPages = async () => ({
  ...(await import('hono')),
  ...(await import('./connect-routes.ts')),
  ...(await import('./html/page.ts')),
  ...(await import('./html/error-pages.ts')),
  ...(await import('../middleware.ts')),
  ...(await import('../serve.ts')),
});

interface RunningServer {
  readonly listening: Listening;
  readonly origin: string;
  /** Aborted when it is closed. */
  readonly closed: AbortController;
  liveLinks: number;
  liveUntil: number;
}

export const createLoopback = (options: LoopbackOptions): Loopback => {
  const { connection, clock, random, log } = options;
  let running: Promise<RunningServer> | undefined;

  const close = async (server: Promise<RunningServer>): Promise<void> => {
    if (running === server) running = undefined;
    const { listening, closed } = await server;
    closed.abort();
    await listening.close(graceMs);
  };

  const linkEnded = async (server: Promise<RunningServer>, outcome: LinkOutcome): Promise<void> => {
    const current = await server;
    // A connection voids the account's other links.
    current.liveLinks = outcome.kind === 'connected' ? 0 : current.liveLinks - 1;
    if (current.liveLinks <= 0) await close(server);
  };

  const start = async (self: () => Promise<RunningServer>): Promise<RunningServer> => {
    let origin = '';
    const finished = (outcome: LinkOutcome) => {
      if (endsOneLink(outcome)) void linkEnded(self(), outcome);
    };
    const { Hono, connectRoutes, hostGuard, listen, notFoundPage, pageResponse } = await loadPages();
    const app = new Hono().use(hostGuard([])).use(async (c, next) => {
      await next();
      // No idle connection keeps the listener, and so the process, alive.
      c.header('Connection', 'close');
    });
    app.route('/', connectRoutes({ connection, origin: () => origin, random, log, finished }));
    app.notFound((c) => pageResponse(c, notFoundPage));
    const listening = await listen(app, { host: loopbackHost, port: options.port ?? 0 }, clock);
    if (listening.kind !== 'listening') {
      log.error({ event: 'loopback_failed', reason: listening.kind, message: listening.message });
      throw new LinkOriginError(listening.message);
    }
    origin = `http://${loopbackHost}:${listening.port}`;
    return { listening, origin, closed: new AbortController(), liveLinks: 0, liveUntil: 0 };
  };

  const closeWhenExpired = async (server: Promise<RunningServer>): Promise<void> => {
    const current = await server;
    while (!current.closed.signal.aborted && clock.now() < current.liveUntil)
      await clock.sleep(current.liveUntil - clock.now(), current.closed.signal);
    if (!current.closed.signal.aborted) await close(server);
  };

  return {
    origin: async () => {
      const existing = running;
      const server: Promise<RunningServer> = existing ?? start(() => server);
      running = server;
      try {
        const current = await server;
        current.liveLinks += 1;
        current.liveUntil = clock.now() + linkLifetimeMs;
        if (existing === undefined) void closeWhenExpired(server);
        return current.origin;
      } catch (error) {
        if (running === server) running = undefined;
        throw error;
      }
    },
    close: async () => {
      if (running !== undefined) await close(running);
    },
  };
};
