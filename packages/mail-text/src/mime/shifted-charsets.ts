// ISO-2022-KR (RFC 1557) and HZ (RFC 1843): charsets of seven bits that shift between ASCII and two-byte characters, which
// no decoder at hand knows. With the eighth bit set their two-byte characters are those of EUC.

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
export const textOfShifted = (bytes: Uint8Array, charset: string): string | undefined => {
  const isKorean =
    bytes.includes(shiftOut) && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('\u001b$)C');
  if (isKorean) return ofIso2022Kr(bytes);
  if (!/^hz(?:-gb-?2312)?$/i.test(charset.trim()) || bytes.some((byte) => byte > 0x7f)) return undefined;
  return ofHz(Buffer.from(bytes).toString('latin1'));
};
