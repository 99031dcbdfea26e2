// Which part of a message an attachment id means, and its bytes. Ids are resolved anew in every call, because Gmail's
// own change from one answer to the next.
import type { GmailReader, PartSource, ReportProgress } from '../../google/ports.ts';
import { failed, ok, type Result } from '../../model/result.ts';
import type { FoundPart } from '../jobs/attachment-jobs.ts';
import { outputOf } from '../jobs/job-runner.ts';
import type { JobRunner } from '../jobs/jobs.ts';

export interface AttachmentPart extends Omit<FoundPart, 'place'> {
  /**
   * Its bytes, held while `use` works on them.
   * @param most bytes that there may be; with more, `too_costly`.
   */
  whole<R>(most: number, use: (bytes: Uint8Array<ArrayBuffer>) => Promise<Result<R>>): Promise<Result<R>>;
  /**
   * The same, handed on as they arrive and never held.
   * @param take is called anew, from the beginning, for every try; what it took is whole only if the result is.
   */
  stream(take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>): Promise<Result<object>>;
}

export interface AttachmentSought {
  readonly messageId: string;
  readonly attachmentId: string;
  /** Told of the bytes, when they are fetched. */
  readonly progress?: ReportProgress | undefined;
}

/** Bytes. A winmail.dat that is looked into; Gmail takes no larger files. */
const largestWinmail = 32 * 1024 * 1024;
const mostNamed = 20;

const notFound = (known: readonly string[]): Result<never> =>
  failed({ kind: 'not_found', what: 'attachment', known: known.slice(0, mostNamed) });
/** Google's answer lacks what it announces. */
const incomplete = failed({ kind: 'google_unavailable' });
const tooMuch = failed({ kind: 'too_costly', what: 'The attachment' });

/** Gmail gives texts in UTF-8, which may be fewer bytes than the sender's charset took; everything else as it is. */
const isWhole = ({ mimeType, size }: FoundPart, bytes: Uint8Array): boolean =>
  mimeType.startsWith('text/') ? bytes.length > 0 || size === 0 : bytes.length >= size;

/** A part whose bytes are here already. */
const here = (part: Omit<FoundPart, 'place'>, bytes: Uint8Array<ArrayBuffer>): AttachmentPart => ({
  ...part,
  whole: (most, use) => (bytes.length > most ? Promise.resolve(tooMuch) : use(bytes)),
  stream: async (take) => {
    await take(
      (async function* () {
        yield bytes;
      })(),
    );
    return ok({});
  },
});

/** A part whose bytes Gmail has. */
const atGmail = (gmail: GmailReader, sought: AttachmentSought, part: FoundPart, from: PartSource): AttachmentPart => {
  const { messageId, progress } = sought;
  const { place: _place, ...described } = part;
  const options = { size: 'body' in from ? undefined : part.size, progress };
  return {
    ...described,
    whole: (most, use) =>
      gmail.attachment(messageId, from, { ...options, most }, async ({ bytes, cut }) => (cut ? tooMuch : use(bytes))),
    stream: (take) => gmail.attachmentTo(messageId, from, options, take),
  };
};

const partOf = (gmail: GmailReader, sought: AttachmentSought, part: FoundPart): Result<AttachmentPart> => {
  const { place, ...described } = part;
  if (place === 'nowhere') return part.size === 0 ? ok(here(described, new Uint8Array())) : incomplete;
  if ('bytes' in place) return isWhole(part, place.bytes) ? ok(here(described, place.bytes)) : incomplete;
  return ok(atGmail(gmail, sought, part, 'gmailId' in place ? { attachmentId: place.gmailId } : place));
};

/** One of Gmail's own ids from an earlier answer: it still gives the bytes, and their number says which part they are. */
const byOldGmailId = async (
  gmail: GmailReader,
  sought: AttachmentSought,
  there: readonly FoundPart[],
): Promise<Result<AttachmentPart>> => {
  const from = { attachmentId: sought.attachmentId };
  let size = 0;
  const counted = await gmail.attachmentTo(sought.messageId, from, {}, async (pieces) => {
    size = 0;
    for await (const { length } of pieces) size += length;
  });
  if (!counted.ok) return counted.problem.kind === 'not_found' ? notFound(there.map(({ partId }) => partId)) : counted;
  const sameSize = there.filter((part) => part.size === size);
  const unknown = { partId: sought.attachmentId, fileName: 'attachment', mimeType: 'application/octet-stream' };
  const [only] = sameSize.length === 1 ? sameSize : [];
  return ok(atGmail(gmail, sought, { place: 'nowhere', ...(only ?? unknown), size }, from));
};

/**
 * The part that an attachment id names in a message: our part id (`1.2`, `root`; `1:0` inside a winmail.dat) or one of
 * Gmail's own ids.
 * @param use works on the part; what a part inside another takes is held so long.
 * @returns `not_found` for a message or part that does not exist, `invalid_input` for an id outside its grammar.
 */
export const attachmentPart = async <R>(
  gmail: GmailReader,
  jobs: JobRunner,
  sought: AttachmentSought,
  use: (part: AttachmentPart) => Promise<Result<R>>,
): Promise<Result<R>> => {
  const { messageId, attachmentId } = sought;
  const found = await gmail.message(messageId, 'structure', async ({ answer }) =>
    outputOf(await jobs.run('findAttachment', { answer, attachmentId }), 'This message'),
  );
  if (!found.ok) return found;
  if (found.value.kind === 'none') {
    const { isOurs, there } = found.value;
    if (isOurs) return notFound(there.map(({ partId }) => partId));
    const old = await byOldGmailId(gmail, sought, there);
    return old.ok ? use(old.value) : old;
  }
  const outer = partOf(gmail, sought, found.value.kind === 'part' ? found.value.part : found.value.winmail);
  if (!outer.ok) return outer;
  if (found.value.kind === 'part') return use(outer.value);
  const { partId } = outer.value;
  return outer.value.whole(largestWinmail, async (bytes) => {
    const inner = outputOf(await jobs.run('winmailFile', { partId, bytes, attachmentId }), 'The attachment');
    if (!inner.ok) return inner;
    if (inner.value === 'cut') return failed({ kind: 'attachment_cut' });
    if ('known' in inner.value) return notFound(inner.value.known);
    const part = partOf(gmail, sought, inner.value);
    return part.ok ? use(part.value) : part;
  });
};
