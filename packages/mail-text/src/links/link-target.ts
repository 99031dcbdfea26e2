// What a link leads to: a target as its sender wrote it, as a URL that can be used, and as short as it can be without
// leading elsewhere. Knows nothing of HTML; nothing is fetched.
import { unwrapped } from './redirect-wrappers.ts';
import { withoutTracking } from './tracking-parameters.ts';

/** What browsers drop from a link's target. */
const droppedByBrowsers = /[\t\n\r]/g;

/**
 * A link's target as a URL in printable ASCII without spaces or angle brackets; undefined where it leads nowhere outside
 * the message (`javascript:`, `data:`, `cid:`, a place in the message itself). An unusual host comes out in its ASCII form
 * (`xn--…`), which no look-alike letter can imitate.
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

/** Longer URLs are not looked into (UTF-16 units). */
const longestLooked = 20_000;

/** A URL without the redirectors around it and without what only tracks; the same where that is all it is. */
export const directUrl = (url: string): string =>
  url.length > longestLooked ? url : withoutTracking(unwrapped(url) ?? url);

/** A user name before the host that could pass for one (`https://bank.example@evil.test`): not shown to be read. */
export const hidesHost = (url: string): boolean => {
  const userInfo = /^[a-z]+:[\\/]{2}([^/?#\\]*)@/i.exec(url)?.[1];
  return userInfo !== undefined && !/^[\w-]{0,40}(?::[\w-]{0,80})?$/.test(userInfo);
};

/** Where a URL leads in one word: the host of a web address, a mail address, a scheme. */
export const placeOf = (url: string): string => {
  const parsed = url.length > longestLooked ? URL.parse(url.slice(0, longestLooked)) : URL.parse(url);
  if (parsed?.host) return parsed.host;
  const scheme = /^[a-z]+/i.exec(url)?.[0].toLowerCase() ?? 'link';
  const address = scheme === 'mailto' ? url.slice('mailto:'.length).split('?', 1)[0] : undefined;
  return address && /^[\x21-\x7e]{3,60}$/.test(address) && !/[[\]]/.test(address) ? address : scheme;
};
