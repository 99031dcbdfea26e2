// Connections that are slow, dead or too many: how long a socket may keep the server waiting, and who goes when all
// places are taken. Knows nothing of what is asked over them.
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '../../lib/rate-limit.ts';
import { readAddress, trustedBy } from '../client-address.ts';

/** Milliseconds, but for the numbers of things. */
export interface ConnectionLimits {
  /** From the beginning of a connection, or the first byte of a later request, to the end of the request's header. */
  readonly headersMs: number;
  /** The same to the end of its body. */
  readonly requestMs: number;
  /** Without a byte in either direction: longer than a tool call and a wait for a person together. */
  readonly silenceMs: number;
  /** Between two requests: longer than proxies keep a connection, or they would send into one that is just closing. */
  readonly keepAliveMs: number;
  /** How often the first two are looked at. */
  readonly checkEveryMs: number;
  readonly mostConnections: number;
  /** Of one IPv4 address or IPv6 /64. */
  readonly mostPerAddress: number;
  /** Requests on one connection without an answer yet; clients and proxies of today send one at a time. */
  readonly mostPipelined: number;
  /** Addresses and networks that `mostPerAddress` is not for: everybody comes through them. */
  readonly trustedProxies: readonly string[];
}

export const defaultConnectionLimits: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  silenceMs: 180_000,
  keepAliveMs: 65_000,
  checkEveryMs: 2_000,
  mostConnections: 2_000,
  mostPerAddress: 500,
  mostPipelined: 20,
  trustedProxies: [],
};

/** What node:http is told when the server is made. */
export const serverOptions = (limits: ConnectionLimits): ServerOptions => ({
  headersTimeout: limits.headersMs,
  requestTimeout: limits.requestMs,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: limits.checkEveryMs,
});

interface Connection {
  /** Whose places it takes; undefined for a trusted proxy. */
  readonly group: string | undefined;
  /** The newest one; undefined while nothing is asked. */
  request: IncomingMessage | undefined;
  unanswered: number;
}

/** Connections in the order in which they last came or were answered, and how many of them each address has. */
const createPlaces = () => {
  const connections = new Map<Socket, Connection>();
  const groups = new Map<string, number>();
  const count = (group: string | undefined, more: 1 | -1): void => {
    if (group === undefined) return;
    const now = (groups.get(group) ?? 0) + more;
    if (now === 0) groups.delete(group);
    else groups.set(group, now);
  };
  const remove = (socket: Socket): void => {
    const connection = connections.get(socket);
    if (connections.delete(socket)) count(connection?.group, -1);
  };
  return {
    taken: () => connections.size,
    takenBy: (group: string) => groups.get(group) ?? 0,
    get: (socket: Socket) => connections.get(socket),
    add: (socket: Socket, group: string | undefined): void => {
      connections.set(socket, { group, request: undefined, unanswered: 0 });
      count(group, 1);
    },
    remove,
    /** Puts it behind all others: it waits from now on. */
    renew: (socket: Socket, connection: Connection): void => {
      if (connections.delete(socket)) connections.set(socket, connection);
    },
    /** The one that has kept the server waiting for longest: idle, or in the middle of sending a request. */
    longestWaiting: (group?: string): Socket | undefined => {
      for (const [socket, { group: its, request }] of connections)
        if ((group === undefined || its === group) && request?.complete !== true) return socket;
      return undefined;
    },
  };
};

/**
 * Cuts silent connections, and keeps their number below `mostConnections`, and of one address below `mostPerAddress`: a
 * new one takes the place of the one that has kept the server waiting for longest. Only when every connection waits
 * for the server is the new one refused. So whoever opens many and sends slowly gets in nobody's way.
 * @param answer gets every request but those on a connection with `mostPipelined` unanswered ones, which is cut.
 */
export const limitConnections = (server: Server, limits: ConnectionLimits, answer: RequestListener): void => {
  const places = createPlaces();
  const trusts = trustedBy(limits.trustedProxies);

  /** Whether there is a place, if need be by taking it from another one. */
  const makeRoom = (full: boolean, group?: string): boolean => {
    if (!full) return true;
    const slowest = places.longestWaiting(group);
    if (slowest === undefined) return false;
    places.remove(slowest);
    slowest.destroy();
    return true;
  };

  server.setTimeout(limits.silenceMs);
  server.on('connection', (socket: Socket) => {
    const address = readAddress(socket.remoteAddress ?? '');
    const group = address === undefined || trusts(address) ? undefined : addressGroup(address);
    const admitted =
      (group === undefined || makeRoom(places.takenBy(group) >= limits.mostPerAddress, group)) &&
      makeRoom(places.taken() >= limits.mostConnections);
    if (!admitted) return socket.destroy();
    places.add(socket, group);
    socket.once('close', () => places.remove(socket));
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const connection = places.get(socket);
    // What was parsed before the connection was cut is not answered any more.
    if (connection === undefined || socket.destroyed) return;
    if (connection.unanswered >= limits.mostPipelined) return socket.destroy();
    connection.request = request;
    connection.unanswered += 1;
    response.once('close', () => {
      connection.unanswered -= 1;
      if (connection.request !== request) return;
      connection.request = undefined;
      places.renew(socket, connection);
    });
    answer(request, response);
  });
};
