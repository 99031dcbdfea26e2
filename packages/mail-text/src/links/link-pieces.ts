// A text in pieces: its words, in which nothing can pass for a mark of ours, and its links, numbered in their order.
// Knows nothing of how much room there is for a link.

import type { Slot } from '../text/text-lines.ts';
import { directUrl, hidesHost, placeOf } from './link-target.ts';
import { stretchesOf } from './urls-in-text.ts';

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
