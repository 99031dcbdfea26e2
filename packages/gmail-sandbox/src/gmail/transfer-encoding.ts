// Content-Transfer-Encoding (RFC 2045 §6) undone, leniently: what cannot be decoded is kept or skipped, never thrown.
// Knows nothing of charsets or parts.

/**
 * Decodes a part's body.
 * @param encoding the header's value in any case; an unknown one leaves the bytes as they are
 */
export const decodeTransferEncoding = (body: Buffer, encoding: string): Buffer => {
  switch (encoding.replace(/[;\s(].*$/s, '').toLowerCase()) {
    case 'base64':
      return decodeBase64(body);
    case 'quoted-printable':
      return decodeQuotedPrintable(body);
    default:
      return body;
  }
};

/** Node skips white space and foreign characters, but stops at `=`: padded blocks that were concatenated are decoded one by one. */
const decodeBase64 = (body: Buffer): Buffer => {
  const text = body.toString('latin1');
  const blocks = text.replace(/[^A-Za-z0-9+/=_-]/g, '').match(/[^=]+=*/g) ?? [];
  return blocks.length === 1 ? Buffer.from(text, 'base64') : Buffer.concat(blocks.map((b) => Buffer.from(b, 'base64')));
};

const EQUALS = 61;

const decodeQuotedPrintable = (body: Buffer): Buffer => {
  if (!body.includes(EQUALS)) return body;
  const decoded = Buffer.allocUnsafe(body.length);
  let length = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte !== EQUALS) {
      decoded[length++] = byte;
      continue;
    }
    const softBreak = softLineBreak(body, at + 1);
    const high = hexDigit(body[at + 1]);
    const low = hexDigit(body[at + 2]);
    if (softBreak > 0) {
      at += softBreak;
    } else if (high >= 0 && low >= 0) {
      decoded[length++] = high * 16 + low;
      at += 2;
    } else {
      decoded[length++] = byte;
    }
  }
  return decoded.subarray(0, length);
};

/** The length of the white space and line end after `=`, 0 when it is no soft line break. */
const softLineBreak = (body: Buffer, from: number): number => {
  let at = from;
  while (at < body.length && (body[at] === 32 || body[at] === 9)) at++;
  if (at >= body.length) return at - from;
  if (body[at] === 13 && body[at + 1] === 10) return at + 2 - from;
  return body[at] === 10 ? at + 1 - from : 0;
};

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
};
