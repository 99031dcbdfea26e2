// How links are written in a text: whole, or as a numbered reference that the list of links resolves, never a part of a URL; and
// that list, in pages that never part a link.
import { codePointsIn, type PageRequest } from '../page.ts';
import type { Slot } from '../text/text-lines.ts';
import { destinationOf, directUrl, type NumberedLink, type PendingLink, type Pieces, piecesOf } from './link-text.ts';
import { unwrapped } from './redirect-wrappers.ts';

/** A link as it is written. Its number is its place in the list, from 1. */
export interface TextLink {
  readonly url: string;
  /** What a person clicks; absent where that is the address itself, or an image. */
  readonly text?: string;
  readonly otherHost?: string;
  /** UTF-16 units before its number in the text; absent where it is written without one. */
  readonly numberAt?: number;
}

/** How a text writes its links. */
export type LinkStyle =
  /** Whole or by number, in as much room as there is. */
  | { readonly numbered: true; readonly room: (wordBytes: number) => number }
  /** Whole, for texts beside which no list of links is kept. */
  | { readonly numbered: false };

/** Characters of a URL that is written whole where there is room. */
const usualUrlLength = 300;
/** Characters beyond which a URL is not written whole even where it has no number. */
const longestUnnumbered = 8_000;

interface Level {
  readonly limit: number;
  /** Redirectors and tracking go first. */
  readonly direct: boolean;
}

/** From what a text has room for to what it has not. */
const levels: readonly Level[] = [
  { limit: usualUrlLength, direct: false },
  ...[usualUrlLength, 200, 150, 120, 100, 80, 65, 50, 40, 0].map((limit) => ({ limit, direct: true })),
];

/** The URL as it is written whole, or undefined. */
const wholeUrl = (
  { url, direct, inText, text, isMisleading }: NumberedLink,
  { limit, direct: wantsDirect }: Level,
): string | undefined => {
  if (isMisleading) return undefined;
  const written = inText ? text : url;
  if (written.length <= limit && (!wantsDirect || direct === url)) return written;
  return direct.length <= limit ? direct : undefined;
};

const numberMark = '[link ';

const reference = ({ number, destination }: NumberedLink): string => `${numberMark}${number}: ${destination}]`;

interface Form {
  readonly text: string;
  /** How the URL is in it. */
  readonly url: 'whole' | 'by number' | 'absent';
}

/** A link's URL or its reference, at a level; a reference never takes more room than what it stands for. */
const formAt = (link: NumberedLink, level: Level): Form => {
  const short = reference(link);
  const whole = wholeUrl(link, { ...level, limit: Math.max(level.limit, short.length) });
  return whole === undefined ? { text: short, url: 'by number' } : { text: whole, url: 'whole' };
};

const formWithoutNumber = (link: NumberedLink): Form => {
  const whole =
    wholeUrl(link, { limit: usualUrlLength, direct: false }) ??
    wholeUrl(link, { limit: longestUnnumbered, direct: true });
  return whole === undefined
    ? { text: `[link to ${link.destination}: ${link.url.length} characters]`, url: 'absent' }
    : { text: whole, url: 'whole' };
};

const formOf = (link: NumberedLink, level: Level | undefined): Form => {
  if (link.kind === 'said') return { text: '', url: 'absent' };
  const { text, url } = level ? formAt(link, level) : formWithoutNumber(link);
  if (link.kind === 'deceptive') return { text: `] (goes to ${text})`, url };
  const marked = url === 'whole' && (!link.inText || link.beforeMark) ? `<${text}>` : text;
  return { text: link.kind === 'named' ? ` ${marked}` : marked, url };
};

/** The level at which all fits, else the tightest. */
const levelFor = ({ pieces, links }: Pieces, room: (wordBytes: number) => number): Level => {
  const words = pieces.reduce((sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : 0), 0);
  const left = room(words) - words;
  const fits = (level: Level) =>
    links.reduce((sum, link) => sum + Buffer.byteLength(formOf(link, level).text), 0) <= left;
  const tightest: Level = { limit: 0, direct: true };
  return levels.find(fits) ?? tightest;
};

interface TextWithLinks {
  readonly text: string;
  /** UTF-16 units before the marked place, where one was marked. */
  readonly markedAt?: number;
  readonly links: readonly TextLink[];
}

/**
 * A text with its links written.
 * @param parts words, and slots where links belong.
 * @param pending the links by their slots; addresses in the words are found here.
 * @param about whether the parts hold marks of edits, from which words are then kept apart; and the index of a part whose
 *   place in the text is wanted.
 */
export const withLinks = (
  parts: readonly (string | Slot)[],
  pending: ReadonlyMap<Slot, PendingLink>,
  style: LinkStyle,
  about: { readonly hasMarks: boolean; readonly markedPart?: number | undefined },
): TextWithLinks => {
  const content = piecesOf(parts, pending, about.hasMarks, about.markedPart);
  const level = style.numbered ? levelFor(content, style.room) : undefined;
  const texts: string[] = [];
  const links: TextLink[] = [];
  let length = 0;
  let markedAt: number | undefined;
  for (const [index, piece] of content.pieces.entries()) {
    if (index === content.mark) markedAt = length;
    if (typeof piece === 'string') texts.push(piece);
    else {
      const { text, url: written } = formOf(piece, level);
      const { url, otherHost } = piece;
      links.push({
        url,
        ...(piece.inText || piece.text === '' ? {} : { text: piece.text }),
        ...(otherHost === undefined ? {} : { otherHost }),
        ...(written === 'by number' ? { numberAt: length + text.indexOf(numberMark) + numberMark.length } : {}),
      });
      texts.push(text);
    }
    length += texts.at(-1)?.length ?? 0;
  }
  markedAt ??= content.mark === undefined ? undefined : length;
  return { text: texts.join(''), links, ...(markedAt === undefined ? {} : { markedAt }) };
};

/** Bytes. A text up to this size may carry its links whole. */
const smallText = 20_000;
/** Links of a larger one may take this share of what its words take. */
const shareOfWords = 0.5;

/** Plain text with its addresses written as links are. */
export const plainWithLinks = (text: string): TextWithLinks =>
  withLinks(
    [text],
    new Map(),
    { numbered: true, room: (words) => Math.max(smallText, words * (1 + shareOfWords)) },
    { hasMarks: false },
  );

// The links of a message as a list, every URL whole: what the numbers in its text stand for.

interface ListedLink {
  /** As `[link N: host]` in the text has it; from 1, in the order of the text. */
  readonly number: number;
  /** What a person clicks; absent where that is the address itself, or an image. */
  readonly text?: string;
  /** Whole, as the sender wrote it; absent where it is longer than any program takes. */
  readonly url?: string;
  /** Characters of such a URL. */
  readonly tooLong?: number;
  /** Where it leads: the host, or the address of a mail. */
  readonly host: string;
  /** The target that a redirector's URL carries. */
  readonly leadsTo?: string;
  /** The text names this host, which is not where the link leads. */
  readonly textNames?: string;
}

export interface LinkPage {
  readonly links: ListedLink[];
  /** How many the message has. */
  readonly totalLinks: number;
  /** The links before the next page; absent on the last one. */
  readonly nextOffset?: number;
}

/** Characters; browsers end below it. */
const longestUrl = 100_000;

const listed = ({ url, text, otherHost }: TextLink, number: number): ListedLink => {
  const target = unwrapped(url);
  return {
    number,
    ...(text === undefined ? {} : { text }),
    ...(url.length <= longestUrl ? { url } : { tooLong: url.length }),
    host: destinationOf(directUrl(url)),
    ...(target === undefined ? {} : { leadsTo: target }),
    ...(otherHost === undefined ? {} : { textNames: otherHost }),
  };
};

/** Characters of a row beside its values. */
const rowOverhead = 40;

const valuesOf = ({ text = '', url = '', host, leadsTo = '' }: ListedLink): string => `${text}${url}${host}${leadsTo}`;

/**
 * The links behind the first `offset` ones, as many as fit the size of a page, and at least one: `offset` N-1 begins at
 * number N.
 */
export const linkPage = (links: readonly TextLink[], { offset, maxChars, maxBytes }: PageRequest): LinkPage => {
  const rows: ListedLink[] = [];
  let chars = 0;
  let bytes = 0;
  for (const link of links.slice(offset)) {
    const row = listed(link, offset + rows.length + 1);
    const values = valuesOf(row);
    chars += codePointsIn(values) + rowOverhead;
    bytes += Buffer.byteLength(values) + rowOverhead;
    if (rows.length > 0 && (chars > maxChars || bytes > (maxBytes ?? bytes))) break;
    rows.push(row);
  }
  const end = offset + rows.length;
  return { links: rows, totalLinks: links.length, ...(end < links.length ? { nextOffset: end } : {}) };
};
