// Connections that are slow or dead: how long a socket may keep the server waiting, and who goes when all places are
// taken. Knows nothing of what is asked over them.
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds, but for `mostConnections`. */
export interface ConnectionLimits {
  /** From the first byte of a request to the end of its header. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestMs: number;
  /** Without a byte in either direction: longer than a tool call and a wait for a person together. */
  readonly silenceMs: number;
  /** How often the first two are looked at. */
  readonly checkEveryMs: number;
  readonly mostConnections: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  silenceMs: 180_000,
  checkEveryMs: 2_000,
  mostConnections: 2_000,
};

/** What node:http is told when the server is made. */
export const serverOptions = ({ headersMs, requestMs, checkEveryMs }: ConnectionLimits): ServerOptions => ({
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: checkEveryMs,
});

/**
 * Cuts silent connections, and keeps their number below `mostConnections`: a new one takes the place of the one that
 * has kept the server waiting for longest (idle, or in the middle of sending a request). Only when every connection
 * waits for the server is the new one refused. So whoever opens many and sends slowly gets in nobody's way.
 */
export const limitConnections = (server: Server, { silenceMs, mostConnections }: ConnectionLimits): void => {
  /** In the order in which they last came or were answered, each with the request it is in. */
  const connections = new Map<Socket, IncomingMessage | undefined>();
  server.setTimeout(silenceMs);
  server.on('connection', (socket: Socket) => {
    if (connections.size >= mostConnections) {
      const slowest = longestWaiting(connections);
      (slowest ?? socket).destroy();
      if (slowest === undefined) return;
      connections.delete(slowest);
    }
    connections.set(socket, undefined);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    if (connections.has(socket)) connections.set(socket, request);
    response.once('close', () => {
      if (connections.get(socket) !== request) return;
      connections.delete(socket);
      if (!socket.destroyed) connections.set(socket, undefined);
    });
  });
};

const longestWaiting = (connections: ReadonlyMap<Socket, IncomingMessage | undefined>): Socket | undefined => {
  for (const [socket, request] of connections) if (request === undefined || !request.complete) return socket;
  return undefined;
};
