// Requests to addresses that somebody outside named: a client's metadata document, what an issuer's metadata points to. A
// name is looked up first, each address of the answer is judged, and only those are connected to: a check after connecting
// comes too late, and one that looks the name up again may see another answer (SSRF, DNS rebinding).

import { lookup as systemLookup } from 'node:dns/promises';
import { type IncomingMessage, type RequestOptions, request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { readBody } from './bounded-body.ts';
import type { Clock } from './clock.ts';

/** Milliseconds from the look-up of the name to the last byte. */
export const outsideDeadlineMs = 10_000;
/** Of a body; nobody outside is asked for more than a document. */
export const maxOutsideBytes = 512 * 1024;

export type OutsideRefusal =
  /** No https, a user name in it, or nothing that can be fetched. */
  | 'address_not_allowed'
  /** The name, or the address itself, leads to this machine or into a network that is not public. */
  | 'address_not_public'
  | 'too_large'
  /** It is compressed, though that was not asked for: it could be of any size. */
  | 'encoded';

/** As `fetch`, for texts and forms. */
export type OutsideFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Nothing of the address: who reads the log knows what was asked for. */
export class OutsideRequestError extends Error {
  readonly reason: OutsideRefusal;

  constructor(reason: OutsideRefusal) {
    super(`the request was not sent, or its answer not taken: ${reason}`);
    this.reason = reason;
  }
}

interface Address {
  readonly address: string;
  readonly family: number;
}

export interface OutsideFetchOptions {
  readonly clock: Clock;
  /** Chosen by the operator: under this one origin any address is good, and http where it begins with it. */
  readonly trustedOrigin?: string;
  /** `ignored`: an answer is its status alone, whatever follows it. */
  readonly bodies?: 'ignored';
  /** All addresses of a name; the system's resolver unless given. */
  readonly lookup?: (hostname: string) => Promise<readonly Address[]>;
}

/** What IANA has given out as global unicast (RFC 4291 §2.4): all that is not in it is somebody's inside, or nobody's. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
/** The well-known prefix of translators (RFC 6052 §2.1), by which networks without IPv4 reach every IPv4 address. */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** The IPv4 address that a packet to this one ends at; undefined where it ends at itself. */
const embedded = (address: ipaddr.IPv6): ipaddr.IPv4 | undefined => {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(translated) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : undefined;
};

/**
 * Whether a packet to this address leaves for the public internet.
 * @param text an address as `dns.lookup` writes it; a literal of a URL without its brackets. False for what is none.
 */
export const isPublicAddress = (text: string): boolean => {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  const inside = embedded(address);
  if (inside !== undefined) return inside.range() === 'unicast';
  return address.match(globalUnicast) && address.range() === 'unicast';
};

/**
 * False for the host of a URL that cannot lead to the public internet, as far as it can be told without looking it up: an
 * address of somebody's inside, or a name of this machine (RFC 6761 §6.3).
 */
export const leadsOutside = (hostname: string): boolean => {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) return isPublicAddress(literal);
  return !/(^|\.)localhost\.?$/i.test(hostname);
};

const addressesOf = async (hostname: string, lookup: OutsideFetchOptions['lookup']): Promise<readonly Address[]> => {
  const literal = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(literal);
  if (family !== 0) return [{ address: literal, family }];
  return lookup === undefined ? systemLookup(hostname, { all: true, verbatim: true }) : lookup(hostname);
};

/** Gives the connection the addresses that were judged, and looks nothing up again. */
const answering =
  (addresses: readonly Address[]): NonNullable<RequestOptions['lookup']> =>
  (_hostname, { all }, done) => {
    const [first] = addresses;
    if (first === undefined) done(new Error('the name has no address'), '');
    else if (all) done(null, [...addresses]);
    else done(null, first.address, first.family);
  };

const headersOf = ({ headers }: IncomingMessage): Headers => {
  const pairs = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  return new Headers(pairs as [string, string][]);
};

const readAnswer = async (answer: IncomingMessage, bodies: OutsideFetchOptions['bodies']): Promise<Response> => {
  if (bodies === 'ignored') return new Response(null, { status: answer.statusCode ?? 502 });
  const headers = headersOf(answer);
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity') throw new OutsideRequestError('encoded');
  const body = await readBody(answer, maxOutsideBytes);
  if (body === undefined) throw new OutsideRequestError('too_large');
  const { statusCode: status = 502 } = answer;
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : body, { status, headers });
};

interface Prepared {
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
  readonly bodies: OutsideFetchOptions['bodies'];
}

const bodyOf = (body: RequestInit['body']): string | undefined => {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('only texts and forms are sent outside');
};

/** One request over a connection of its own: no proxy of the environment, no redirect, no credentials of anybody. */
const send = async (url: URL, { method, headers, body, signal, bodies }: Prepared, addresses: readonly Address[]) => {
  const request = url.protocol === 'https:' ? requestOverHttps : requestOverHttp;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, {
      method,
      headers: Object.fromEntries(headers),
      agent: false,
      lookup: answering(addresses),
      signal,
    });
    sent.once('response', resolve).once('error', reject).end(body);
  });
  try {
    return await readAnswer(answer, bodies);
  } finally {
    answer.destroy();
  }
};

const isAllowed = ({ protocol, username, password }: URL): boolean =>
  protocol === 'https:' && username === '' && password === '';

/**
 * A `fetch` for addresses that came from outside. It follows no redirects, takes no body over `maxOutsideBytes`, ends
 * after `outsideDeadlineMs`, and connects to public addresses over https alone, the operator's own choice aside.
 * @throws OutsideRequestError for what it does not send or take; other errors where the other side cannot be reached.
 */
export const createOutsideFetch = ({ clock, trustedOrigin, bodies, lookup }: OutsideFetchOptions): OutsideFetch => {
  const fetchWithin = async (url: URL, prepared: Prepared): Promise<Response> => {
    const isTrusted = url.origin === trustedOrigin;
    if (!isTrusted && !isAllowed(url)) throw new OutsideRequestError('address_not_allowed');
    const addresses = await addressesOf(url.hostname, lookup);
    if (!isTrusted && !addresses.every(({ address }) => isPublicAddress(address)))
      throw new OutsideRequestError('address_not_public');
    prepared.signal.throwIfAborted();
    return send(url, prepared, addresses);
  };

  return async (named, init = {}) => {
    const url = URL.parse(String(named));
    if (url === null) throw new OutsideRequestError('address_not_allowed');
    init.signal?.throwIfAborted();
    const [deadline, finished] = [new AbortController(), new AbortController()];
    const signals = init.signal ? [deadline.signal, init.signal] : [deadline.signal];
    const headers = new Headers(init.headers);
    if (init.body instanceof URLSearchParams && !headers.has('content-type'))
      headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
    const prepared = {
      method: init.method ?? 'GET',
      headers,
      body: bodyOf(init.body),
      signal: AbortSignal.any(signals),
      bodies,
    };
    void clock.sleep(outsideDeadlineMs, finished.signal).then(() => deadline.abort());
    const ended = new Promise<never>((_, reject) => {
      prepared.signal.addEventListener('abort', () => reject(prepared.signal.reason), { once: true });
    });
    ended.catch(() => undefined);
    try {
      // A resolver that hangs cannot be told to stop.
      return await Promise.race([fetchWithin(url, prepared), ended]);
    } finally {
      finished.abort();
    }
  };
};
