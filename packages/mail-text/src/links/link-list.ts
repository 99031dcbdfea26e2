// The links of a message as a list, every URL whole: what the numbers in its text stand for. In pages that never part a
// link. Knows nothing of how links stand in the text.

import { codePointsIn, type PageRequest } from '../page.ts';
import { directUrl, placeOf } from './link-target.ts';
import type { TextLink } from './links.ts';
import { unwrapped } from './redirect-wrappers.ts';

export interface ListedLink {
  /** As `[link N: host]` in the text has it; from 1, in the order of the text. */
  readonly number: number;
  /** What a person clicks; absent where that is the address itself, or a picture. */
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
    host: placeOf(directUrl(url)),
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
