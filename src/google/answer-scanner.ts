// Reads one JSON answer of Gmail's as it arrives: its long base64 values (`data`, `raw`) go elsewhere, piece by piece, and the
// rest, the JSON without these values, is small. So 27 MB of JSON never exist as one text.
import { createGrowingBytes } from './growing-bytes.ts';

/** An answer that ended early, lacks bytes or is not what Gmail sends; asking again may help. */
export class BrokenAnswer extends Error {}

/** There is no memory for more of an answer now: the connection is given up, and the answer asked for anew once there is. */
export class NoMemoryYet extends Error {}

/** More than this after a backslash is no answer of Gmail's. Characters. */
const longestEscaped = 100_000;
const quote = 0x22;
const backslash = 0x5c;
const base64Only = /^[\w+/=-]*$/;

/** What follows a backslash: Google may write "=" as an escape. */
const unescaped = (tail: string): string => {
  try {
    return String(JSON.parse(`"${tail}"`));
  } catch {
    throw new BrokenAnswer();
  }
};

/** Gets the value as it stands in the answer, piece by piece; memory of the answer, to be copied. */
type TakePiece = (piece: Buffer) => void;

interface Base64Value {
  /**
   * Reads on in an answer.
   * @returns where the value ended: the index after its quote; -1: it goes on.
   * @throws BrokenAnswer for an escape that is none.
   */
  read(answer: Buffer, from: number, take: TakePiece): number;
}

/** A base64url value inside a JSON string; begins after its first quote. Makes no strings: a long value would leave as much garbage as it is long. */
const createBase64Value = (): Base64Value => {
  let escaped: string | undefined;
  return {
    read: (answer, from, take) => {
      const end = answer.indexOf(quote, from);
      const piece = answer.subarray(from, end === -1 ? answer.length : end);
      const escapeAt = escaped === undefined ? piece.indexOf(backslash) : 0;
      take(escapeAt === -1 ? piece : piece.subarray(0, escapeAt));
      if (escapeAt !== -1) {
        escaped = (escaped ?? '') + piece.toString('latin1', escapeAt);
        if (escaped.length > longestEscaped) throw new BrokenAnswer();
      }
      if (end === -1) return -1;
      if (escaped !== undefined) take(Buffer.from(unescaped(escaped), 'latin1'));
      return end + 1;
    },
  };
};

interface Base64Decoder {
  /** @throws BrokenAnswer for what is no base64. */
  push(piece: Buffer): Uint8Array;
  /** @throws BrokenAnswer where a character is left over that makes no byte. */
  end(): Uint8Array;
}

/** base64url in pieces of any length → bytes in pieces. */
export const createBase64Decoder = (): Base64Decoder => {
  let rest = '';
  return {
    push: (piece) => {
      const text = piece.toString('latin1');
      if (!base64Only.test(text)) throw new BrokenAnswer();
      const whole = rest + text;
      // Four characters are three bytes; what is left over waits for the next piece.
      const end = whole.length - (whole.length % 4);
      rest = whole.slice(end);
      return Buffer.from(whole.slice(0, end), 'base64url');
    },
    end: () => {
      if (rest.replace(/=+$/, '').length === 1) throw new BrokenAnswer();
      return Buffer.from(rest, 'base64url');
    },
  };
};

/** Where the pieces of one value go. */
interface ValueSink {
  push(piece: Buffer): void;
  /** The value is complete. */
  end(): void;
}

/** What is left of an answer is larger than is read of one; asking again does not help. */
export class OversizedAnswer extends Error {}

interface AnswerScanner {
  /** @throws BrokenAnswer for what is no JSON object, OversizedAnswer where too much is left of it. */
  push(chunk: Uint8Array): void;
  /** Bytes of the skeleton so far. */
  readonly skeletonLength: number;
  /**
   * The answer without its long values: in the place of each stands its number, from 0, as text.
   * @throws BrokenAnswer where the answer ended early.
   */
  end(): Uint8Array<ArrayBuffer>;
}

const colon = 0x3a;
const [openBrace, closeBrace, openBracket, closeBracket, comma] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Names of the values that are taken out. */
const longValues = new Set(['data', 'raw']);
const longestName = 4;

/**
 * @param mostSkeleton bytes that may be left of an answer.
 * @param sinkFor makes a sink for the value of this number; `before` gives what stands before it in the skeleton.
 */
export const createAnswerScanner = (
  mostSkeleton: number,
  sinkFor: (index: number, before: () => string) => ValueSink,
): AnswerScanner => {
  const skeleton = createGrowingBytes(mostSkeleton);
  let values = 0;
  let depth = 0;
  let begun = false;
  let inString = false;
  let escaping = false;
  /** The first characters of the string that is being read, or was read last. */
  let name = '';
  let nameLength = 0;
  /** The name before the colon that stands before this place; undefined where there is none. */
  let key: string | undefined;
  let value: Base64Value | undefined;
  let sink: ValueSink | undefined;

  const keep = (bytes: Uint8Array): void => {
    skeleton.push(bytes);
    if (skeleton.pushed > mostSkeleton) throw new OversizedAnswer();
  };
  const structural = (byte: number): void => {
    if (!begun) {
      if (isSpace(byte)) return;
      if (byte !== openBrace) throw new BrokenAnswer();
      begun = true;
    } else if (depth === 0 && !isSpace(byte)) throw new BrokenAnswer();
    if (byte === colon) key = nameLength <= longestName ? name : '';
    else if (byte === comma) key = undefined;
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      key = undefined;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
  };
  const inside = (byte: number): void => {
    if (escaping) escaping = false;
    else if (byte === backslash) escaping = true;
    else if (byte === quote) {
      inString = false;
      return;
    }
    nameLength += 1;
    if (nameLength <= longestName) name += String.fromCharCode(byte);
  };
  const isLongValue = (): boolean => key !== undefined && longValues.has(key);
  const openString = (): void => {
    if (depth === 0) throw new BrokenAnswer();
    inString = true;
    name = '';
    nameLength = 0;
  };
  const openValue = (): void => {
    value = createBase64Value();
    sink = sinkFor(values, () => Buffer.from(skeleton.soFar()).toString('latin1'));
  };
  const close = (): void => {
    keep(Buffer.from(`${values}"`));
    values += 1;
    value = undefined;
    sink?.end();
    key = undefined;
  };

  return {
    push: (bytes) => {
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      let kept = 0;
      let at = 0;
      while (at < chunk.length) {
        if (value !== undefined) {
          const end = value.read(chunk, at, (piece) => sink?.push(piece));
          if (end === -1) return;
          close();
          at = end;
          kept = end;
          continue;
        }
        const byte = chunk[at] ?? 0;
        at += 1;
        if (inString) inside(byte);
        else if (byte !== quote) structural(byte);
        else if (!isLongValue()) openString();
        else {
          keep(chunk.subarray(kept, at));
          openValue();
        }
      }
      if (value === undefined) keep(chunk.subarray(kept));
    },
    get skeletonLength() {
      return skeleton.length;
    },
    end: () => {
      if (!begun || depth !== 0 || inString || value !== undefined) throw new BrokenAnswer();
      return skeleton.end();
    },
  };
};
