// Bytes in any charset → text. Never throws; an unknown charset is read as UTF-8, then as windows-1252.
// A byte order mark is dropped, as Gmail does. Knows nothing of mail.
import iconv from 'iconv-lite';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const lossyUtf8 = new TextDecoder('utf-8');
const windows1252 = new TextDecoder('windows-1252');
/** Names that promise nothing about bytes above 127. */
const SAYS_NOTHING = /^(|us-ascii|ascii|ansi_x3\.4-1968|utf-?8|unknown-8bit|x-unknown|7bit|8bit|binary|default)$/;

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
const MISTAKEN_FOR: Readonly<Record<string, readonly string[]>> = {
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
  if (SAYS_NOTHING.test(name)) return decodeUnlabelled(bytes);
  const declared = decoderFor(name);
  if (declared === undefined) {
    return iconv.encodingExists(name) ? iconv.decode(Buffer.from(bytes), name) : decodeUnlabelled(bytes);
  }
  for (const label of [name, ...(MISTAKEN_FOR[declared.encoding] ?? ['utf-8'])]) {
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
