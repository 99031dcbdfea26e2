// URLs as a reader needs them: recognisable and short, with the host always whole.
// Knows nothing of HTML; nothing is fetched or resolved.

/** Characters of a shortened URL; only a host that is longer itself makes it longer. */
export const usualUrlLength = 80;

/** Parameters that say where a click came from, not where it goes. */
const trackingParameter =
  /^(?:utm_\w+|mc_[ce]id|fbclid|gclid|msclkid|mkt_tok|_hs\w+|vero_\w+|oly_\w+|trk\w*|igshid|yclid|elq\w*|ref_?src)=/i;
const longestParameter = 40;

const leadingParts = /^([a-z][a-z0-9+.-]*:(?:\/\/[^/?#]*)?)([^?#]*)(\?[^#]*)?(#.*)?$/is;

/** Cuts without leaving half a surrogate pair or half a percent-encoded byte. */
const cutAt = (text: string, length: number): string =>
  text
    .slice(0, Math.max(length, 0))
    .replace(/[\ud800-\udbff]$/, '')
    .replace(/%[0-9a-f]?$/i, '');

/** The end of a path, where the name or the number of what it leads to usually stands. */
const endOf = (path: string, length: number): string =>
  length <= 0 ? '' : path.slice(-length).replace(/^(?:[\udc00-\udfff]|%?[0-9a-f]?(?=%))/i, '');

/** As many parameters as fit, those that only track left out. */
const briefQuery = (query: string, room: number): string => {
  const parameters = query.slice(1).split('&', 20);
  let brief = '';
  for (const parameter of parameters) {
    if (parameter === '' || trackingParameter.test(parameter)) continue;
    if (parameter.length > longestParameter || brief.length + parameter.length + 1 > room) break;
    brief += `${brief === '' ? '?' : '&'}${parameter}`;
  }
  return brief;
};

/** Shorter than this no path tells one item of a newsletter from the next. */
const leastPath = 8;

/** The end of the path with its parameters, which tells most in the least room. */
const tightUrl = (origin: string, path: string, query: string, room: number): string => {
  const rest = `${path}${briefQuery(query, longestParameter)}`;
  return rest.length <= room ? `${origin}${rest}…` : `${origin}/…${endOf(rest, room - 1)}`;
};

/**
 * A URL of at most `limit` characters (more only where the host leaves no room for eight of the path): scheme, whole host, as much of the path
 * (below the usual length: of its end) and the parameters as fit, and "…" where something is missing. User names before the host are left out, because they
 * are written there to look like a host.
 */
export const shortUrl = (url: string, limit: number = usualUrlLength): string => {
  const [, head = '', path = '', query = ''] = leadingParts.exec(url.slice(0, 4_000)) ?? [];
  const origin = head.replace(/\/\/[^/]*@/, '//…@');
  if (origin === head && url.length <= limit) return url;
  if (head === '') return `${cutAt(url, limit - 1)}…`;
  const room = limit - origin.length - 1;
  if (origin !== head && url.length - head.length <= room) return `${origin}${url.slice(head.length)}`;
  if (limit < usualUrlLength) return tightUrl(origin, path, query, Math.max(room, leastPath));
  if (path.length > room) return `${origin}${cutAt(path, room)}…`;
  return `${origin}${path}${briefQuery(query, room - path.length)}…`;
};

/** URLs in running text; the closing mark of a sentence or a bracket is not part of one. */
const urlInText = /\bhttps?:\/\/[^\s<>"\u2026]+/gi;

const endOfUrl = (run: string): number => {
  let end = run.length;
  while (end > 0 && /[.,;:!?'")\]}*_]/.test(run[end - 1] ?? '')) {
    if (run[end - 1] === ')' && run.lastIndexOf('(', end - 1) > 0) break;
    end -= 1;
  }
  return end;
};

/** Plain text with its long URLs shortened; everything else stays as it is. */
export const shortenUrls = (text: string): string =>
  text.replace(urlInText, (run) => {
    const end = run.length > usualUrlLength || run.includes('@') ? endOfUrl(run) : 0;
    return end === 0 ? run : shortUrl(run.slice(0, end)) + run.slice(end);
  });

/** What browsers drop from a link's target. */
const droppedByBrowsers = /[\t\n\r]/g;

/**
 * A link's target as a URL in printable ASCII without spaces or angle brackets; undefined where it leads nowhere outside
 * the message. An unusual host comes out in its ASCII form (`xn--…`), which no look-alike letter can imitate.
 */
export const targetOf = (href: string, base: string | undefined): string | undefined => {
  const plain = href.replace(droppedByBrowsers, '').trim();
  if (plain === '' || plain.startsWith('#')) return undefined;
  const absolute = /^\/\//.test(plain) && base === undefined ? `https:${plain}` : plain;
  const isUsual =
    /^(?:https?:\/\/|mailto:|tel:|sms:|ftp:\/\/)[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/i.test(absolute);
  if (isUsual) return absolute;
  if (!URL.canParse(absolute, base)) return undefined;
  const { protocol, href: resolved } = new URL(absolute, base);
  return /^(?:https?|mailto|tel|sms|ftp):$/.test(protocol)
    ? resolved.replace(/[<>\s]/g, encodeURIComponent)
    : undefined;
};
