// A part's bytes → text: Content-Transfer-Encoding (RFC 2045 §6) undone, then any charset. Lenient as Gmail is: what cannot
// be decoded is kept or skipped, an unknown charset is read as UTF-8, then as windows-1252, and nothing throws.
import iconv from 'iconv-lite';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const lossyUtf8 = new TextDecoder('utf-8');
const windows1252 = new TextDecoder('windows-1252');
/** Names that promise nothing about bytes above 127. */
const undeclaredCharset = /^(|us-ascii|ascii|ansi_x3\.4-1968|utf-?8|unknown-8bit|x-unknown|7bit|8bit|binary|default)$/;

/**
 * Text of bytes nobody named a charset for: UTF-8 where that is valid, or broken in fewer places than it has characters
 * (those become U+FFFD); else windows-1252.
 */
export const decodeUnlabelled = (bytes: Uint8Array): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    const lossy = lossyUtf8.decode(bytes);
    const broken = lossy.match(/\ufffd/g)?.length ?? 0;
    const whole = lossy.match(/[^\0-\u007f\ufffd]/gu)?.length ?? 0;
    return whole >= broken ? lossy : windows1252.decode(bytes);
  }
};

/** What else a text is tried as, strictly, when it is not valid in its declared charset: senders mix these up. */
const mistakenFor: Readonly<Record<string, readonly string[]>> = {
  'iso-2022-jp': ['utf-8', 'euc-jp', 'shift_jis'],
  'euc-jp': ['utf-8', 'shift_jis'],
  shift_jis: ['utf-8', 'euc-jp'],
  gbk: ['utf-8', 'gb18030', 'big5'],
  big5: ['utf-8', 'gbk'],
};

/**
 * Text of bytes in a declared charset.
 * @param charset a MIME charset name in any case; `utf-8` and `us-ascii` that are not valid UTF-8 are read as windows-1252
 */
export const decodeCharset = (bytes: Uint8Array, charset: string): string => {
  const name = charset.trim().toLowerCase();
  if (undeclaredCharset.test(name)) return decodeUnlabelled(bytes);
  const declared = decoderFor(name);
  if (declared === undefined) {
    return iconv.encodingExists(name) ? iconv.decode(Buffer.from(bytes), name) : decodeUnlabelled(bytes);
  }
  for (const label of [name, ...(mistakenFor[declared.encoding] ?? ['utf-8'])]) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      // not valid in this one: the next
    }
  }
  return declared.decode(bytes);
};

const decoderFor = (name: string) => {
  try {
    return new TextDecoder(name);
  } catch {
    return undefined;
  }
};

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

const equals = 61;

const decodeQuotedPrintable = (body: Buffer): Buffer => {
  if (!body.includes(equals)) return body;
  const decoded = Buffer.allocUnsafe(body.length);
  let length = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte !== equals) {
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
