// From which network address a request comes: the socket's peer, and behind proxies the operator named what they say
// (X-Forwarded-For, or RFC 7239's Forwarded). Host and scheme are never taken from such headers: the public URL decides.
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Logger } from 'pino';

/** The address of whoever sent a request, as text that is the same for the same address. */
export type AddressOf = (c: Context) => string;

/** What has no address (a socket that is closed already) counts as one client. */
const noAddress = 'unknown';

/**
 * One address as proxies and sockets write it: with or without a port, IPv6 in brackets or not, with a zone.
 * @returns IPv4 also for an IPv4-mapped IPv6 address; undefined for anything else (`unknown`, `_hidden`, a host name).
 */
export const readAddress = (text: string): string | undefined => {
  const [, bracketed] = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, beforePort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  const address = bracketed ?? beforePort ?? text;
  if (isIPv4(address)) return bracketed === undefined ? address : undefined;
  if (isIP(address) === 0) return undefined;
  const written = new SocketAddress({ address: address.replace(/%.*$/s, ''), family: 'ipv6' }).address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(written)?.[1];
  return mapped ?? written;
};

/** @param networks addresses and networks (`10.0.0.0/8`), as the setting's schema accepts them. */
export const trustedBy = (networks: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
};

/** The elements of a list header, last first: read from its end, so that nothing a client wrote hides what a proxy added. */
const lastFirst = (header: string): string[] => {
  const elements: string[] = [];
  let quoted = false;
  let end = header.length;
  for (let at = end - 1; at >= 0; at--) {
    if (header[at] === '"') quoted = !quoted;
    if (header[at] !== ',' || quoted) continue;
    elements.push(header.slice(at + 1, end).trim());
    end = at;
  }
  return [...elements, header.slice(0, end).trim()];
};

/** The `for` of one element of Forwarded (RFC 7239 §4); undefined unless it is there once and all is in the grammar. */
const forwardedFor = (element: string): string | undefined => {
  const pairs = [...element.matchAll(/\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))\s*(?:;|$)/gy)];
  const read = pairs.reduce((length, [pair]) => length + pair.length, 0);
  const named = pairs.filter(([, name = '']) => name.toLowerCase() === 'for');
  const [, , quoted, plain] = named[0] ?? [];
  return read === element.length && named.length === 1 ? (quoted ?? plain) : undefined;
};

/** Who is said to have sent a request, the nearest first. A proxy has to write or remove the one that is read. */
const hopsOf = (c: Context): (string | undefined)[] => {
  const forwardedForHeader = c.req.header('x-forwarded-for');
  if (forwardedForHeader !== undefined) return lastFirst(forwardedForHeader);
  const forwarded = c.req.header('forwarded');
  return forwarded === undefined ? [] : lastFirst(forwarded).map(forwardedFor);
};

const peerOf = (c: Context): string | undefined => {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return readAddress(incoming?.socket.remoteAddress ?? '');
};

/**
 * The rightmost address that is not a trusted proxy's, starting at the socket's peer. What is malformed, hidden or
 * `unknown` ends the search at the last hop that could be read. From anybody but a trusted proxy these headers are
 * ignored; where no proxy is trusted at all, the log says so once.
 */
export const createAddressOf = (trustedProxies: readonly string[], log: Logger): AddressOf => {
  const trusts = trustedBy(trustedProxies);
  let warned = trustedProxies.length > 0;
  return (c) => {
    const peer = peerOf(c);
    const hops = hopsOf(c);
    if (!warned && hops.length > 0) {
      warned = true;
      const next =
        'Where a proxy is in front, set POSTERN_TRUSTED_PROXIES to its address: else all its clients share one limit.';
      log.warn({ event: 'forwarding_headers_ignored', next });
    }
    if (peer === undefined) return noAddress;
    let nearest = peer;
    for (const hop of hops) {
      if (!trusts(nearest)) return nearest;
      const address = readAddress(hop ?? '');
      if (address === undefined) return nearest;
      nearest = address;
    }
    return nearest;
  };
};
