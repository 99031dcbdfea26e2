// The end of a server: no request is lost that a proxy sends on a connection which it keeps. Of a connection that is closed
// under a request nobody knows what became of it, so a proxy cannot send a POST again; one that could not be made tells it
// to try another process. So the port is closed first, every answer from then on ends its connection, and connections that
// nothing comes over are closed last.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { Http2Connections } from './http2.ts';

/** So long a kept connection may still bring a request: a proxy that asks whether we are ready knows by then. Milliseconds. */
const idleMs = 2_000;

const endWith = (response: ServerResponse): void => {
  if (!response.headersSent) response.setHeader('Connection', 'close');
};

/**
 * To be called before anything listens to the server.
 * @returns ends it: accepts no more, lets running answers finish for at most `graceMs`, then cuts what is left.
 */
export const createServerClose = (
  server: Server,
  http2: Http2Connections | undefined,
  clock: Clock,
): ((graceMs: number) => Promise<void>) => {
  const unanswered = new Set<ServerResponse>();
  let stage: 'open' | 'ending' | 'idle_closed' = 'open';
  server.prependListener('request', (_, response) => {
    unanswered.add(response);
    if (stage !== 'open') endWith(response);
    response.once('close', () => {
      unanswered.delete(response);
      // One that had begun before would else stay until its time runs out.
      if (stage === 'idle_closed') setImmediate(() => server.closeIdleConnections());
    });
  });

  return async (graceMs) => {
    stage = 'ending';
    for (const response of unanswered) endWith(response);
    const waiting = new AbortController();
    const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
    // That of node:http closes idle connections at once.
    NetServer.prototype.close.call(server);
    http2?.close();
    const keptMs = Math.min(idleMs, graceMs);
    const end = async (): Promise<void> => {
      if (keptMs > 0) await clock.sleep(keptMs, waiting.signal);
      stage = 'idle_closed';
      server.close();
      if (!waiting.signal.aborted) await clock.sleep(graceMs - keptMs, waiting.signal);
      if (waiting.signal.aborted) return;
      server.closeAllConnections();
      http2?.destroy();
    };
    const ended = end();
    await closed;
    waiting.abort();
    await ended;
  };
};
