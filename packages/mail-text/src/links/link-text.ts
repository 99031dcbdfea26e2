// A text with links in it → its words and its links, numbered in their order: what each link leads to, as a URL that can be used
// and as short as it can be without leading elsewhere; and addresses in running text, of which mail programs make links.
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
export const destinationOf = (url: string): string => {
  const parsed = url.length > longestLooked ? URL.parse(url.slice(0, longestLooked)) : URL.parse(url);
  if (parsed?.host) return parsed.host;
  const scheme = /^[a-z]+/i.exec(url)?.[0].toLowerCase() ?? 'link';
  const address = scheme === 'mailto' ? url.slice('mailto:'.length).split('?', 1)[0] : undefined;
  return address && /^[\x21-\x7e]{3,60}$/.test(address) && !/[[\]]/.test(address) ? address : scheme;
};

// Addresses in running text.

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
  const longest = other < 0 ? run.length : other;
  let end = longest;
  while (end > 0 && longest - end < longestClosing && isOfSentence(run, end, before)) end -= 1;
  return end;
};

/** A text in stretches, in order: its addresses, and what is between them. The stretches in turn are the text. */
export const addressesIn = (text: string): Stretch[] => {
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

// Words and links.

/** How a link is written. */
type LinkKind =
  /** Behind its words. */
  | 'named'
  /** Behind its words, which name another host. */
  | 'deceptive'
  /** Around an image: by itself. */
  | 'bare'
  /** Its words are its address. */
  | 'said';

/** A link of a text, before it is known how much room there is for it. */
export interface PendingLink {
  readonly kind: LinkKind;
  /** As the sender wrote it. */
  readonly url: string;
  /** What a person clicks. */
  readonly text: string;
  /** The host that the text names, if it is another one. */
  readonly otherHost?: string;
}

/** A link with all that is known of it before it is written. */
export interface NumberedLink extends PendingLink {
  readonly inText: boolean;
  /** The mark of an edit follows at once, which must not be taken for a part of it. */
  beforeMark: boolean;
  readonly number: number;
  readonly direct: string;
  /** In one word; not longer than is read at a glance. */
  readonly destination: string;
  /** It must not be read as it stands. */
  readonly isMisleading: boolean;
}

const longestDestination = 60;

const numberedLink = (link: PendingLink, inText: boolean, number: number): NumberedLink => {
  const direct = directUrl(link.url);
  const destination = destinationOf(direct);
  return {
    ...link,
    inText,
    beforeMark: false,
    number,
    direct,
    isMisleading: hidesHost(link.url) || hidesHost(direct),
    destination: destination.length > longestDestination ? `…${destination.slice(-longestDestination)}` : destination,
  };
};

export interface Pieces {
  /** Text, or a link at its place. */
  readonly pieces: readonly (string | NumberedLink)[];
  readonly links: readonly NumberedLink[];
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

/**
 * Words, with the addresses in them, and links at their slots; links are numbered as they follow each other.
 * @param marksAreOurs whether there are marks of edits, from which words are kept apart
 * @param markedPart the index of a part whose place in the pieces is wanted
 */
export const piecesOf = (
  parts: readonly (string | Slot)[],
  links: ReadonlyMap<Slot, PendingLink>,
  marksAreOurs: boolean,
  markedPart: number | undefined,
): Pieces => {
  const collector = new PieceCollector(marksAreOurs);
  let mark: number | undefined;
  for (const [index, part] of parts.entries()) {
    if (index === markedPart) mark = collector.nextPiece();
    if (typeof part === 'string') collector.addWords(part);
    else collector.addSlot(part, links.get(part));
  }
  const end = collector.nextPiece();
  return {
    pieces: collector.pieces,
    links: collector.links,
    mark: markedPart === undefined ? undefined : (mark ?? end),
  };
};

class PieceCollector {
  readonly pieces: (string | NumberedLink)[] = [];
  readonly links: NumberedLink[] = [];
  private readonly marksAreOurs: boolean;
  /** Words since the last slot: an address may be in several of them. */
  private run: string[] = [];
  private isAfterMark = false;

  constructor(marksAreOurs: boolean) {
    this.marksAreOurs = marksAreOurs;
  }

  addWords(words: string): void {
    this.run.push(words);
  }
  addSlot(slot: Slot, link: PendingLink | undefined): void {
    if (slot.text === '' && !link) return;
    this.endRun(slot.isMark === true);
    if (slot.text !== '') this.pieces.push(slot.text);
    if (link?.kind === 'said' && this.endsWithAddress()) this.replaceAddress(link);
    else if (link) this.addLink(link, false);
    this.isAfterMark = slot.isMark === true;
  }
  /** The index of the piece that comes next. */
  nextPiece(): number {
    this.endRun(false);
    return this.pieces.length;
  }

  private endRun(beforeMark: boolean): void {
    const { run, marksAreOurs } = this;
    const stretches = run.length === 0 ? [] : addressesIn(run.join(''));
    for (const [index, { text, url }] of stretches.entries()) {
      const isBeforeMark = beforeMark && index === stretches.length - 1;
      if (url !== undefined) this.addLink({ kind: 'bare', url, text }, true).beforeMark = isBeforeMark;
      else if (marksAreOurs) this.pieces.push(literal(text, this.isAfterMark && index === 0, isBeforeMark));
      else this.pieces.push(text);
    }
    if (run.length > 0) this.isAfterMark = false;
    this.run = [];
  }
  private addLink(pending: PendingLink, inText: boolean): NumberedLink {
    const link = numberedLink(pending, inText, this.links.length + 1);
    this.links.push(link);
    this.pieces.push(link);
    return link;
  }
  /** Whether the words of a link were an address, as found in them. */
  private endsWithAddress(): boolean {
    const link = this.links.at(-1);
    return link?.inText === true && this.pieces.at(-1) === link;
  }
  /** The address stays as it is written, and leads where the link does. */
  private replaceAddress(link: PendingLink): void {
    const written = this.links.pop();
    this.pieces.pop();
    this.addLink({ kind: 'bare', url: link.url, text: written?.text ?? link.text }, true);
  }
}
