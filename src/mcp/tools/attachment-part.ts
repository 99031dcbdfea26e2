// Which part of a message an attachment id means, and its bytes. Ids are resolved anew in every call, because Gmail's
// own change from one answer to the next.
import type { GmailReader, PartSource, ReportProgress } from '../../google/ports.ts';
import { failed, ok, type Result } from '../../model/result.ts';
import type { FoundPart } from '../jobs/attachment-jobs.ts';
import { outputOf } from '../jobs/job-runner.ts';
import type { JobRunner } from '../jobs/jobs.ts';

export interface AttachmentPart extends Omit<FoundPart, 'location'> {
  /**
   * Its bytes, held while `use` works on them.
   * @param maxBytes how many there may be; with more, `too_costly`.
   */
  read<R>(maxBytes: number, use: (bytes: Uint8Array<ArrayBuffer>) => Promise<Result<R>>): Promise<Result<R>>;
  /**
   * The same, handed on as they arrive and never held.
   * @param take is called anew, from the beginning, for every try; what it took is whole only if the result is.
   */
  stream(take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>): Promise<Result<object>>;
}

export interface AttachmentRequest {
  readonly messageId: string;
  readonly attachmentId: string;
  /** Told of the bytes, when they are fetched. */
  readonly progress?: ReportProgress | undefined;
}

/** Bytes. A winmail.dat that is looked into; Gmail takes no larger files. */
const maxWinmailBytes = 32 * 1024 * 1024;
const maxNamed = 20;

const notFound = (known: readonly string[]): Result<never> =>
  failed({ kind: 'not_found', what: 'attachment', known: known.slice(0, maxNamed) });
/** Google's answer lacks what it announces. */
const incomplete = failed({ kind: 'google_unavailable' });
const tooLarge = failed({ kind: 'too_costly', what: 'The attachment' });

/** Gmail gives texts in UTF-8, which may be fewer bytes than the sender's charset took; everything else as it is. */
const isWhole = ({ mimeType, size }: FoundPart, bytes: Uint8Array): boolean =>
  mimeType.startsWith('text/') ? bytes.length > 0 || size === 0 : bytes.length >= size;

/** A part whose bytes are here already. */
const loadedPart = (part: Omit<FoundPart, 'location'>, bytes: Uint8Array<ArrayBuffer>): AttachmentPart => ({
  ...part,
  read: (maxBytes, use) => (bytes.length > maxBytes ? Promise.resolve(tooLarge) : use(bytes)),
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
const gmailPart = (
  gmail: GmailReader,
  request: AttachmentRequest,
  part: FoundPart,
  from: PartSource,
): AttachmentPart => {
  const { messageId, progress } = request;
  const { location: _location, ...described } = part;
  const options = { size: 'body' in from ? undefined : part.size, progress };
  return {
    ...described,
    read: (maxBytes, use) =>
      gmail.attachment(messageId, from, { ...options, most: maxBytes }, async ({ bytes, cut }) =>
        cut ? tooLarge : use(bytes),
      ),
    stream: (take) => gmail.attachmentTo(messageId, from, options, take),
  };
};

const partOf = (gmail: GmailReader, request: AttachmentRequest, part: FoundPart): Result<AttachmentPart> => {
  const { location, ...described } = part;
  if (location === 'nowhere') return part.size === 0 ? ok(loadedPart(described, new Uint8Array())) : incomplete;
  if ('bytes' in location)
    return isWhole(part, location.bytes) ? ok(loadedPart(described, location.bytes)) : incomplete;
  return ok(gmailPart(gmail, request, part, 'gmailId' in location ? { attachmentId: location.gmailId } : location));
};

/** One of Gmail's own ids from an earlier answer: it still gives the bytes, and their number says which part they are. */
const byOldGmailId = async (
  gmail: GmailReader,
  request: AttachmentRequest,
  there: readonly FoundPart[],
): Promise<Result<AttachmentPart>> => {
  const from = { attachmentId: request.attachmentId };
  let size = 0;
  const counted = await gmail.attachmentTo(request.messageId, from, {}, async (pieces) => {
    size = 0;
    for await (const { length } of pieces) size += length;
  });
  if (!counted.ok) return counted.problem.kind === 'not_found' ? notFound(there.map(({ partId }) => partId)) : counted;
  const sameSize = there.filter((part) => part.size === size);
  const unknown = { partId: request.attachmentId, fileName: 'attachment', mimeType: 'application/octet-stream' };
  const [only] = sameSize.length === 1 ? sameSize : [];
  return ok(gmailPart(gmail, request, { location: 'nowhere', ...(only ?? unknown), size }, from));
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
  request: AttachmentRequest,
  use: (part: AttachmentPart) => Promise<Result<R>>,
): Promise<Result<R>> => {
  const { messageId, attachmentId } = request;
  const found = await gmail.message(messageId, 'structure', async ({ answer }) =>
    outputOf(await jobs.run('findAttachment', { answer, attachmentId }), 'This message'),
  );
  if (!found.ok) return found;
  if (found.value.kind === 'none') {
    const { isOurs, there } = found.value;
    if (isOurs) return notFound(there.map(({ partId }) => partId));
    const old = await byOldGmailId(gmail, request, there);
    return old.ok ? use(old.value) : old;
  }
  const outer = partOf(gmail, request, found.value.kind === 'part' ? found.value.part : found.value.winmail);
  if (!outer.ok) return outer;
  if (found.value.kind === 'part') return use(outer.value);
  const { partId } = outer.value;
  return outer.value.read(maxWinmailBytes, async (bytes) => {
    const inner = outputOf(await jobs.run('winmailFile', { partId, bytes, attachmentId }), 'The attachment');
    if (!inner.ok) return inner;
    if (inner.value === 'cut') return failed({ kind: 'attachment_cut' });
    if ('known' in inner.value) return notFound(inner.value.known);
    const part = partOf(gmail, request, inner.value);
    return part.ok ? use(part.value) : part;
  });
};
