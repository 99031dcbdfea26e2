// What is read of an attachment, as jobs: which part of a message an id means, what a text file says, and the files inside
// a winmail.dat.
import { type Answer, type Body, contentOf, type MessageOrDraft } from '@postern/mail-text/answer';
import {
  attachmentsOf,
  declaredCharset,
  describeAttachment,
  filesOfWinmail,
  findPart,
  inlineBytes,
  isWinmail,
  type Message,
  type NumberedPart,
  notTheEnd,
  type Page,
  type PageRequest,
  page,
  readTextFile,
  type TextFile,
} from '@postern/mail-text/message';
import { fitPage } from '../size-limit.ts';

/** Where the bytes of a part are. */
type Place =
  | { readonly gmailId: string }
  /** One of the bodies that were taken out of the answer, by its number. */
  | { readonly body: number }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | 'nowhere';

/** A part of a message, without its bytes. */
export interface FoundPart {
  readonly partId: string;
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  /** As the sender declared it. */
  readonly charset?: string;
  readonly place: Place;
}

export type FoundAttachment =
  | { readonly kind: 'part'; readonly part: FoundPart }
  /** A file inside this winmail.dat, if at all. */
  | { readonly kind: 'inside'; readonly winmail: FoundPart }
  /** No id of ours: perhaps one of Gmail's, of one of these. */
  | { readonly kind: 'none'; readonly isOurs: boolean; readonly there: FoundPart[] };

/** Named to a caller whose id is none of them, and compared with an old id of Gmail's; the others are only there. */
const mostNamed = 100;
const partIdGrammar = /^(?:root|\d+(?:\.\d+)*(?::\d+)*)$/;

interface Sought {
  readonly answer: Answer<MessageOrDraft>;
  readonly attachmentId: string;
}

const placeOf = ({ part }: NumberedPart, bodiesApart: boolean): Place => {
  const { data, attachmentId } = part.body ?? {};
  if (bodiesApart && typeof data === 'string') return { body: Number(data) };
  const bytes = inlineBytes(part);
  if (bytes) return { bytes: new Uint8Array(bytes) };
  return attachmentId ? { gmailId: attachmentId } : 'nowhere';
};

const foundPart = (numbered: NumberedPart, bodiesApart: boolean): FoundPart => {
  const { attachmentId, fileName, mimeType, size } = describeAttachment(numbered);
  const charset = declaredCharset(numbered.part);
  const place = placeOf(numbered, bodiesApart);
  return { partId: attachmentId, fileName, mimeType, size, place, ...(charset === undefined ? {} : { charset }) };
};

const parsedOf = ({ skeleton }: Answer<MessageOrDraft>): Message => contentOf({ skeleton });

/** What an attachment id means in a message. */
export const findAttachmentJob = {
  run: ({ answer, attachmentId }: Sought): FoundAttachment => {
    const message = parsedOf(answer);
    const apart = answer.bodies !== undefined;
    const found = findPart(message, attachmentId);
    if (found) return { kind: 'part', part: foundPart(found, apart) };
    const outer = findPart(message, /^([^:]+)(?::\d+)+$/.exec(attachmentId)?.[1] ?? '');
    if (outer && isWinmail(outer)) return { kind: 'inside', winmail: foundPart(outer, apart) };
    const there = attachmentsOf(message)
      .filter((attachment) => partIdGrammar.test(attachment.attachmentId))
      .slice(0, mostNamed)
      .map(
        ({ attachmentId: partId, fileName, mimeType, size }): FoundPart => ({
          partId,
          fileName,
          mimeType,
          size,
          place: 'nowhere',
        }),
      );
    return { kind: 'none', isOurs: partIdGrammar.test(attachmentId), there };
  },
  isSmall: ({ answer }: Sought): boolean => 'value' in answer.skeleton,
  moved: (): ArrayBuffer[] => [],
};

interface WinmailWanted {
  readonly partId: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly attachmentId: string;
}

export type FoundInWinmail =
  | FoundPart
  /** The ids of those that there are. */
  | { readonly known: string[] }
  /** The winmail.dat ends within it. */
  | 'cut';

/** A file inside a winmail.dat: `1:0` is the first one of part 1, `1:0:0` the first one attached to that. */
export const winmailFileJob = {
  run: ({ partId, bytes, attachmentId }: WinmailWanted): FoundInWinmail => {
    const files = filesOfWinmail(partId, bytes);
    const file = files.find((inner) => inner.attachmentId === attachmentId);
    if (file === undefined) return { known: files.slice(0, mostNamed).map((inner) => inner.attachmentId) };
    if (file.isCut) return 'cut';
    const { fileName, mimeType, size } = file;
    return { partId: attachmentId, fileName, mimeType, size, place: { bytes: new Uint8Array(file.bytes) } };
  },
  isSmall: ({ bytes }: WinmailWanted): boolean => bytes.length <= quickText,
  moved: ({ bytes }: WinmailWanted): ArrayBuffer[] => [bytes.buffer],
};

/** Bytes that are read at once, whatever is in them. */
const quickText = 18 * 1024;
const quickHtml = 3 * 1024;

interface TextFileWanted extends Body {
  readonly mimeType: string;
  readonly fileName: string;
  /** What the sender declared. */
  readonly charset: string | undefined;
  readonly page: PageRequest;
}

/** One page of a text file; HTML reads as a body does. */
export const textFileJob = {
  run: ({ bytes, cut, mimeType, fileName, charset, page: wanted }: TextFileWanted): Page & Omit<TextFile, 'text'> => {
    const read = readTextFile(bytes, { mimeType, fileName }, charset);
    const { text: whole, ...about } = cut
      ? { ...read, text: `${read.text}\n\n${notTheEnd}`, truncated: true as const }
      : read;
    const { text, ...where } = fitPage(
      wanted.maxChars,
      (maxChars) => page(whole, { ...wanted, maxChars }),
      () => page(whole, { ...wanted, maxChars: 1 }),
    );
    return { text, ...where, ...about };
  },
  isSmall: ({ bytes, mimeType }: TextFileWanted): boolean =>
    bytes.length <= (/^text\/(?!html)/.test(mimeType) ? quickText : quickHtml),
  moved: ({ bytes }: TextFileWanted): ArrayBuffer[] => [bytes.buffer],
};
