// Where a product may have browsers sent back to after a link: addresses that the operator registered for its key, and no
// other (CWE-601, open redirects). An address is compared as it stands after parsing, in one form only: what a browser and
// somebody less strict could read as two addresses (dot segments, encoded slashes, backslashes, a user name, letters
// outside of ASCII) is refused before it is compared, whoever wrote it.
import { readRedirectUri } from './redirect-uri.ts';

/** Characters of a return URL. */
export const maxReturnUrlLength = 2000;

/** The query parameters that are added on the way back. */
export const returnParameters = ['status', 'reason', 'state'] as const;

/** An address in the one form in which it is compared, stored and redirected to. */
interface Address {
  readonly origin: string;
  /** Percent-encoded, as it was written. */
  readonly path: string;
  /** With its "?"; empty where there is none. */
  readonly query: string;
}

type Reading = ({ readonly kind: 'address' } & Address) | { readonly kind: 'refused'; readonly because: string };

const refused = (because: string): Reading => ({ kind: 'refused', because });

/** At the end of a registered path: any one further segment. */
const oneLevel = '/*';

/** RFC 3986 §2.3, the characters that mean nothing anywhere; and not a dot segment. */
const plainSegment = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,200}$/;

const readAddress = (text: string): Reading => {
  if (text.length > maxReturnUrlLength) return refused(`must have at most ${maxReturnUrlLength} characters`);
  const reading = readRedirectUri(text);
  if (reading.kind === 'refused' && reading.reason === 'characters')
    return refused('must be plain ASCII without spaces and backslashes (a host in other letters in its Punycode)');
  if (reading.kind === 'refused' && reading.reason === 'user_or_fragment')
    return refused('must not have a user name, a password or a fragment');
  if (reading.kind !== 'web' && reading.kind !== 'listener')
    return refused('must be an absolute URL that begins with https:// (http:// is for this machine only)');
  const { origin, pathname, search } = new URL(text);
  const [, written = ''] = /^https?:\/\/[^/?]+([^?]*)/i.exec(text) ?? [];
  if ((written || '/') !== pathname)
    return refused('must have a path without "." and ".." segments, written as a browser writes it');
  return { kind: 'address', origin, path: pathname, query: search };
};

export type RegisteredReading =
  | { readonly kind: 'registered'; readonly url: string }
  | { readonly kind: 'refused'; readonly because: string };

/**
 * Reads an address that an operator registers: https, or http on a loopback name; without user, fragment or the parameters
 * that are added; a path that ends in `/*` allows exactly one further path segment there.
 * @returns the address in the form in which it is stored, or what is wrong, to be read after its name
 */
export const readRegisteredReturnUrl = (text: string): RegisteredReading => {
  const address = readAddress(text);
  if (address.kind === 'refused') return address;
  const { origin, path, query } = address;
  const fixed = path.endsWith(oneLevel) ? path.slice(0, -oneLevel.length) : path;
  if (`${origin}${fixed}`.includes('*'))
    return { kind: 'refused', because: 'may have a "*" only as the last segment of its path, as in /done/*' };
  const names = new URLSearchParams(query);
  const taken = returnParameters.find((name) => names.has(name));
  if (taken !== undefined)
    return { kind: 'refused', because: `must not have "${taken}" in its query: Postern adds it` };
  return { kind: 'registered', url: origin + path + query };
};

/** Whether a path is the registered one, or one plain segment below a registered `/*`. */
const pathFits = (path: string, registered: string): boolean => {
  if (!registered.endsWith(oneLevel)) return path === registered;
  const parent = registered.slice(0, -1);
  return path.startsWith(parent) && plainSegment.test(path.slice(parent.length));
};

/**
 * The address to send a browser back to, if it is a registered one: the same scheme, host and port, the same path (or
 * one segment below a registered `/*`), the same query to the letter.
 * @param registered as `readRegisteredReturnUrl` returned them
 * @returns undefined for everything else
 */
export const findReturnUrl = (given: string, registered: readonly string[]): string | undefined => {
  const wanted = readAddress(given);
  if (wanted.kind === 'refused') return undefined;
  const { origin, path, query } = wanted;
  const fits = registered.some((url) => {
    const known = readAddress(url);
    return known.kind === 'address' && known.origin === origin && known.query === query && pathFits(path, known.path);
  });
  return fits ? origin + path + query : undefined;
};

/** The address with these parameters behind its own, which stay as they are to the letter. */
export const withReturnParameters = (
  url: string,
  parameters: Readonly<Partial<Record<(typeof returnParameters)[number], string>>>,
): string => {
  // Not `URLSearchParams`: it would write the present query anew, and spaces as "+", which not everybody decodes.
  const added = returnParameters.flatMap((name) => {
    const value = parameters[name];
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return `${url}${url.includes('?') ? '&' : '?'}${added.join('&')}`;
};
