// Decodes bytes. A text part is UTF-8 where its bytes are valid UTF-8, because Gmail converts the text parts of `format=full`
// and leaves the old charset in their header; otherwise the declared charset counts, then detection. Bytes that Gmail does
// not convert (attachments, header fields) have the declared charset, unless that is impossible.
import iconv from 'iconv-lite';
import { likelyCharsets } from './charset-detection.ts';

// ISO-2022-KR (RFC 1557) and HZ (RFC 1843): charsets of seven bits that shift between ASCII and two-byte characters, which the
// libraries do not decode. With the eighth bit set their two-byte characters are those of EUC.

const shiftOut = 0x0e;
const shiftIn = 0x0f;

/** ISO-2022-KR gives itself away by the designation at its beginning; without its shifts there is nothing to decode. */
const ofIso2022Kr = (bytes: Uint8Array): string => {
  let isShifted = false;
  const euc = bytes
    .map((byte) => {
      if (byte === shiftOut || byte === shiftIn) isShifted = byte === shiftOut;
      return isShifted && byte > 0x20 ? byte | 0x80 : byte;
    })
    .filter((byte) => byte !== shiftOut && byte !== shiftIn);
  return new TextDecoder('euc-kr')
    .decode(euc)
    .replaceAll('\u001b$)C', '')
    .replace(/^\r?\n/, '');
};

/** RFC 1843: `~{` … `~}` around two-byte characters, `~~` for a tilde, `~` before a line break for nothing. */
const ofHz = (text: string): string =>
  text.replace(/~\{([^~\r\n]*)(?:~\})?|~~|~\r?\n/g, (mark, pairs: string | undefined) => {
    if (pairs === undefined) return mark === '~~' ? '~' : '';
    return new TextDecoder('gb2312').decode(Buffer.from(pairs, 'latin1').map((byte) => byte | 0x80));
  });

/** The text of bytes in one of the two; undefined where they are in neither. */
const textOfShifted = (bytes: Uint8Array, charset: string): string | undefined => {
  const isKorean =
    bytes.includes(shiftOut) && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('\u001b$)C');
  if (isKorean) return ofIso2022Kr(bytes);
  if (!/^hz(?:-gb-?2312)?$/i.test(charset.trim()) || bytes.some((byte) => byte > 0x7f)) return undefined;
  return ofHz(Buffer.from(bytes).toString('latin1'));
};

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

/**
 * Nothing is missing, and nothing that no text has: the controls U+0080–U+009F, characters of private use and those that
 * there are not come from a wrong charset.
 */
const isClean = (text: string): boolean => !/[\u0080-\u009f\ufffd\p{Co}\p{Cn}]/u.test(text);

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

/**
 * UTF-8 with a few broken places (cut in the middle of a character) is still UTF-8: most of what is not ASCII decodes. Of
 * a single broken byte two characters are proof, or one where UTF-8 is declared.
 */
const damagedUtf8 = (bytes: Uint8Array, isDeclared: boolean): string | undefined => {
  const text = new TextDecoder('utf-8').decode(bytes);
  const good = count(text, /[^\p{ASCII}\ufffd]/gu);
  const bad = count(text, /\ufffd/g);
  return good > bad * 4 || (bad === 1 && good > (isDeclared ? 0 : 1)) ? text : undefined;
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

/** What the bytes look like; all of them have to fit, not only the first. */
const detected = (bytes: Uint8Array): string | undefined => {
  for (const { charset } of likelyCharsets(bytes)) {
    const text = decodeAs(bytes, charset);
    if (text !== undefined && isClean(text)) return text;
  }
  return undefined;
};

/** Bits by which another reading has to be likelier than that in windows-1252, and its share of those of the latter. */
const clearly = { bits: 20, share: 0.7 } as const;

/**
 * What bytes say that somebody took for Latin: a label that programs put on everything, or a header field without one.
 * Undefined where Latin may well be right.
 */
export const insteadOfLatin = (bytes: Uint8Array): string | undefined => {
  const guesses = likelyCharsets(bytes);
  const [best] = guesses;
  const bits = guesses.find(({ charset }) => charset === 'windows-1252')?.bits ?? Number.POSITIVE_INFINITY;
  if (best === undefined || best.bits > bits - clearly.bits || best.bits > bits * clearly.share) return undefined;
  const text = decodeAs(bytes, best.charset);
  return text !== undefined && isClean(text) ? text : undefined;
};

/** A declared charset that almost all bytes fit: the others are broken, and no other charset would mend them. */
const almostFits = (text: string): boolean =>
  count(text, /[\u0080-\u009f\ufffd]/g) * 10 <= count(text, /[^\p{ASCII}]/gu);

const isLatin = (charset: string): boolean => {
  try {
    return new TextDecoder(charset.trim()).encoding === 'windows-1252';
  } catch {
    return false;
  }
};

const notUtf8 = (bytes: Uint8Array, named: readonly string[]): string => {
  const said = named.filter((name) => !saysNothing.test(name.trim()));
  const readings = said.flatMap((name) => decodeAs(bytes, name) ?? []);
  const other = said.length > 0 && said.every(isLatin) ? insteadOfLatin(bytes) : undefined;
  return (
    other ??
    readings.find(isClean) ??
    readings.find(almostFits) ??
    detected(bytes) ??
    new TextDecoder('windows-1252').decode(bytes)
  );
};

/** Charsets of which ordinary texts can be valid UTF-8 by chance, as long as that has no character of three bytes. */
const likeUtf8 = new Set(['gbk', 'gb18030', 'big5', 'euc-jp', 'euc-kr', 'shift_jis', 'iso-8859-5']);

const decodeStrictly = (bytes: Uint8Array, charset: string): { name: string; text: string | undefined } => {
  try {
    const decoder = new TextDecoder(charset.trim(), { fatal: true });
    return { name: decoder.encoding, text: decoder.decode(bytes) };
  } catch {
    return { name: '', text: undefined };
  }
};

/** Whether bytes that are UTF-8 may be taken for what is declared all the same. */
const isDeclaredRather = (utf8: string, declared: { name: string; text: string | undefined }): boolean =>
  declared.text !== undefined && likeUtf8.has(declared.name) && isClean(declared.text) && !/[\u0800-\uffff]/.test(utf8);

/**
 * The text of bytes that nobody converted: a header field's, an attachment's.
 * @param charset what is declared; '' for nothing.
 * @param mimeType lets HTML and XML name their charset themselves.
 */
export const textOfLabelled = (bytes: Uint8Array, charset: string, mimeType = 'text/plain'): string => {
  if (!bytes.some((byte) => byte > 0x7f) && /^(?:x-|unicode-1-1-)?utf-?7$/i.test(charset.trim()))
    return decodeAs(bytes, 'utf-7') ?? '';
  const declared = decodeStrictly(bytes, charset);
  const utf8 = bytes.some((byte) => byte > 0x7f) ? decodeUtf8(bytes) : undefined;
  if (declared.text !== undefined && utf8 !== undefined && isDeclaredRather(utf8, declared)) return declared.text;
  if (likeUtf8.has(declared.name) && declared.text !== undefined && utf8 === undefined && isClean(declared.text))
    return declared.text;
  return textOfBytes(bytes, mimeType, charset);
};

/**
 * Text bytes as text, where Gmail may have converted them.
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
  return decodeUtf8(bytes) ?? damagedUtf8(bytes, /^\s*utf-?8/i.test(charset)) ?? notUtf8(bytes, named);
};
