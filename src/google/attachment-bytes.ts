// The answer of users.messages.attachments.get, read as it arrives: 25 MB of file are 34 MB of JSON, and neither that text
// nor the string inside it ever exists as a whole. Reads `size` and `data` of one flat JSON object and nothing else.

import type { ReportProgress } from './ports.ts';

/** An answer that ended early or is not what Gmail sends; asking again may help. */
export class BrokenAnswer extends Error {}

/** More than this before the data, or after a backslash in it, is no answer of Gmail's. Characters. */
const longestOther = 100_000;
/** No message of Gmail's is larger; a larger `size` is not believed. Bytes. */
const largest = 64 * 1024 * 1024;

const dataBegins = /"data"\s*:\s*"/;

interface Decoder {
  push(text: string): void;
  /** Bytes so far. */
  length(): number;
  end(): Uint8Array;
}

/** base64url in pieces of any length → bytes. @param size of the whole, where it is known. */
const createDecoder = (size: number): Decoder => {
  let bytes = Buffer.allocUnsafe(size);
  let length = 0;
  let rest = '';
  const write = (text: string) => {
    const most = Math.ceil((text.length * 3) / 4);
    if (length + most > bytes.length && length + Buffer.byteLength(text, 'base64url') > bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, length)], Math.max((length + most) * 2, 64 * 1024));
    length += bytes.write(text, length, 'base64url');
  };
  return {
    push: (text) => {
      // Four characters are three bytes; what is left over waits for the next piece.
      const filling = rest === '' ? 0 : 4 - rest.length;
      const first = rest + text.slice(0, filling);
      if (first.length < 4 && rest !== '') {
        rest = first;
        return;
      }
      if (first !== '') write(first);
      const whole = filling + Math.floor((text.length - filling) / 4) * 4;
      write(text.slice(filling, whole));
      rest = text.slice(whole);
    },
    length: () => length,
    end: () => {
      write(rest);
      return bytes.subarray(0, length);
    },
  };
};

/** What follows a backslash within the data: Google may write "=" as an escape. */
const unescaped = (tail: string): string => {
  try {
    return String(JSON.parse(`"${tail}"`));
  } catch {
    throw new BrokenAnswer();
  }
};

/** An object without data is an empty file. */
const emptyAnswer = (head: string): Uint8Array => {
  try {
    const answer: unknown = JSON.parse(head);
    if (typeof answer === 'object' && answer !== null) return new Uint8Array();
  } catch {
    // Not JSON: judged below.
  }
  throw new BrokenAnswer();
};

const sizeIn = (head: string): number => {
  const size = Number(/"size"\s*:\s*(\d{1,10})\b/.exec(head)?.[1] ?? 0);
  return size <= largest ? size : 0;
};

interface State {
  head: string;
  /** As announced, in bytes; 0: unknown. */
  size: number;
  decoder: Decoder | undefined;
  escaped: string | undefined;
}

/** Looks for the beginning of the data; gives what follows it in this piece. */
const begin = (state: State, text: string): string | undefined => {
  state.head += text;
  const begins = dataBegins.exec(state.head);
  if (begins === null && state.head.length > longestOther) throw new BrokenAnswer();
  if (begins === null) return undefined;
  state.size = sizeIn(state.head.slice(0, begins.index));
  state.decoder = createDecoder(state.size);
  return state.head.slice(begins.index + begins[0].length);
};

/** One piece of the answer; the bytes once the data has ended. */
const take = (state: State, piece: string): Uint8Array | undefined => {
  const text = state.decoder === undefined ? begin(state, piece) : piece;
  if (text === undefined || state.decoder === undefined) return undefined;
  const quote = text.indexOf('"');
  const here = quote === -1 ? text : text.slice(0, quote);
  const backslash = state.escaped === undefined ? here.indexOf('\\') : 0;
  if (backslash === -1) state.decoder.push(here);
  else {
    if (state.escaped === undefined) state.decoder.push(here.slice(0, backslash));
    state.escaped = (state.escaped ?? '') + here.slice(backslash);
    if (state.escaped.length > longestOther) throw new BrokenAnswer();
  }
  if (quote === -1) return undefined;
  if (state.escaped !== undefined) state.decoder.push(unescaped(state.escaped));
  return state.decoder.end();
};

/**
 * The bytes in the answer's `data`.
 * @param progress told of bytes with every piece, where the answer says their number first.
 * @throws BrokenAnswer where the answer or its connection ends early, or where it is something else.
 */
export const attachmentBytes = async (
  answer: AsyncIterable<Uint8Array>,
  progress: ReportProgress = () => undefined,
): Promise<Uint8Array> => {
  const state: State = { head: '', size: 0, decoder: undefined, escaped: undefined };
  try {
    for await (const chunk of answer) {
      const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
      const bytes = take(state, piece);
      const read = bytes?.length ?? state.decoder?.length() ?? 0;
      if (read > 0 && state.size > 0) progress(Math.min(read, state.size), state.size);
      if (bytes !== undefined) return bytes;
    }
  } catch {
    throw new BrokenAnswer();
  }
  if (state.decoder === undefined) return emptyAnswer(state.head);
  throw new BrokenAnswer();
};
