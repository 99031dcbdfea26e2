// Bytes of a text part → text. The rule: UTF-8 where the bytes are UTF-8, because Gmail has converted the text parts of
// `format=full` already while their header still names the old charset; else what is declared; else what it looks like.
import chardet from 'chardet';
import iconv from 'iconv-lite';
import { textOfShifted } from './shifted-charsets.ts';

/** Undefined for a name that nobody knows. WHATWG's table first: it reads `iso-8859-1` as people write it (windows-1252). */
const decodeAs = (bytes: Uint8Array, charset: string): string | undefined => {
  const label = charset.trim().toLowerCase();
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return iconv.encodingExists(label) ? iconv.decode(Buffer.from(bytes), label) : undefined;
  }
};

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Nothing is missing, and nothing that no text has: the controls U+0080–U+009F come from a wrong charset. */
const isClean = (text: string): boolean => !/[\u0080-\u009f\ufffd]/.test(text);

const byteOrderMark = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes[2] === 0 && bytes[3] === 0 ? 'utf-32le' : 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
};

/** Text in UTF-16 without a mark: every other byte of what is Latin in it is 0. */
const looksLikeUtf16 = (bytes: Uint8Array): string | undefined => {
  const sample = bytes.subarray(0, 2000);
  if (sample.length < 4 || !sample.includes(0)) return undefined;
  const zeros = (from: number) => sample.filter((byte, at) => byte === 0 && at % 2 === from).length;
  const [even, odd] = [zeros(0), zeros(1)];
  if (Math.max(even, odd) < sample.length * 0.2) return undefined;
  if (even === 0) return 'utf-16le';
  return odd === 0 ? 'utf-16be' : undefined;
};

/** ISO-2022-JP gives itself away, declared or not: its escape sequences, RFC 1468 and RFC 1554. */
const iso2022Jp = new RegExp(`${String.fromCharCode(0x1b)}(?:\\$[@B]|\\([JI]|\\$\\([@BDO-Q])`);

/**
 * A charset whose bytes are always valid UTF-8 although they mean something else: believed as long as the bytes that
 * only it uses are there (after Gmail's conversion they are not).
 */
const sevenBitCharset = (bytes: Uint8Array, charset: string): string | undefined => {
  if (/^(?:utf-?16|utf-?32|ucs-?[24])/i.test(charset)) return bytes.includes(0) ? charset : undefined;
  if (/^(?:unicode-1-1-)?utf-?7$/i.test(charset)) {
    const encoded = /\+[A-Za-z0-9+/]{3,}-/.test(Buffer.from(bytes.subarray(0, 100_000)).toString('latin1'));
    return encoded && !bytes.some((byte) => byte > 0x7f) ? 'utf-7' : undefined;
  }
  if (!bytes.includes(0x1b)) return looksLikeUtf16(bytes);
  return iso2022Jp.test(Buffer.from(bytes).toString('latin1')) ? 'iso-2022-jp' : undefined;
};

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** UTF-8 with a few broken places (cut in the middle of a character) is still UTF-8: most of what is not ASCII decodes. */
const damagedUtf8 = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder('utf-8').decode(bytes);
  return count(text, /[^\p{ASCII}\ufffd]/gu) > count(text, /\ufffd/g) * 4 ? text : undefined;
};

/** The charset an HTML or XML document names in its own beginning. */
const charsetInside = (bytes: Uint8Array, mimeType: string): string | undefined => {
  if (!/html|xml/i.test(mimeType)) return undefined;
  const beginning = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  return /<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)/i.exec(beginning)?.[1];
};

/** Says nothing about bytes that are neither. */
const saysNothing =
  /^(?:(?:unicode-1-1-)?utf-?8|(?:us-)?ascii|ansi_x3.*|iso646.*|unknown.*|x-unknown|x-user-defined|8bit|7bit|binary)$/i;

/** Bytes around the first ones that are not ASCII, which are what a charset is told by. */
const tellingSample = (bytes: Uint8Array): Uint8Array => {
  const first = bytes.findIndex((byte) => byte > 0x7f);
  return bytes.subarray(Math.max(first - 200, 0), Math.max(first, 0) + 20_000);
};

/** What the bytes look like, if they do so clearly; `leastConfidence` of 100. */
const detected = (bytes: Uint8Array, leastConfidence: number): string | undefined => {
  for (const { name, confidence } of chardet.analyse(tellingSample(bytes))) {
    if (confidence < leastConfidence) return undefined;
    const text = /^(?:ASCII|UTF|IBM)/.test(name) ? undefined : decodeAs(bytes, name);
    if (text !== undefined && isClean(text)) return text;
  }
  return undefined;
};

/** A declared charset that almost all bytes fit: the others are broken, and no other charset would mend them. */
const almostFits = (text: string): boolean =>
  count(text, /[\u0080-\u009f\ufffd]/g) * 10 <= count(text, /[^\p{ASCII}]/gu);

const notUtf8 = (bytes: Uint8Array, named: readonly string[]): string => {
  const readings = named
    .filter((name) => !saysNothing.test(name.trim()))
    .flatMap((name) => decodeAs(bytes, name) ?? []);
  return (
    readings.find(isClean) ??
    detected(bytes, readings.length === 0 ? 20 : 60) ??
    readings.find(almostFits) ??
    detected(bytes, 10) ??
    new TextDecoder('windows-1252').decode(bytes)
  );
};

/**
 * Text bytes as text.
 * @param mimeType lets HTML and XML name their charset themselves.
 * @param charset what the Content-Type header declares.
 */
export const textOfBytes = (bytes: Uint8Array, mimeType: string, charset = ''): string => {
  const shifted = textOfShifted(bytes, charset);
  if (shifted !== undefined) return shifted;
  const certain = byteOrderMark(bytes) ?? sevenBitCharset(bytes, charset.trim());
  if (certain !== undefined) {
    const text = decodeAs(bytes, certain);
    if (text !== undefined && !text.includes('\ufffd')) return text;
  }
  const named = [charset, charsetInside(bytes, mimeType) ?? ''].filter((name) => name.trim() !== '');
  return decodeUtf8(bytes) ?? damagedUtf8(bytes) ?? notUtf8(bytes, named);
};
