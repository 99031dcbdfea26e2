// The answer of users.messages.attachments.get, read as it arrives: 25 MB of file are 34 MB of JSON, and neither that text
// nor the string inside it ever exists as a whole. Reads `size` and `data` of one flat JSON object and nothing else.
// Fewer bytes than the answer announces are no file: half a contract must not be saved as if it were one.
import type { Body } from '@postern/mail-text/answer';
import { BrokenAnswer, createAnswerScanner, createBase64Decoder } from './answer-scanner.ts';
import { createGrowingBytes } from './growing-bytes.ts';
import type { ReportProgress } from './ports.ts';

/** More than this beside the data is no answer of Gmail's. Bytes. */
const longestOther = 100_000;
/** Bytes beside the bodies of a message. */
const mostSkeleton = 4 * 1024 * 1024;
/** No message of Gmail's is larger; a larger `size` is ignored. Bytes. */
const largestAttachment = 64 * 1024 * 1024;

const sizeIn = (head: string): number => {
  const size = Number(/"size"\s*:\s*"?(\d{1,10})\b/.exec(head)?.[1] ?? 0);
  return size <= largestAttachment ? size : 0;
};

/** What the answer says its size is, once all of it is there; undefined where it does not. */
const announcedBy = (skeleton: Uint8Array): number | undefined => {
  const answer: unknown = JSON.parse(Buffer.from(skeleton).toString('utf8'));
  const size = Number((answer as { size?: unknown }).size ?? Number.NaN);
  return Number.isNaN(size) ? undefined : size;
};

interface AttachmentReading {
  /** Called with every piece, in bytes, where the answer says their number first. */
  readonly progress?: ReportProgress | undefined;
  /** How many bytes the message says the attachment has, for an answer that does not say it; 0: unknown. */
  readonly expected?: number | undefined;
}

/**
 * The bytes in the answer's `data`, piece by piece; more of them than announced are all given. What was given is the
 * attachment only if the end is reached.
 * @throws BrokenAnswer where the answer or its connection ends early, where bytes are missing, or where it is something else.
 */
export async function* attachmentPieces(
  answer: AsyncIterable<Uint8Array>,
  { progress = () => undefined, expected = 0 }: AttachmentReading,
): AsyncGenerator<Uint8Array> {
  const decoder = createBase64Decoder();
  let pieces: Uint8Array[] = [];
  let given = 0;
  let size = 0;
  const scanner = createAnswerScanner(longestOther, (index, before) => {
    if (index > 0) throw new BrokenAnswer();
    size = sizeIn(before());
    return { push: (piece) => pieces.push(decoder.push(piece)), end: () => pieces.push(decoder.end()) };
  });
  const taken = (): Uint8Array[] => {
    const some = pieces.filter(({ length }) => length > 0);
    pieces = [];
    for (const { length } of some) given += length;
    if (given > 0 && size > 0 && some.length > 0) progress(Math.min(given, size), size);
    return some;
  };
  try {
    for await (const chunk of answer) {
      scanner.push(chunk);
      yield* taken();
    }
    if (given < (announcedBy(scanner.end()) ?? expected) || (given === 0 && expected > 0)) throw new BrokenAnswer();
  } catch {
    throw new BrokenAnswer();
  }
}

/**
 * The bytes of one of the bodies that a message has in itself, piece by piece, from an answer with the whole message.
 * @param index the body's number among them.
 * @throws BrokenAnswer where the answer or its connection ends early or has no such body.
 */
export async function* bodyPieces(answer: AsyncIterable<Uint8Array>, index: number): AsyncGenerator<Uint8Array> {
  const decoder = createBase64Decoder();
  let pieces: Uint8Array[] = [];
  let found = false;
  const scanner = createAnswerScanner(mostSkeleton, (number) => {
    if (number !== index) return { push: () => undefined, end: () => undefined };
    found = true;
    return { push: (piece) => pieces.push(decoder.push(piece)), end: () => pieces.push(decoder.end()) };
  });
  for await (const chunk of answer) {
    scanner.push(chunk);
    yield* pieces.filter(({ length }) => length > 0);
    pieces = [];
  }
  scanner.end();
  if (!found) throw new BrokenAnswer();
}

/**
 * Bytes that come in pieces as one.
 * @param most bytes that are kept; `cut` says that there were more.
 * @param reserve takes care that so many bytes may be in memory. @throws NoMemoryYet.
 */
export const collected = async (
  pieces: AsyncIterable<Uint8Array>,
  most: number,
  reserve: (bytes: number) => void,
): Promise<Body> => {
  const kept = createGrowingBytes(most);
  for await (const piece of pieces) {
    reserve(Math.min(most, kept.length + piece.length));
    kept.push(piece);
  }
  return { bytes: kept.end(), cut: kept.pushed > most || undefined };
};
