// Which part of a message an attachment id means, and its bytes. Ids are resolved anew in every call, because Gmail's
// own change from one answer to the next.
import type { GmailReader, ReportProgress } from '../google/ports.ts';
import {
  attachmentsOf,
  describeAttachment,
  filesOfWinmail,
  findPart,
  inlineBytes,
  isWinmail,
  type Message,
  type NumberedPart,
} from '../mail/message.ts';
import { failed, ok, type Result } from '../model/result.ts';

export interface AttachmentPart {
  /** Our part id; Gmail's own where the part could not be told from others. */
  readonly partId: string;
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  /** As the sender declared it. */
  readonly part: NumberedPart['part'];
  bytes(): Promise<Result<Uint8Array>>;
}

/** Named to a caller whose id is none of them; the others are only there. */
const mostNamed = 20;
const partIdGrammar = /^(?:root|\d+(?:\.\d+)*(?::\d+)*)$/;

const notFound = (there: readonly { readonly attachmentId: string }[]): Result<never> => {
  const known = there.map(({ attachmentId }) => attachmentId).filter((id) => partIdGrammar.test(id));
  return failed({ kind: 'not_found', what: 'attachment', known: known.slice(0, mostNamed) });
};

/** Google's answer lacks what it announces. */
const incomplete = failed({ kind: 'google_unavailable' });

/** The bytes behind one of Gmail's own ids, of the message that a call is about. */
type FetchBytes = (gmailId: string, size?: number) => Promise<Result<Uint8Array>>;

/** Gmail gives texts in UTF-8, which may be fewer bytes than the sender's charset took; everything else as it is. */
const isWhole = (mimeType: string, bytes: Uint8Array, size: number): boolean =>
  mimeType.startsWith('text/') ? bytes.length > 0 || size === 0 : bytes.length >= size;

const known = (fetchBytes: FetchBytes, found: NumberedPart): AttachmentPart => {
  const { attachmentId, ...described } = describeAttachment(found);
  return {
    ...described,
    partId: attachmentId,
    part: found.part,
    bytes: async () => {
      const { size, mimeType } = described;
      const inline = inlineBytes(found.part);
      if (inline) return isWhole(mimeType, inline, size) ? ok(inline) : incomplete;
      const gmailId = found.part.body?.attachmentId;
      if (gmailId) return fetchBytes(gmailId, size);
      return size === 0 ? ok(new Uint8Array()) : incomplete;
    },
  };
};

/** One of Gmail's own ids from an earlier answer: it still gives the bytes, and their number says which part they are. */
const byOldGmailId = async (fetchBytes: FetchBytes, message: Message, id: string): Promise<Result<AttachmentPart>> => {
  const fetched = await fetchBytes(id);
  if (!fetched.ok) return fetched;
  const sameSize = attachmentsOf(message).filter(({ size }) => size === fetched.value.length);
  const [only] = sameSize.length === 1 ? sameSize : [];
  const found = only && findPart(message, only.attachmentId);
  if (found) return ok({ ...known(fetchBytes, found), bytes: async () => fetched });
  const unknown = { fileName: 'attachment', mimeType: 'application/octet-stream', size: fetched.value.length };
  return ok({ ...unknown, partId: id, part: {}, bytes: async () => fetched });
};

/** A file inside a winmail.dat: `1:0` is the first one of part 1. */
const insideWinmail = async (outer: AttachmentPart, attachmentId: string): Promise<Result<AttachmentPart>> => {
  const fetched = await outer.bytes();
  if (!fetched.ok) return fetched;
  const files = filesOfWinmail(outer.partId, fetched.value);
  const file = files.find((inner) => inner.attachmentId === attachmentId);
  if (file === undefined) return notFound(files);
  if (file.isCut) return failed({ kind: 'attachment_cut' });
  const { fileName, mimeType, size, bytes } = file;
  return ok({ partId: attachmentId, fileName, mimeType, size, part: {}, bytes: async () => ok(bytes) });
};

/**
 * The part that `attachmentId` names in a message: our part id (`1.2`, `root`; `1:0` inside a winmail.dat) or one of
 * Gmail's own ids.
 * @param progress told of the bytes, when they are fetched.
 * @returns `not_found` for a message or part that does not exist, `invalid_input` for an id outside its grammar.
 */
export const attachmentPart = async (
  gmail: GmailReader,
  messageId: string,
  attachmentId: string,
  progress?: ReportProgress,
): Promise<Result<AttachmentPart>> => {
  const answer = await gmail.message(messageId, 'full');
  if (!answer.ok) return answer;
  const message: Message = { ...answer.value, id: messageId };
  const fetchBytes: FetchBytes = (gmailId, size = 0) =>
    gmail.attachment(messageId, gmailId, { size, ...(progress === undefined ? {} : { progress }) });
  const found = findPart(message, attachmentId);
  if (found) return ok(known(fetchBytes, found));
  const outer = findPart(message, /^([^:]+)(?::\d+)+$/.exec(attachmentId)?.[1] ?? '');
  if (outer && isWinmail(outer)) return insideWinmail(known(fetchBytes, outer), attachmentId);
  if (partIdGrammar.test(attachmentId)) return notFound(attachmentsOf(message));
  const old = await byOldGmailId(fetchBytes, message, attachmentId);
  return !old.ok && old.problem.kind === 'not_found' ? notFound(attachmentsOf(message)) : old;
};
