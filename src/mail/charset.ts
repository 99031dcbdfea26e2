// Bytes of a text part → text. The rule: UTF-8 where the bytes are UTF-8, because Gmail has converted the text parts of
// `format=full` already while their header still names the old charset; else what is declared; else windows-1252.
import iconv from 'iconv-lite';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Undefined for a name that nobody knows. WHATWG's table first: it reads `iso-8859-1` as people write it (windows-1252). */
const decodeAs = (bytes: Uint8Array, charset: string): string | undefined => {
  const label = charset.trim().toLowerCase();
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return iconv.encodingExists(label) ? iconv.decode(Buffer.from(bytes), label) : undefined;
  }
};

const byteOrderMark = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes[2] === 0 && bytes[3] === 0 ? 'utf-32le' : 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
};

/**
 * Charsets whose bytes are always valid UTF-8 although they mean something else: believed when declared, as long as
 * the bytes that only they use are there (after Gmail's conversion they are not).
 */
const isPlainlyDeclared = (bytes: Uint8Array, charset: string): boolean =>
  (/^(?:cs)?iso-?2022/i.test(charset) && bytes.includes(0x1b)) ||
  (/^(?:utf-?16|utf-?32|ucs-?[24])/i.test(charset) && bytes.includes(0));

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

/** UTF-8 with a few broken places (cut in the middle of a character) is still UTF-8: most of what is not ASCII decodes. */
const damagedUtf8 = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder('utf-8').decode(bytes);
  const broken = text.match(/\ufffd/g)?.length ?? 0;
  const foreign = text.match(/[^\p{ASCII}\ufffd]/gu)?.length ?? 0;
  return foreign > broken * 4 ? text : undefined;
};

/** The charset an HTML or XML document names in its own beginning. */
const charsetInside = (bytes: Uint8Array, mimeType: string): string | undefined => {
  if (!/html|xml/i.test(mimeType)) return undefined;
  const beginning = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  return /<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)/i.exec(beginning)?.[1];
};

/**
 * Text bytes as text.
 * @param mimeType lets HTML and XML name their charset themselves.
 * @param charset what the Content-Type header declares.
 */
export const textOfBytes = (bytes: Uint8Array, mimeType: string, charset?: string): string => {
  const declared = byteOrderMark(bytes) ?? charset;
  if (declared !== undefined && (declared !== charset || isPlainlyDeclared(bytes, declared))) {
    const text = decodeAs(bytes, declared);
    if (text !== undefined) return text;
  }
  const asUtf8 = decodeUtf8(bytes) ?? damagedUtf8(bytes);
  if (asUtf8 !== undefined) return asUtf8;
  const named = [charset, charsetInside(bytes, mimeType)].find(
    (name) => name && !/^(?:unicode-1-1-)?utf-?8$/i.test(name),
  );
  return (named && decodeAs(bytes, named)) || new TextDecoder('windows-1252').decode(bytes);
};

const textTypes =
  /^(?:text\/(?!rtf)|message\/|application\/(?:(?:x-)?(?:javascript|ecmascript|json|ndjson|yaml|sh|shellscript|sql|toml|tex|latex|perl|python|php|typescript|httpd-php|pem-file|subrip)|xml|xhtml|pgp-signature|pgp-keys|pgp-encrypted|ics|mbox)\b)|\+(?:json|xml|yaml)$/i;
const textExtensions =
  /\.(?:asc|bat|c|cc|cfg|conf|cpp|cs|css|csv|diff|eml|env|go|h|hpp|html?|ics|ini|java|js|json|jsonl|key|log|lua|mbox|md|mjs|patch|pem|php|pl|properties|ps1|py|r|rb|rs|rst|sh|sql|srt|svg|tex|toml|ts|tsv|txt|vcf|vtt|xml|ya?ml)$/i;

/** Whether an attachment is worth showing as text: by its type, or by its name where the type says nothing. */
export const isTextLike = (mimeType: string, fileName: string): boolean =>
  textTypes.test(mimeType) ||
  (/^(?:application\/(?:x-)?(?:octet-stream|unknown))?$/i.test(mimeType) && textExtensions.test(fileName));
