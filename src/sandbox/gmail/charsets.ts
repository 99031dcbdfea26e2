// Bytes in any charset → text. Never throws; an unknown charset is read as UTF-8, then as windows-1252.
// A byte order mark is dropped, as Gmail does. Knows nothing of mail.
import iconv from 'iconv-lite';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');
/** Names that promise nothing about bytes above 127. */
const SAYS_NOTHING = /^(|us-ascii|ascii|ansi_x3\.4-1968|utf-?8|unknown-8bit|x-unknown|7bit|8bit|binary|default)$/;

/** Text of bytes nobody named a charset for: UTF-8 where that is valid, else windows-1252. */
export const decodeUnlabelled = (bytes: Uint8Array): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return windows1252.decode(bytes);
  }
};

/**
 * Text of bytes in a declared charset.
 * @param charset a MIME charset name in any case; `utf-8` and `us-ascii` that are not valid UTF-8 are read as windows-1252
 */
export const decodeCharset = (bytes: Uint8Array, charset: string): string => {
  const name = charset.trim().toLowerCase();
  if (SAYS_NOTHING.test(name)) return decodeUnlabelled(bytes);
  try {
    return new TextDecoder(name).decode(bytes);
  } catch {
    return iconv.encodingExists(name) ? iconv.decode(Buffer.from(bytes), name) : decodeUnlabelled(bytes);
  }
};
