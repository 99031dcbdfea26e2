// format=full: everything a message has, as Gmail's tree, with its texts decoded. Nothing is left out, what a reader
// would not see included.
import { isBodyText } from '../mime/attachments.ts';
import {
  childrenOf,
  hasInlineBytes,
  isContainer,
  type MessagePart,
  mimeTypeOf,
  type NumberedPart,
} from '../mime/message-part.ts';
import { decodedText, notTheEnd } from '../mime/read-part.ts';
import { type PageRequest, page } from '../page.ts';

export interface FullPart {
  readonly partId: string;
  readonly mimeType: string;
  readonly filename: string;
  readonly headers: { name: string; value: string }[];
  /** `data` is decoded text (one page of it) for body texts; other parts are named by `attachmentId`, our part id. */
  readonly body: {
    readonly size: number;
    readonly data?: string;
    readonly totalChars?: number;
    readonly nextOffset?: number;
    /** The text ends before the part does, and says so. */
    readonly truncated?: true;
    readonly attachmentId?: string;
  };
  readonly parts?: FullPart[];
}

/** Parts that are nested deeper follow one another in the deepest list; their ids say where they belong. */
const deepestList = 50;

const wholeText = (part: MessagePart): string =>
  part.body?.cut ? `${decodedText(part)}\n\n${notTheEnd}` : decodedText(part);

const bodyOf = (numbered: NumberedPart, request: PageRequest): FullPart['body'] => {
  const { part, partId } = numbered;
  const size = part.body?.size ?? 0;
  if (isContainer(part)) return part.body?.attachmentId ? { size, attachmentId: partId } : { size };
  if (!isBodyText(numbered) || (size > 0 && !hasInlineBytes(part))) return { size, attachmentId: partId };
  const { text, ...where } = page(wholeText(part), request);
  return { size, data: text, ...where, ...(part.body?.cut ? { truncated: true } : {}) };
};

interface Open {
  readonly numbered: NumberedPart;
  readonly depth: number;
  readonly list: FullPart[];
}

/** A part with all that is below it; the same page of every body text. Iterative: depth is the sender's choice. */
export const fullPart = (root: NumberedPart, request: PageRequest): FullPart | undefined => {
  const roots: FullPart[] = [];
  const open: Open[] = [{ numbered: root, depth: 0, list: roots }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { numbered, depth, list } = next;
    const { part } = numbered;
    const parts: FullPart[] = depth < deepestList ? [] : list;
    list.push({
      partId: part.partId ?? '',
      mimeType: mimeTypeOf(part),
      filename: part.filename ?? '',
      headers: (part.headers ?? []).map((header) => ({ name: header.name ?? '', value: header.value ?? '' })),
      body: bodyOf(numbered, request),
      ...(isContainer(part) && parts !== list ? { parts } : {}),
    });
    for (const child of childrenOf(numbered).reverse()) open.push({ numbered: child, depth: depth + 1, list: parts });
  }
  return roots[0];
};
