// Between web-standard requests and the Koa application that oidc-provider is. Passes on only the headers it names, so
// that no request can choose our URLs or bring a cookie of its own; cookies are renamed on the way in and out.
import type { RequestListener } from 'node:http';
import inject from 'light-my-request';

// The cookie that binds an authorization request to the browser it began in. oidc-provider has one name for it and tells
// requests apart by paths, which a sibling domain's cookie can imitate: whoever plants the cookies of a request of their own
// in somebody's browser has that person agree to it, and gets the code themselves. So, seen from outside, every request has a
// cookie name of its own, the path is `/`, and the prefix `__Host-` keeps other domains from setting it.

/** oidc-provider's name, both for the page that asks and for coming back from it. */
export const interactionCookie = 'postern_authorization';

const innerNames = [interactionCookie, `${interactionCookie}.sig`];

const nameOf = (cookie: string): string => cookie.split('=', 1)[0]?.trim() ?? '';

/** The last part of `/sign-in/{uid}` and `/authorize/{uid}`. */
const uidIn = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** RFC 6265bis §4.1.3.2; over http, on this computer alone, browsers do not take such a name. */
const outerName = (inner: string, path: string, isHttps: boolean): string =>
  `${isHttps ? '__Host-' : ''}${inner.replace(interactionCookie, `${interactionCookie}_${uidIn(path).slice(0, 16)}`)}`;

/** Of the cookies that a browser sends to a path, those of the request that the path names, as oidc-provider calls them. */
const toInnerCookies = (header: string, path: string, isHttps: boolean): string => {
  const cookies = header.split(';').map((cookie) => cookie.trim());
  return innerNames
    .flatMap((inner) => {
      const outer = outerName(inner, path, isHttps);
      const found = cookies.filter((cookie) => nameOf(cookie) === outer);
      return found.map((cookie) => inner + cookie.slice(outer.length));
    })
    .join('; ');
};

/**
 * Says for how long a cookie lives in place of until when: the library goes by the machine's clock, and a browser by its own.
 * One that ends the cookie stays as it is.
 */
const forSomeTime = (line: string): string =>
  line.replace(/; *expires=([^;]+)/i, (whole, at: string) => {
    const seconds = Math.round((Date.parse(at) - Date.now()) / 1000);
    return seconds > 0 ? `; max-age=${seconds}` : whole;
  });

/** One `Set-Cookie` of oidc-provider as browsers get it; undefined for any other cookie than these. */
const toOuterCookie = (line: string, isHttps: boolean): string | undefined => {
  const name = nameOf(line);
  const [, path] = /; *path=([^;]+)/i.exec(line) ?? [];
  if (!innerNames.includes(name) || path === undefined) return undefined;
  return outerName(name, path, isHttps) + forSomeTime(line.slice(name.length)).replace(/; *path=[^;]+/i, '; path=/');
};

export interface InnerRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly address: string;
}

const passedOn = ['accept', 'authorization', 'content-type'];

const isHttps = ({ protocol }: URL): boolean => protocol === 'https:';

/** Everything else a client sends, forwarding headers above all, stays outside. */
export const innerHeaders = ({ headers, url }: Request, publicUrl: URL): Record<string, string> => {
  const inner: Record<string, string> = {};
  for (const name of passedOn) {
    const value = headers.get(name);
    if (value !== null) inner[name] = value;
  }
  const cookie = toInnerCookies(headers.get('cookie') ?? '', new URL(url).pathname, isHttps(publicUrl));
  return cookie === '' ? inner : { ...inner, cookie };
};

const outerHeaders = (headers: Readonly<Record<string, unknown>>, publicUrl: URL): Headers => {
  const cookies = new Set<string>();
  const outer = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (/^(access-control-|connection$|date$|keep-alive$|transfer-encoding$|content-length$|vary$)/i.test(name))
      continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (name.toLowerCase() === 'set-cookie') cookies.add(toOuterCookie(String(item), isHttps(publicUrl)) ?? '');
      else if (item !== undefined) outer.append(name, String(item));
    }
  }
  cookies.delete('');
  for (const cookie of cookies) outer.append('set-cookie', cookie);
  return outer;
};

/** Lets a listener of node:http answer; the URL it sees is the public one. */
export const dispatch = async (listener: RequestListener, request: InnerRequest, publicUrl: URL): Promise<Response> => {
  const { method, path, headers, body, address } = request;
  const {
    statusCode,
    headers: answered,
    rawPayload,
  } = await inject(listener, {
    method,
    url: path,
    remoteAddress: address,
    headers: { ...headers, host: publicUrl.host, 'x-forwarded-proto': publicUrl.protocol.slice(0, -1) },
    payload: body,
  });
  const empty = rawPayload.length === 0 || (statusCode >= 300 && statusCode < 400);
  return new Response(empty ? null : new Uint8Array(rawPayload), {
    status: statusCode,
    headers: outerHeaders(answered, publicUrl),
  });
};
