// HTTP/2 beside HTTP/1.1 on one port, without TLS (RFC 9113 §3.3, "prior knowledge"): a connection's first bytes tell which it
// is. What HTTP/1.1 connections are held to holds here too: times for headers and bodies, idle and silent connections,
// their number; and what only HTTP/2 lets a client do without end (streams, resets, pings, settings, headers) has a limit.
import type { Server } from 'node:http';
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { ConnectionLimits, Connections } from './limits/connection-limits.ts';

export type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

export interface Http2Connections {
  /** Lets requests under way be answered, and takes no more. */
  close(): void;
  /** Cuts what is left. */
  destroy(): void;
}

export interface Http2Options {
  readonly server: Server;
  /** Gets every connection that does not begin as HTTP/2. */
  readonly toHttp1: (socket: Socket) => void;
  readonly connections: Connections;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly answer: Http2Listener;
}

/** How every HTTP/2 connection begins (RFC 9113 §3.4); no request of HTTP/1.1 does. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const minuteMs = 60_000;
/**
 * Bytes of one request's header, as much as node:http takes of HTTP/1.1, and its fields, more than anybody sends. What comes
 * before the client knows our settings is held by node:http2 to its own limit, 64 KB, and by us to this one.
 */
const maxHeaderBytes = 16 * 1024;
const maxHeaderFields = 100;
/** Streams that a client may reset at once, and then each second (the "rapid reset" attack, CVE-2023-44487). */
const resets = { burst: 200, perSecond: 20 };

const http2Options = ({ maxStreams }: ConnectionLimits): ServerOptions => ({
  settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeaderBytes, enablePush: false },
  maxHeaderListPairs: maxHeaderFields,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  streamResetBurst: resets.burst,
  streamResetRate: resets.perSecond,
});

/** A connection of HTTP/2; times by the clock. */
interface Session {
  readonly session: ServerHttp2Session;
  readonly requests: Map<Http2ServerRequest, number>;
  /** Since when it has no request. */
  idleSince: number;
  /** Whether it ever had one. */
  used: boolean;
  controlFrames: number;
  countedSince: number;
}

/** Whether all of a request has come, read or not; `request.complete` says whether it was read. */
const hasCome = ({ stream }: Http2ServerRequest): boolean =>
  stream.destroyed ||
  stream.endAfterHeaders ||
  stream.state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE ||
  stream.state.state === constants.NGHTTP2_STREAM_STATE_CLOSED;

const headerBytes = ({ rawHeaders }: Http2ServerRequest): number =>
  rawHeaders.reduce((bytes, text) => bytes + text.length, 0);

/** Reads as much of a connection as tells its protocol, and puts it back. */
const sniff = (socket: Socket, decide: (isHttp2: boolean) => void): void => {
  let seen = Buffer.alloc(0);
  const look = (): void => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, preface.length);
    const matches = seen.subarray(0, length).equals(preface.subarray(0, length));
    if (matches && length < preface.length) return;
    socket.off('readable', look);
    socket.unshift(seen);
    decide(matches);
  };
  socket.on('readable', look);
};

/** Ends what takes too long, and remembers which sessions there are. */
const createSessions = ({ limits, clock, connections }: Http2Options) => {
  const sessions = new Map<ServerHttp2Session, Session>();

  const countControlFrame = (each: Session): void => {
    const now = clock.now();
    if (now - each.countedSince > minuteMs) Object.assign(each, { controlFrames: 0, countedSince: now });
    each.controlFrames += 1;
    if (each.controlFrames > limits.maxControlFrames)
      each.session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };

  const checkSession = (each: Session, now: number): void => {
    const { session, requests } = each;
    const idleMs = each.used ? limits.keepAliveMs : limits.headersMs;
    if (requests.size === 0 && now - each.idleSince >= idleMs) {
      // What does not go when it is told to is cut at the next look.
      if (session.closed) session.destroy();
      else session.close();
    }
    for (const [request, startedAt] of requests)
      if (!hasCome(request) && now - startedAt >= limits.requestMs) request.stream.close(constants.NGHTTP2_CANCEL);
  };

  return {
    check: (now: number): void => {
      for (const each of sessions.values()) checkSession(each, now);
    },
    add: (session: ServerHttp2Session, socket: Socket): void => {
      const now = clock.now();
      const requests: Session['requests'] = new Map();
      const each: Session = { session, requests, idleSince: now, used: false, controlFrames: 0, countedSince: now };
      sessions.set(session, each);
      connections.follow(socket, {
        get complete() {
          return [...requests.keys()].some(hasCome);
        },
      });
      session.on('ping', () => countControlFrame(each));
      session.on('remoteSettings', () => countControlFrame(each));
      session.on('error', () => {});
      // The session's own time starts again with every ping.
      session.setTimeout(limits.silenceMs, () => session.destroy());
      session.once('close', () => sessions.delete(session));
    },
    begin: (request: Http2ServerRequest, response: Http2ServerResponse, socket: Socket | undefined): void => {
      const { stream } = request;
      const each = stream.session === undefined ? undefined : sessions.get(stream.session as ServerHttp2Session);
      if (each === undefined) return;
      each.used = true;
      each.requests.set(request, clock.now());
      stream.setTimeout(limits.silenceMs, () => stream.close(constants.NGHTTP2_CANCEL));
      response.once('close', () => {
        each.requests.delete(request);
        each.idleSince = clock.now();
        if (socket !== undefined) connections.answered(socket);
      });
    },
    each: (act: (session: ServerHttp2Session) => void): void => {
      for (const session of sessions.keys()) act(session);
    },
  };
};

/**
 * Takes the connections of a server that begin as HTTP/2, and gives it the others. Admission, and with it the number of
 * connections, stays with the server's own listeners.
 */
export const acceptHttp2 = (options: Http2Options): Http2Connections => {
  const { server, limits, clock, answer, toHttp1 } = options;
  const http2 = createServer(http2Options(limits));
  const sessions = createSessions(options);
  const sockets = new WeakMap<object, Socket>();
  /** Those that have not said yet what they are, and since when. */
  const undecided = new Map<Socket, number>();

  http2.on('request', (request, response) => {
    const socket = request.stream.session === undefined ? undefined : sockets.get(request.stream.session);
    sessions.begin(request, response, socket);
    if (headerBytes(request) <= maxHeaderBytes) return answer(request, response);
    response.statusCode = 431;
    response.end();
  });
  const toHttp2 = (socket: Socket): void => {
    http2.once('session', (session) => {
      sockets.set(session, socket);
      sessions.add(session, socket);
    });
    http2.emit('connection', socket);
  };

  const ignore = (): void => {};
  server.on('connection', (socket: Socket) => {
    undecided.set(socket, clock.now());
    const forget = () => undecided.delete(socket);
    socket.on('error', ignore);
    socket.once('close', forget);
    sniff(socket, (isHttp2) => {
      forget();
      socket.off('close', forget);
      if (socket.destroyed) return;
      (isHttp2 ? toHttp2 : toHttp1)(socket);
      socket.off('error', ignore);
    });
  });

  const ended = new AbortController();
  const watch = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await clock.sleep(limits.checkEveryMs, ended.signal);
      const now = clock.now();
      for (const [socket, since] of undecided) if (now - since >= limits.headersMs) socket.destroy();
      sessions.check(now);
    }
  };
  server.once('listening', () => void watch());
  server.once('close', () => ended.abort());

  return {
    close: () => {
      for (const socket of undecided.keys()) socket.destroy();
      sessions.each((session) => session.close());
    },
    destroy: () => {
      for (const socket of undecided.keys()) socket.destroy();
      sessions.each((session) => session.destroy());
    },
  };
};
