// Which host the text of a link names, judged by the public-suffix list (tldts), and whether it is another one than where
// the link leads.
import { domainToASCII } from 'node:url';
import { parse } from 'tldts';

/** Of a link's text only this much (UTF-16 units) is looked at for what it names. */
const longestLooked = 2_000;

const asHost = (name: string): string => domainToASCII(name.toLowerCase()) || name.toLowerCase();

const mailboxes = /[^\s@<>,;:"]+@([\p{L}\p{M}\p{N}.-]+\.[\p{L}\p{M}\p{N}-]{2,63})/gu;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The hosts a URL leads to: of a web address one, of a mail address the domain of each recipient. */
const hostsOf = (url: string): string[] => {
  if (/^mailto:/i.test(url)) {
    const recipients = decoded(url.slice('mailto:'.length, longestLooked).split('?', 1)[0] ?? '');
    return [...recipients.matchAll(mailboxes)].map(([, host = '']) => asHost(host));
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed && /^(?:https?|ftp):$/.test(parsed.protocol) ? [parsed.hostname.replace(/\.$/, '')] : [];
};

/** The domain somebody registered (`example.co.uk`, `alice.github.io`); null for an IP address or a bare suffix. */
const registeredDomain = (host: string): string | null => parse(host, { allowPrivateDomains: true }).domain;

const belongTogether = (one: string, other: string): boolean => {
  if (one === other || `www.${one}` === other || one === `www.${other}`) return true;
  const domain = registeredDomain(one);
  return domain !== null && domain === registeredDomain(other);
};

/** With a scheme or `www.` a text names a host, whatever that is called. Its path is part of the match. */
const addressInText =
  /(?:\b(?:https?|ftp):\/\/|(?<![\p{L}\p{N}._@/-])(?=www\.[\p{L}\p{N}]))([^\s/?#<>"'\\,;|()[\]{}]+)[^\s<>"]*/giu;

const label = '[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]{0,61}[\\p{L}\\p{M}\\p{N}])?';
const nameInText = new RegExp(
  `(?<![\\p{L}\\p{M}\\p{N}._@&/-])((?:${label}\\.){1,8}(?:xn--[a-z0-9-]{2,59}|\\p{L}[\\p{L}\\p{M}]{1,23}))` +
    '(?![\\p{L}\\p{M}\\p{N}_@-]|\\.[\\p{L}\\p{N}])(?:[/?#][^\\s<>"]*)?',
  'giu',
);
/** These scripts put no space between a name and the words around it. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/u;

/** Suffixes that are the ending of a file or an everyday word of programs, seldom a site's that mail writes about. */
const unlikelySuffixes = new Set(
  'bar call final here how map md mov name new next now one py report rs sh today zip'.split(' '),
);
/** Products that are written like hosts, some of which exist. */
const products = new Set(['asp.net', 'ado.net', 'vb.net', 'ml.net', 'json.net', 'paint.net']);
const firmSuffixes = new Set(['com', 'org', 'edu', 'gov', 'mil']);

/** `It` in "Thanks.It was", `NET` in "Json.NET": no host is written so, unless the whole name is, or is all there is. */
const isSpelledAsHost = (name: string, suffix: string, isAlone: boolean): boolean => {
  if (suffix === suffix.toLowerCase() || firmSuffixes.has(suffix.toLowerCase())) return true;
  if (suffix === suffix.toUpperCase()) return name === name.toUpperCase();
  return isAlone && suffix.length === 2 && /^(?:\p{Lu}[\p{L}\p{N}-]{2,}\.)+/u.test(name);
};

/** Whether a name without a scheme is meant as that of a host: under a known suffix, and written like one. */
const isHostName = (name: string, isAlone: boolean): boolean => {
  const { domain, isIcann, isSpecialUse } = parse(asHost(name), { detectSpecialUse: true });
  if (domain === null || !(isIcann || isSpecialUse) || products.has(domain)) return false;
  const suffix = name.slice(name.lastIndexOf('.') + 1);
  // "e.g.this", "a.m.to"
  if (/^(?:[\p{L}\p{N}]\.){2,}/u.test(name) || unlikelySuffixes.has(suffix.toLowerCase())) return false;
  return isSpelledAsHost(name, suffix, isAlone);
};

interface Named {
  /** What it may be; more than one where no space tells the name from the words around it. */
  readonly hosts: readonly string[];
  /** Cut by its sender ("https://docs.examp…"): only its beginning is said. */
  readonly isCut: boolean;
}

const hostOfAddress = (authority: string): Named | undefined => {
  const isCut = /\.{2,}$/.test(authority);
  const name = authority
    .replace(/^.*@/, '')
    .replace(/(?::\d{1,5})?[.,;:!?'")\]}*_]*$/, '')
    .toLowerCase();
  if (name === '') return undefined;
  const hosts = [name, ...name.split(unspaced).filter((part) => part !== name && part.includes('.'))];
  const readable = hosts
    .filter((host) => URL.canParse(`http://${host}`))
    .map((host) => new URL(`http://${host}`).hostname);
  return readable.length === 0 ? undefined : { hosts: readable, isCut };
};

const hostsNamed = (text: string): Named[] => {
  const addresses = [...text.matchAll(addressInText)].flatMap(([, authority = '']) => hostOfAddress(authority) ?? []);
  const rest = text.replace(addressInText, ' ');
  const names = [...rest.matchAll(nameInText)].flatMap(([, name = '']): Named[] => {
    const isAlone = name === text.trim();
    const parts = unspaced.test(name) ? name.split(unspaced).filter((part) => /.\../.test(part)) : [];
    const hosts = [name, ...parts].filter((one) => isHostName(one, isAlone)).map(asHost);
    return hosts.length === 0 ? [] : [{ hosts, isCut: false }];
  });
  return [...addresses, ...names];
};

/** Whether a name that was cut may be the target's: it reaches into the registered domain, before which anything may stand. */
const begins = (name: string, target: string): boolean => {
  const domain = registeredDomain(target) ?? target;
  const before = target.length - domain.length;
  return domain.startsWith(name) || (target.startsWith(name) && name.length > before);
};

const isAmong = ({ hosts, isCut }: Named, targets: readonly string[]): boolean =>
  hosts.some((host) => targets.some((target) => belongTogether(host, target) || (isCut && begins(host, target))));

/**
 * The host that a text names although the link leads elsewhere; undefined where it names none, or one of the same
 * registered domain. A name counts with a scheme, with `www.`, or under a suffix of the public-suffix list; of a link
 * to a mail address also the domain of an address in the text.
 */
export const otherHostNamed = (text: string, url: string): string | undefined => {
  const targets = hostsOf(url);
  if (targets.length === 0) return undefined;
  const visible = text.slice(0, longestLooked).normalize('NFKC').replaceAll('\u3002', '.');
  const ofAddresses = /^mailto:/i.test(url)
    ? [...visible.matchAll(mailboxes)].map(([, host = '']): Named => ({ hosts: [asHost(host)], isCut: false }))
    : [];
  return [...ofAddresses, ...hostsNamed(visible)].find((named) => !isAmong(named, targets))?.hosts[0];
};
