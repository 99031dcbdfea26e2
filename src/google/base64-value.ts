// A base64url value inside a JSON string that arrives in pieces: its text, and its bytes, piece by piece. Knows nothing
// of the JSON around it but how a string ends.

/** An answer that ended early, lacks bytes or is not what Gmail sends; asking again may help. */
export class BrokenAnswer extends Error {}

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
export type TakePiece = (piece: Buffer) => void;

export interface Base64Value {
  /**
   * Reads on in an answer.
   * @returns where the value ended: the index after its quote; -1: it goes on.
   * @throws BrokenAnswer for an escape that is none.
   */
  read(answer: Buffer, from: number, take: TakePiece): number;
}

/** Begins after the value's first quote. Makes no strings: a long value would leave as much garbage as it is long. */
export const createBase64Value = (): Base64Value => {
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

export interface Base64Decoder {
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
