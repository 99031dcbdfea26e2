// What a link leads to: a target as its sender wrote it, as a URL that can be used, and as short as it can be without
// leading elsewhere. Knows nothing of HTML; nothing is fetched.
import type { Slot } from '../text/text-lines.ts';
import { unwrapped, withoutTracking } from './redirect-wrappers.ts';

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
const hidesHost = (url: string): boolean => {
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

// Addresses that stand in running text, as mail programs make links of them. Knows nothing of HTML.

/** A stretch of text, or an address in it. */
interface Stretch {
  readonly text: string;
  /** Where it leads, if it is an address. */
  readonly url?: string;
}

const addressInText =
  /(?:\b(?:https?|ftp):\/\/|\bmailto:(?=[^\s<>"@]{1,200}@)|(?<![\p{L}\p{N}._@/-])www\.(?=[\p{L}\p{N}]))[^\s<>"\u2026]+/giu;

/** Scripts without spaces go on right behind an address: of a longer run only what is surely its own counts. */
const longestMixed = 300;

/** Marks of the sentence that may follow an address. */
const longestClosing = 10;

const openers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Whether the last character of a run belongs to the sentence around it; `before` stands before the run. */
const isOfSentence = (run: string, end: number, before: string): boolean => {
  const last = run[end - 1] ?? '';
  if (/[.,;:!?"]/.test(last)) return true;
  if (/['*_~]/.test(last)) return last === before;
  const opener = openers[last];
  return opener !== undefined && run.lastIndexOf(opener, end - 2) < 0;
};

const endOfAddress = (run: string, before: string): number => {
  const other = run.length > longestMixed ? run.search(/[^\x21-\x7e]/) : -1;
  const whole = other < 0 ? run.length : other;
  let end = whole;
  while (end > 0 && whole - end < longestClosing && isOfSentence(run, end, before)) end -= 1;
  return end;
};

/** A text in stretches, in order: what is an address, and what stands between. The stretches in turn are the text. */
export const stretchesOf = (text: string): Stretch[] => {
  if (!/:\/\/|www\.|mailto:/i.test(text)) return [{ text }];
  const stretches: Stretch[] = [];
  let from = 0;
  for (const { 0: run, index } of text.matchAll(addressInText)) {
    const address = run.slice(0, endOfAddress(run, text[index - 1] ?? ''));
    if (/^(?:\w+:(?:\/\/)?|www\.?)$/i.test(address)) continue;
    if (index > from) stretches.push({ text: text.slice(from, index) });
    stretches.push({ text: address, url: /^www\./i.test(address) ? `http://${address}` : address });
    from = index + address.length;
  }
  if (from < text.length || stretches.length === 0) stretches.push({ text: text.slice(from) });
  return stretches;
};

// A text in pieces: its words, in which nothing can pass for a mark of ours, and its links, numbered in their order.
// Knows nothing of how much room there is for a link.

/** How a link stands in the text. */
type LinkKind =
  /** Behind its words. */
  | 'named'
  /** Behind its words, which name another host. */
  | 'deceptive'
  /** Around a picture: by itself. */
  | 'bare'
  /** Its words are its address. */
  | 'said';

/** A link that was met in a text, before it is known how much room there is for it. */
export interface LinkPlace {
  readonly kind: LinkKind;
  /** As the sender wrote it. */
  readonly url: string;
  /** What a person clicks. */
  readonly text: string;
  /** The host that the text names, if it is another one. */
  readonly otherHost?: string;
}

/** A link with all that is known of it before it is told. */
export interface Met extends LinkPlace {
  readonly inText: boolean;
  /** The mark of an edit follows at once, which must not be taken for a part of it. */
  beforeMark: boolean;
  readonly number: number;
  readonly direct: string;
  readonly place: string;
  /** It must not be read as it stands. */
  readonly isMisleading: boolean;
}

const longestPlace = 60;

const met = (place: LinkPlace, inText: boolean, number: number): Met => {
  const direct = directUrl(place.url);
  const where = placeOf(direct);
  return {
    ...place,
    inText,
    beforeMark: false,
    number,
    direct,
    isMisleading: hidesHost(place.url) || hidesHost(direct),
    place: where.length > longestPlace ? `…${where.slice(-longestPlace)}` : where,
  };
};

export interface Pieces {
  /** Text, or a link at its place. */
  readonly pieces: readonly (string | Met)[];
  readonly links: readonly Met[];
  /** The index in `pieces` of the marked place. */
  readonly mark: number | undefined;
}

/**
 * Words in which nothing can pass for the mark of an edit: a backslash stands before what looks like one, and before
 * a tilde that would make one longer; a space keeps both away from one that follows.
 */
const literal = (words: string, afterMark: boolean, beforeMark: boolean): string => {
  const escaped = !/[~+]/.test(words) ? words : words.replace(/~(?=~)|(?<=~)~|\{(?=\+\+)|\+(?=\+\})/g, '\\$&');
  const begun = afterMark && words.startsWith('~') && !escaped.startsWith('\\') ? `\\${escaped}` : escaped;
  return beforeMark && /[~\\]$/.test(begun) ? `${begun} ` : begun;
};

/** Runs of words between slots, in which addresses are found; links are numbered as they follow each other. */
export const piecesOf = (
  parts: readonly (string | Slot)[],
  places: ReadonlyMap<Slot, LinkPlace>,
  marksAreOurs: boolean,
  markedPart: number | undefined,
): Pieces => {
  const pieces: (string | Met)[] = [];
  const links: Met[] = [];
  let run: string[] = [];
  let mark: number | undefined;
  const push = (place: LinkPlace, inText: boolean): void => {
    const link = met(place, inText, links.length + 1);
    links.push(link);
    pieces.push(link);
  };
  /** The words of a link were an address, as found in them. */
  const saidInText = (): boolean => {
    const link = links.at(-1);
    return link?.inText === true && pieces.at(-1) === link;
  };
  /** They stay as they are written, and lead where the link does. */
  const become = (place: LinkPlace): void => {
    const written = links.pop();
    pieces.pop();
    push({ kind: 'bare', url: place.url, text: written?.text ?? place.text }, true);
  };
  let afterMark = false;
  const endRun = (beforeMark: boolean): void => {
    const stretches = run.length === 0 ? [] : stretchesOf(run.join(''));
    for (const [index, { text, url }] of stretches.entries()) {
      const isLast = beforeMark && index === stretches.length - 1;
      if (url === undefined) pieces.push(marksAreOurs ? literal(text, afterMark && index === 0, isLast) : text);
      else {
        push({ kind: 'bare', url, text }, true);
        const link = links.at(-1);
        if (link) link.beforeMark = isLast;
      }
    }
    if (run.length > 0) afterMark = false;
    run = [];
  };
  for (const [index, part] of parts.entries()) {
    if (index === markedPart) {
      endRun(false);
      mark = pieces.length;
    }
    const place = typeof part === 'string' ? undefined : places.get(part);
    if (typeof part === 'string') run.push(part);
    else if (part.text !== '' || place) {
      endRun(part.isMark === true);
      if (part.text !== '') pieces.push(part.text);
      if (place?.kind === 'said' && saidInText()) become(place);
      else if (place) push(place, false);
      afterMark = part.isMark === true;
    }
  }
  endRun(false);
  return { pieces, links, mark: markedPart === undefined ? undefined : (mark ?? pieces.length) };
};
