// A base64url value inside a JSON string that arrives in pieces: its text, and its bytes, piece by piece. Knows nothing
// of the JSON around it but how a string ends.

/** An answer that ended early, lacks bytes or is not what Gmail sends; asking again may help. */
export class BrokenAnswer extends Error {}

/** More than this after a backslash is no answer of Gmail's. Characters. */
const longestEscaped = 100_000;
const quote = 0x22;
const base64Only = /^[\w+/=-]*$/;

/** What follows a backslash: Google may write "=" as an escape. */
const unescaped = (tail: string): string => {
  try {
    return String(JSON.parse(`"${tail}"`));
  } catch {
    throw new BrokenAnswer();
  }
};

/** Gets the value's text, piece by piece. */
export type TakeText = (text: string) => void;

export interface Base64Value {
  /**
   * Reads on in an answer.
   * @returns where the value ended: the index after its quote; -1: it goes on.
   * @throws BrokenAnswer for what is no base64.
   */
  read(answer: Buffer, from: number, take: TakeText): number;
}

/** Begins after the value's first quote. */
export const createBase64Value = (): Base64Value => {
  let escaped: string | undefined;
  const checked = (text: string): string => {
    if (!base64Only.test(text)) throw new BrokenAnswer();
    return text;
  };
  return {
    read: (answer, from, take) => {
      const end = answer.indexOf(quote, from);
      const text = answer.toString('latin1', from, end === -1 ? answer.length : end);
      const backslash = escaped === undefined ? text.indexOf('\\') : 0;
      take(checked(backslash === -1 ? text : text.slice(0, backslash)));
      if (backslash !== -1) {
        escaped = (escaped ?? '') + text.slice(backslash);
        if (escaped.length > longestEscaped) throw new BrokenAnswer();
      }
      if (end === -1) return -1;
      if (escaped !== undefined) take(checked(unescaped(escaped)));
      return end + 1;
    },
  };
};

export interface Base64Decoder {
  push(text: string): Uint8Array;
  /** @throws BrokenAnswer where a character is left over that makes no byte. */
  end(): Uint8Array;
}

/** base64url in pieces of any length → bytes in pieces. */
export const createBase64Decoder = (): Base64Decoder => {
  let rest = '';
  return {
    push: (text) => {
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
