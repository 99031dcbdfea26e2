// The cookie that binds an authorization request to the browser it began in, as the outside sees it. oidc-provider has
// one name for it and tells requests apart by paths, which a sibling domain's cookie can imitate: whoever plants the
// cookies of a request of their own in somebody's browser has that person agree to it, and gets the code themselves.
// Here every request has a name of its own, so that the path is `/` and `__Host-` keeps all others from setting it.

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
export const toInnerCookies = (header: string, path: string, isHttps: boolean): string => {
  const cookies = header.split(';').map((cookie) => cookie.trim());
  return innerNames
    .flatMap((inner) => {
      const outer = outerName(inner, path, isHttps);
      const found = cookies.filter((cookie) => nameOf(cookie) === outer);
      return found.map((cookie) => inner + cookie.slice(outer.length));
    })
    .join('; ');
};

/** One `Set-Cookie` of oidc-provider as browsers get it; undefined for any other cookie than these. */
export const toOuterCookie = (line: string, isHttps: boolean): string | undefined => {
  const name = nameOf(line);
  const [, path] = /; *path=([^;]+)/i.exec(line) ?? [];
  if (!innerNames.includes(name) || path === undefined) return undefined;
  return (outerName(name, path, isHttps) + line.slice(name.length)).replace(/; *path=[^;]+/i, '; path=/');
};
