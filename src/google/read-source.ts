// The answer of users.messages.get with format=raw, read as it arrives: of a source of any size only its head and the page
// that was asked for are ever in memory.
import type { SourcePage } from '@postern/mail-text/message';
import { createAnswerScanner } from './answer-scanner.ts';
import { BrokenAnswer } from './base64-value.ts';

/** Base64url units. A head without an end must not cost what a body does. */
const longestHead = 1_400_000;
/** Decoded anew to look for the end of the head; four units are three bytes. */
const headStep = 16 * 1024;
const mostSkeleton = 100_000;
const endOfHead = /\r?\n\r?\n/;

/** Keeps pieces until the header fields are complete. */
const createHead = () => {
  let head = '';
  let looked = 0;
  let complete = false;
  return {
    push: (piece: Buffer): void => {
      if (complete) return;
      head += piece.toString('latin1', 0, longestHead - head.length);
      if (head.length - looked < headStep && head.length < longestHead) return;
      // A little of what was looked at before, in case the end is parted there.
      const from = Math.max(0, looked - 8) & ~3;
      complete =
        head.length >= longestHead || endOfHead.test(Buffer.from(head.slice(from), 'base64url').toString('latin1'));
      looked = head.length;
    },
    text: () => head,
  };
};

/** @throws BrokenAnswer where the answer or its connection ends early or it is something else. */
export const readSource = async <T extends object>(
  answer: AsyncIterable<Uint8Array>,
  { offset, maxChars }: { readonly offset: number; readonly maxChars: number },
): Promise<SourcePage<T>> => {
  const head = createHead();
  const page: string[] = [];
  let totalChars = 0;
  const push = (piece: Buffer): void => {
    head.push(piece);
    const from = Math.max(0, offset - totalChars);
    const end = Math.max(0, offset + maxChars - totalChars);
    if (from < piece.length && end > from) page.push(piece.toString('latin1', from, Math.min(end, piece.length)));
    totalChars += piece.length;
  };
  const scanner = createAnswerScanner(mostSkeleton, () => ({ push, end: () => undefined }));
  for await (const chunk of answer) scanner.push(chunk);
  try {
    const value: T = JSON.parse(Buffer.from(scanner.end()).toString('utf8'));
    return { value, head: head.text(), text: page.join(''), totalChars };
  } catch {
    throw new BrokenAnswer();
  }
};
