// The answer of users.messages.attachments.get, read as it arrives: 25 MB of file are 34 MB of JSON, and neither that text
// nor the string inside it ever exists as a whole. Reads `size` and `data` of one flat JSON object and nothing else.
// Fewer bytes than the answer announces are no file: half a contract must not be saved as if it were one.

import type { ReportProgress } from './ports.ts';

/** An answer that ended early, lacks bytes or is not what Gmail sends; asking again may help. */
export class BrokenAnswer extends Error {}

/** More than this before or after the data, or after a backslash in it, is no answer of Gmail's. Characters. */
const longestOther = 100_000;
/** No message of Gmail's is larger; a larger `size` is not believed. Bytes. */
const largest = 64 * 1024 * 1024;

const dataBegins = /"data"\s*:\s*"/;

interface Decoder {
  push(text: string): void;
  /** Bytes so far. */
  length(): number;
  /** @throws BrokenAnswer where a character is left over that makes no byte. */
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
      if (rest.replace(/=+$/, '').length === 1) throw new BrokenAnswer();
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

const sizeIn = (head: string): number => {
  const size = Number(/"size"\s*:\s*"?(\d{1,10})\b/.exec(head)?.[1] ?? 0);
  return size <= largest ? size : 0;
};

interface State {
  /** The answer up to the data. */
  head: string;
  /** What follows the data. */
  tail: string | undefined;
  /** As announced before the data, in bytes; 0: unknown. */
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
  const rest = state.head.slice(begins.index + begins[0].length);
  state.head = state.head.slice(0, begins.index);
  state.size = sizeIn(state.head);
  state.decoder = createDecoder(state.size);
  return rest;
};

const base64Only = /^[\w+/=-]*$/;

const push = (decoder: Decoder, text: string): void => {
  if (!base64Only.test(text)) throw new BrokenAnswer();
  decoder.push(text);
};

/** One piece of the answer. */
const take = (state: State, piece: string): void => {
  if (state.tail !== undefined) {
    state.tail += piece;
    if (state.tail.length > longestOther) throw new BrokenAnswer();
    return;
  }
  const text = state.decoder === undefined ? begin(state, piece) : piece;
  if (text === undefined || state.decoder === undefined) return;
  const quote = text.indexOf('"');
  const here = quote === -1 ? text : text.slice(0, quote);
  const backslash = state.escaped === undefined ? here.indexOf('\\') : 0;
  if (backslash === -1) push(state.decoder, here);
  else {
    if (state.escaped === undefined) push(state.decoder, here.slice(0, backslash));
    state.escaped = (state.escaped ?? '') + here.slice(backslash);
    if (state.escaped.length > longestOther) throw new BrokenAnswer();
  }
  if (quote === -1) return;
  if (state.escaped !== undefined) push(state.decoder, unescaped(state.escaped));
  state.tail = text.slice(quote + 1);
};

/** What the answer says its size is, once all of it is there; undefined where it does not. */
const announcedBy = ({ head, tail }: State): number | undefined => {
  const answer: unknown = JSON.parse(tail === undefined ? head : `${head}"data":""${tail}`);
  if (typeof answer !== 'object' || answer === null) throw new BrokenAnswer();
  const size = Number((answer as { size?: unknown }).size ?? Number.NaN);
  return Number.isNaN(size) ? undefined : size;
};

/** The bytes, if they are as many as were announced: by the answer itself, else by the message it belongs to. */
const complete = (state: State, expected: number): Uint8Array => {
  if (state.decoder !== undefined && state.tail === undefined) throw new BrokenAnswer();
  const bytes = state.decoder?.end() ?? new Uint8Array();
  if (bytes.length < (announcedBy(state) ?? expected) || (bytes.length === 0 && expected > 0)) throw new BrokenAnswer();
  return bytes;
};

/**
 * The bytes in the answer's `data`; more of them than announced are all given.
 * @param progress told of bytes with every piece, where the answer says their number first.
 * @param expected how many bytes the message says the attachment has, for an answer that does not say it; 0: unknown.
 * @throws BrokenAnswer where the answer or its connection ends early, where bytes are missing, or where it is something else.
 */
export const attachmentBytes = async (
  answer: AsyncIterable<Uint8Array>,
  progress: ReportProgress = () => undefined,
  expected = 0,
): Promise<Uint8Array> => {
  const state: State = { head: '', tail: undefined, size: 0, decoder: undefined, escaped: undefined };
  const report = (read: number) => {
    if (read > 0 && state.size > 0) progress(Math.min(read, state.size), state.size);
  };
  try {
    for await (const chunk of answer) {
      take(state, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1'));
      if (state.tail === undefined) report(state.decoder?.length() ?? 0);
    }
    const bytes = complete(state, expected);
    report(bytes.length);
    return bytes;
  } catch {
    throw new BrokenAnswer();
  }
};
