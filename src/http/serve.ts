// A socket for a Hono app: listening, with the usual failures as values, and a close that lets answers finish. Where there
// are gRPC services too, they and the app are served over HTTP/2 on the same port.
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Clock } from '../lib/clock.ts';
import { createServerClose } from './close-server.ts';
import { acceptHttp2, type Http2Connections, type Http2Listener } from './http2.ts';
import {
  type ConnectionLimits,
  defaultConnectionLimits,
  limitConnections,
  serverOptions,
} from './limits/connection-limits.ts';

export interface Listening {
  readonly kind: 'listening';
  readonly host: string;
  readonly port: number;
  /** Accepts no more, lets running answers finish for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** Why a port cannot be listened on, with a sentence for the operator. */
export interface ListenFailure {
  readonly kind: 'port_busy' | 'not_permitted' | 'address_unavailable';
  readonly message: string;
}

const failureOf = (error: NodeJS.ErrnoException, host: string, port: number): ListenFailure | undefined => {
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        kind: 'port_busy',
        message: `Port ${port} on ${host} is in use. Stop the other program, or set POSTERN_PORT to a free port.`,
      };
    case 'EACCES':
      return {
        kind: 'not_permitted',
        message: `This user may not listen on port ${port}. Set POSTERN_PORT to a port above 1023.`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        kind: 'address_unavailable',
        message: `This machine has no address ${host}. Set POSTERN_HOST to 127.0.0.1 or 0.0.0.0.`,
      };
    default:
      return undefined;
  }
};

interface Served {
  readonly server: Server;
  /** undefined: HTTP/1.1 only. */
  readonly http2: Http2Connections | undefined;
}

const isGrpc: (request: Parameters<Http2Listener>[0]) => boolean = ({ headers }) =>
  headers['content-type']?.startsWith('application/grpc') === true;

const serve = (app: Hono, clock: Clock, limits: ConnectionLimits, grpc: Http2Listener | undefined): Served => {
  const answer = getRequestListener(app.fetch);
  const server = createServer(serverOptions(limits));
  const toHttp1 = server.listeners('connection');
  const connections = limitConnections(server, limits, answer);
  if (grpc === undefined) return { server, http2: undefined };
  const http2 = acceptHttp2({
    server,
    toHttp1: (socket) => {
      for (const accept of toHttp1) accept.call(server, socket);
    },
    connections,
    limits,
    clock,
    answer: (request, response) => (isGrpc(request) ? grpc(request, response) : answer(request, response)),
  });
  for (const accept of toHttp1) server.off('connection', accept as () => void);
  return { server, http2 };
};

/**
 * Listens on `port` (0: any free one). Rejects only for an error that has no name in `ListenFailure`.
 * @param grpc answers gRPC requests; undefined: there are none, and HTTP/1.1 alone is spoken
 */
export const listen = (
  app: Hono,
  where: { readonly host: string; readonly port: number },
  clock: Clock,
  limits: ConnectionLimits = defaultConnectionLimits,
  grpc?: Http2Listener,
): Promise<Listening | ListenFailure> => {
  const { host, port } = where;
  const { server, http2 } = serve(app, clock, limits, grpc);
  const close = createServerClose(server, http2, clock);
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const failure = failureOf(error, host, port);
      return failure === undefined ? reject(error) : resolve(failure);
    };
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      const address = server.address();
      const actual = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ kind: 'listening', host, port: actual, close });
    });
  });
};
