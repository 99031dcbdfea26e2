// Connections that are slow, dead or too many: how long a socket may keep the server waiting, and which one is closed when
// there are as many as there may be.
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '../../lib/rate-limit.ts';
import { readAddress, trustedBy } from '../client-address.ts';
import { createCounts } from './call-limits.ts';

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
  readonly maxConnections: number;
  /** Of one IPv4 address or IPv6 /64. */
  readonly maxPerAddress: number;
  /** Requests on one HTTP/1.1 connection without an answer yet; clients and proxies of today send one at a time. */
  readonly maxPipelined: number;
  /** Requests on one HTTP/2 connection at the same time; a client waits with more. */
  readonly maxStreams: number;
  /** PING and SETTINGS frames of one HTTP/2 connection a minute: gRPC clients send several a second while data flows. */
  readonly maxControlFrames: number;
  /** Addresses and networks that `maxPerAddress` is not for: everybody comes through them. */
  readonly trustedProxies: readonly string[];
}

export const defaultConnectionLimits: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  silenceMs: 180_000,
  keepAliveMs: 65_000,
  checkEveryMs: 2_000,
  maxConnections: 2_000,
  maxPerAddress: 500,
  maxPipelined: 20,
  maxStreams: 100,
  maxControlFrames: 2_000,
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
  /** Whose limit it counts for; undefined for a trusted proxy. */
  readonly group: string | undefined;
  /** The newest one, of HTTP/2 all of them as one; undefined while nothing is asked. */
  request: { readonly complete: boolean } | undefined;
  unanswered: number;
}

/** Connections in the order in which they last came or were answered, and how many of them each address has. */
const createConnectionList = () => {
  const entries = new Map<Socket, Connection>();
  const groups = createCounts();
  const count = (group: string | undefined, more: 1 | -1): void => {
    if (group !== undefined) groups.add(group, more);
  };
  const remove = (socket: Socket): void => {
    const connection = entries.get(socket);
    if (entries.delete(socket)) count(connection?.group, -1);
  };
  return {
    size: () => entries.size,
    sizeOf: groups.of,
    get: (socket: Socket) => entries.get(socket),
    add: (socket: Socket, group: string | undefined): void => {
      entries.set(socket, { group, request: undefined, unanswered: 0 });
      count(group, 1);
    },
    remove,
    /** Puts it behind all others: it waits from now on. */
    renew: (socket: Socket, connection: Connection): void => {
      if (entries.delete(socket)) entries.set(socket, connection);
    },
    /** The one that has kept the server waiting for longest: idle, or in the middle of sending a request. */
    longestWaiting: (group?: string): Socket | undefined => {
      for (const [socket, { group: its, request }] of entries)
        if ((group === undefined || its === group) && request?.complete !== true) return socket;
      return undefined;
    },
  };
};

/** For whoever reads requests of a connection otherwise than `limitConnections` does. */
export interface Connections {
  /** From now on `request` says whether all that was begun has come, so that the connection waits for the server. */
  follow(socket: Socket, request: { readonly complete: boolean }): void;
  /** Something was answered: the connection waits again only from now on. */
  answered(socket: Socket): void;
}

/**
 * Cuts silent connections, and keeps their number below `maxConnections`, and of one address below `maxPerAddress`: a
 * new one takes the place of the one that has kept the server waiting for longest. Only when every connection waits
 * for the server is the new one refused. So whoever opens many and sends slowly gets in nobody's way.
 * @param answer gets every request but those on a connection with `maxPipelined` unanswered ones, which is cut.
 */
export const limitConnections = (server: Server, limits: ConnectionLimits, answer: RequestListener): Connections => {
  const connections = createConnectionList();
  const trusts = trustedBy(limits.trustedProxies);

  /** Whether there is a place, if need be by taking it from another one. */
  const makeRoom = (full: boolean, group?: string): boolean => {
    if (!full) return true;
    const slowest = connections.longestWaiting(group);
    if (slowest === undefined) return false;
    connections.remove(slowest);
    slowest.destroy();
    return true;
  };

  server.setTimeout(limits.silenceMs);
  server.on('connection', (socket: Socket) => {
    const address = readAddress(socket.remoteAddress ?? '');
    const group = address === undefined || trusts(address) ? undefined : addressGroup(address);
    const admitted =
      (group === undefined || makeRoom(connections.sizeOf(group) >= limits.maxPerAddress, group)) &&
      makeRoom(connections.size() >= limits.maxConnections);
    if (!admitted) return socket.destroy();
    connections.add(socket, group);
    socket.once('close', () => connections.remove(socket));
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const connection = connections.get(socket);
    // What was parsed before the connection was cut is not answered any more.
    if (connection === undefined || socket.destroyed) return;
    if (connection.unanswered >= limits.maxPipelined) return socket.destroy();
    connection.request = request;
    connection.unanswered += 1;
    response.once('close', () => {
      connection.unanswered -= 1;
      if (connection.request !== request) return;
      connection.request = undefined;
      connections.renew(socket, connection);
    });
    answer(request, response);
  });

  return {
    follow: (socket, request) => {
      const connection = connections.get(socket);
      if (connection !== undefined) connection.request = request;
    },
    answered: (socket) => {
      const connection = connections.get(socket);
      if (connection !== undefined) connections.renew(socket, connection);
    },
  };
};
