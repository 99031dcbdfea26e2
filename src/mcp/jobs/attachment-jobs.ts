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
type Location =
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
  readonly location: Location;
}

export type FoundAttachment =
  | { readonly kind: 'part'; readonly part: FoundPart }
  /** A file inside this winmail.dat, if at all. */
  | { readonly kind: 'inside'; readonly winmail: FoundPart }
  /** No id of ours: perhaps one of Gmail's, of one of these. */
  | { readonly kind: 'none'; readonly isOurs: boolean; readonly there: FoundPart[] };

/** Named to a caller whose id is none of them, and compared with an old id of Gmail's; the others are only there. */
const maxNamed = 100;
const partIdGrammar = /^(?:root|\d+(?:\.\d+)*(?::\d+)*)$/;

interface AttachmentRequest {
  readonly answer: Answer<MessageOrDraft>;
  readonly attachmentId: string;
}

const locationOf = ({ part }: NumberedPart, bodiesApart: boolean): Location => {
  const { data, attachmentId } = part.body ?? {};
  if (bodiesApart && typeof data === 'string') return { body: Number(data) };
  const bytes = inlineBytes(part);
  if (bytes) return { bytes: new Uint8Array(bytes) };
  return attachmentId ? { gmailId: attachmentId } : 'nowhere';
};

const foundPart = (numbered: NumberedPart, bodiesApart: boolean): FoundPart => {
  const { attachmentId, fileName, mimeType, size } = describeAttachment(numbered);
  const charset = declaredCharset(numbered.part);
  const location = locationOf(numbered, bodiesApart);
  return { partId: attachmentId, fileName, mimeType, size, location, ...(charset === undefined ? {} : { charset }) };
};

const parsedOf = ({ skeleton }: Answer<MessageOrDraft>): Message => contentOf({ skeleton });

/** What an attachment id means in a message. */
export const findAttachmentJob = {
  run: ({ answer, attachmentId }: AttachmentRequest): FoundAttachment => {
    const message = parsedOf(answer);
    const bodiesApart = answer.bodies !== undefined;
    const found = findPart(message, attachmentId);
    if (found) return { kind: 'part', part: foundPart(found, bodiesApart) };
    const outer = findPart(message, /^([^:]+)(?::\d+)+$/.exec(attachmentId)?.[1] ?? '');
    if (outer && isWinmail(outer)) return { kind: 'inside', winmail: foundPart(outer, bodiesApart) };
    const there = attachmentsOf(message)
      .filter((attachment) => partIdGrammar.test(attachment.attachmentId))
      .slice(0, maxNamed)
      .map(
        ({ attachmentId: partId, fileName, mimeType, size }): FoundPart => ({
          partId,
          fileName,
          mimeType,
          size,
          location: 'nowhere',
        }),
      );
    return { kind: 'none', isOurs: partIdGrammar.test(attachmentId), there };
  },
  isSmall: ({ answer }: AttachmentRequest): boolean => 'value' in answer.skeleton,
  moved: (): ArrayBuffer[] => [],
};

interface WinmailRequest {
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
  run: ({ partId, bytes, attachmentId }: WinmailRequest): FoundInWinmail => {
    const files = filesOfWinmail(partId, bytes);
    const file = files.find((inner) => inner.attachmentId === attachmentId);
    if (file === undefined) return { known: files.slice(0, maxNamed).map((inner) => inner.attachmentId) };
    if (file.isCut) return 'cut';
    const { fileName, mimeType, size } = file;
    return { partId: attachmentId, fileName, mimeType, size, location: { bytes: new Uint8Array(file.bytes) } };
  },
  isSmall: ({ bytes }: WinmailRequest): boolean => bytes.length <= smallTextBytes,
  moved: ({ bytes }: WinmailRequest): ArrayBuffer[] => [bytes.buffer],
};

/** Bytes that are read at once, whatever is in them. */
const smallTextBytes = 18 * 1024;
const smallHtmlBytes = 3 * 1024;

interface TextFileRequest extends Body {
  readonly mimeType: string;
  readonly fileName: string;
  /** What the sender declared. */
  readonly charset: string | undefined;
  readonly page: PageRequest;
}

/** One page of a text file; HTML reads as a body does. */
export const textFileJob = {
  run: ({ bytes, cut, mimeType, fileName, charset, page: wanted }: TextFileRequest): Page & Omit<TextFile, 'text'> => {
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
  isSmall: ({ bytes, mimeType }: TextFileRequest): boolean =>
    bytes.length <= (/^text\/(?!html)/.test(mimeType) ? smallTextBytes : smallHtmlBytes),
  moved: ({ bytes }: TextFileRequest): ArrayBuffer[] => [bytes.buffer],
};
