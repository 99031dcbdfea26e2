// What a URL leads to behind redirectors that carry the target in their own URL, and without tracking parameters. Only what
// can be decoded with certainty is taken out; no network request is made.

// Tracking parameters. Kept narrow: whatever may be an id or a token of what the link leads to stays.

/** Each is set and read by one analytics or advertising product, and by nothing else. */
const names = new Set([
  ...['_ga', '_gl', '_hsenc', '_hsmi', '__hsfp', '__hssc', '__hstc', 'hsctatracking', '_openstat'],
  ...['dclid', 'fbclid', 'gbraid', 'gclid', 'gclsrc', 'gad_source', 'gad_campaignid', 'srsltid', 'wbraid'],
  ...['igshid', 'li_fat_id', 'mc_cid', 'mc_eid', 'msclkid', 'oly_anon_id', 'oly_enc_id', 'rb_clickid', 's_kwcid'],
  ...['ttclid', 'twclid', 'vero_conv', 'vero_id', 'wickedid', 'yclid', 'ysclid'],
]);
const isTracking = (parameter: string): boolean => {
  const name = parameter.split('=', 1)[0]?.toLowerCase() ?? '';
  return /^utm_[a-z_]+$/.test(name) || names.has(name);
};

/** A signature may stand for all parameters together: without one of them it fails. */
const signature = /(?:^|&)(?:x-(?:amz|goog)-signature|signature|sig|hmac|hash|digest|checksum|policy)=/i;

/** A URL without what only tracks; the same where a signature may cover it. */
export const withoutTracking = (url: string): string => {
  const [, head = '', query = '', fragment = ''] = /^([^?#]*)\?([^#]*)(.*)$/s.exec(url) ?? [];
  if (query === '' || signature.test(query)) return url;
  const parameters = query.split('&');
  const kept = parameters.filter((parameter) => !isTracking(parameter));
  if (kept.length === parameters.length) return url;
  return `${head}${kept.length === 0 ? '' : `?${kept.join('&')}`}${fragment}`;
};

// Redirectors: mail filters that check a click, and sites that are left through a page.

/** The target as it stands in a wrapper; anything that is no URL is sorted out later. */
type Decode = (url: URL, written: string) => string | undefined;

interface Wrapper {
  readonly host: RegExp;
  readonly path: RegExp;
  readonly decode: Decode;
}

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/**
 * The parameter of one of these names, as its value is written; undefined where there is not exactly one. Servers decode
 * names, and some take them in any case: which of two they go by, nobody knows.
 */
const rawParameter = (url: URL, ...names: string[]): string | undefined => {
  const values = url.search
    .slice(1)
    .split('&')
    .map((parameter) => /^([^=]*)=?(.*)$/s.exec(parameter) ?? [])
    .filter(([, name = '']) => names.includes((decoded(name.replaceAll('+', ' ')) ?? name).trim().toLowerCase()));
  return values.length === 1 ? values[0]?.[2] : undefined;
};

/** Where a target was put in without being encoded, nobody knows which parameters are its own. */
const isEncoded = (raw: string): boolean => raw !== '' && !/[?+]/.test(raw);

const parameter =
  (...names: string[]): Decode =>
  (url) => {
    const raw = rawParameter(url, ...names);
    return raw !== undefined && isEncoded(raw) ? decoded(raw) : undefined;
  };

/** Everything in a path behind the given part of it. */
const pathBehind =
  (marker: RegExp): Decode =>
  ({ pathname }) => {
    const raw = marker.exec(pathname)?.[1];
    return raw === undefined ? undefined : decoded(raw);
  };

const base64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** https://support.proofpoint.com/ "URL Defense", version 2: `-` for `%`, `_` for `/`. */
const proofpoint2: Decode = (url) => {
  const raw = rawParameter(url, 'u');
  return raw === undefined ? undefined : decoded(raw.replaceAll('-', '%').replaceAll('_', '/'));
};

const runLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Version 3: `/v3/__target__;characters!…`, where each `*` of the target stands for the next of the characters, and `**X`
 * for as many of them as the place of X in the alphabet says, counted from two.
 */
const proofpoint3: Decode = (_, written) => {
  const [, target, encoded = ''] = /\/v3\/__(.+?)__;([\w-]*)={0,2}!/.exec(written) ?? [];
  const characters = [...base64(encoded)];
  if (target === undefined || characters.includes('\ufffd')) return undefined;
  let used = 0;
  const decodedTarget = target.replace(/\*(?:\*([\w-]))?/g, (_token, run: string | undefined) => {
    const from = used;
    used += run === undefined ? 1 : runLetters.indexOf(run) + 2;
    return characters.slice(from, used).join('');
  });
  // Some programs take one of two slashes out of a path.
  return used === characters.length ? decodedTarget.replace(/^(https?:\/)(?=[^/])/i, '$1/') : undefined;
};

/** The target's host stands beside it, so that a misread one would show. */
const sophos: Decode = (url) => {
  const target = base64(decoded(rawParameter(url, 'u') ?? '') ?? '');
  const host = rawParameter(url, 'd')?.toLowerCase();
  const targetHost = URL.parse(target)?.hostname;
  return host !== undefined && (targetHost === host || targetHost?.endsWith(`.${host}`)) ? target : undefined;
};

const anywhere = /^/;

const wrappers: readonly Wrapper[] = [
  // Mail filters
  {
    host: /\.safelinks\.protection\.(?:outlook\.com|office365\.us|partner\.outlook\.cn)$/,
    path: anywhere,
    decode: parameter('url'),
  },
  { host: /^statics\.teams\.(?:cdn\.office\.net|microsoft\.com)$/, path: /safelinks/, decode: parameter('url') },
  { host: /^urldefense(?:\.proofpoint)?\.(?:com|us)$/, path: /^\/v1\/url$/, decode: parameter('u') },
  { host: /^urldefense(?:\.proofpoint)?\.(?:com|us)$/, path: /^\/v2\/url$/, decode: proofpoint2 },
  { host: /^urldefense(?:\.proofpoint)?\.(?:com|us)$/, path: /^\/v3\/__/, decode: proofpoint3 },
  { host: /^linkprotect\.cudasvc\.com$/, path: /^\/url$/, decode: parameter('a') },
  { host: /^secure-web\.cisco\.com$/, path: anywhere, decode: pathBehind(/^\/[^/]+\/(https?%3a%2f%2f[^/]+)\/?$/i) },
  { host: /^(?:[a-z0-9-]+\.)?protection\.sophos\.com$/, path: /^\/$/, decode: sophos },
  { host: /\.trendmicro\.com$/, path: /^\/wis\/clicktime\//, decode: parameter('url') },
  { host: /^protect\d*\.fireeye\.com$/, path: anywhere, decode: parameter('u') },
  { host: /^clicktime\.symantec\.com$/, path: anywhere, decode: parameter('u') },
  { host: /^url\.avanan\.click$/, path: /^\/v2\/___https?:/, decode: pathBehind(/^\/v2\/___(https?:.+?)___\./) },
  // Senders whose clicks are counted by their provider
  { host: /\.awstrack\.me$/, path: /^\/L0\//, decode: pathBehind(/^\/L0\/(https?:%2f%2f[^/]+)\//i) },
  // Sites that leave themselves through a page
  { host: /^(?:www\.)?google\.com$/, path: /^\/url$/, decode: parameter('q', 'url') },
  { host: /^(?:www\.)?youtube\.com$/, path: /^\/redirect$/, decode: parameter('q') },
  { host: /^lm?\.(?:facebook|messenger|workplace)\.com$/, path: /^\/l\.php$/, decode: parameter('u') },
  { host: /^l\.instagram\.com$/, path: /^\/$/, decode: parameter('u') },
  { host: /^(?:www\.)?linkedin\.com$/, path: /^\/(?:redir\/redirect|safety\/go)\/?$/, decode: parameter('url') },
  { host: /^slack-redir\.net$/, path: /^\/link$/, decode: parameter('url') },
  { host: /^out\.reddit\.com$/, path: anywhere, decode: parameter('url') },
  { host: /^steamcommunity\.com$/, path: /^\/linkfilter\/?$/, decode: parameter('u', 'url') },
  { host: /^vk\.com$/, path: /^\/away\.php$/, decode: parameter('to') },
  { host: /^t\.umblr\.com$/, path: /^\/redirect$/, decode: parameter('z') },
  { host: /^duckduckgo\.com$/, path: /^\/l\/?$/, decode: parameter('uddg') },
];

/** A target that is fit to be shown in the wrapper's place: of the web, in printable ASCII, without a user name. */
const asTarget = (text: string): string | undefined => {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  if (url?.username !== '' || url.password !== '') return undefined;
  return /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/.test(text) ? text : url.href;
};

const unwrappedOnce = (text: string): string | undefined => {
  // Most links are in no wrapper: that is seen without taking them apart.
  const written = /^https?:\/\/([a-z0-9.-]+)\//i.exec(text)?.[1]?.toLowerCase();
  const candidates = written === undefined ? [] : wrappers.filter(({ host }) => host.test(written));
  const url = candidates.length > 0 ? URL.parse(text) : null;
  // A fragment goes on to the target where it has none: whose it is, only the redirector knows.
  if (url?.hash !== '') return undefined;
  const target = candidates.find(({ path }) => path.test(url.pathname))?.decode(url, text);
  return target === undefined ? undefined : asTarget(target);
};

/** Wrapped more often than this, a link is nothing that a person sent. */
const mostWrappers = 5;

/** Where a link leads behind the redirectors around it; undefined where there is none, or none that can be decoded. */
export const unwrapped = (url: string): string | undefined => {
  let target: string | undefined;
  for (let count = 0; count < mostWrappers; count += 1) {
    const inner = unwrappedOnce(target ?? url);
    if (inner === undefined) break;
    target = inner;
  }
  return target;
};
