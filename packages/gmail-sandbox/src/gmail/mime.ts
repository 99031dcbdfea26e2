// RFC 822 bytes → header fields (RFC 5322 §2.2), shown as Gmail shows them: unfolded, encoded words decoded; and the tree of
// MIME parts (RFC 2046), as offsets into the message. Any bytes give a tree: nothing here throws.
import libmime from 'libmime';
import { decodeCharset, decodeUnlabelled } from './decoding.ts';

/** One header field; `value` is unfolded and decoded. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** What a structured header says: `text/plain; charset=utf-8` → its value and its parameters (names in lower case). */
interface StructuredValue {
  readonly value: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const lf = 10;
const cr = 13;
/** Longer header blocks are cut: nobody reads them, and unbounded ones would be an attack on the reader. */
const maximumHeaderBytes = 1024 * 1024;

/**
 * Reads header fields from `start` up to the first empty line.
 * @returns the fields in their order, and where the body starts
 */
export const parseHeaderFields = (raw: Buffer, start: number, end: number) => {
  const { headerEnd, bodyStart } = findHeaderEnd(raw, start, end);
  const block = raw.toString('latin1', start, Math.min(headerEnd, start + maximumHeaderBytes));
  const fields: HeaderField[] = [];
  for (const line of block.split(/\r?\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trimEnd();
    if (colon < 1 || !/^[\x21-\x39\x3b-\x7e]+$/.test(name)) continue;
    fields.push({ name, value: displayValue(name, line.slice(colon + 1)) });
  }
  return { fields, bodyStart };
};

/** The empty line that ends a header block. A block whose first line is no header field is all body. */
const findHeaderEnd = (raw: Buffer, start: number, end: number) => {
  let at = start;
  if (!/^([\x21-\x39\x3b-\x7e]+[ \t]*:|From |\r?\n)/.test(raw.toString('latin1', start, Math.min(end, start + 200)))) {
    return { headerEnd: start, bodyStart: start };
  }
  while (at < end) {
    if (raw[at] === lf) return { headerEnd: at, bodyStart: at + 1 };
    if (raw[at] === 13 && raw[at + 1] === lf) return { headerEnd: at, bodyStart: Math.min(at + 2, end) };
    const lineEnd = raw.indexOf(lf, at);
    if (lineEnd === -1 || lineEnd >= end) break;
    at = lineEnd + 1;
  }
  return { headerEnd: end, bodyStart: end };
};

/** Fields whose encoded words, if any, stand inside parameters: Gmail leaves them as they were sent. */
const notDecoded = new Set(['content-type', 'content-disposition', 'dkim-signature', 'received']);

/** The library's joining of encoded words, on text with one character for a byte, and our reading of charsets. */
const makeWordReader = () =>
  new (class extends libmime.Libmime {
    override decodeWord(charset: string, encoding: string, text: string): string {
      const quoted = (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16));
      const bytes =
        encoding.toLowerCase() === 'b'
          ? // The library joins neighbouring words, and padding ends each of them.
            Buffer.concat(text.split(/(?<==)(?=[^=])/).map((word) => Buffer.from(word, 'base64')))
          : Buffer.from(text.replaceAll('_', ' ').replace(/=([0-9a-f]{2})/gi, quoted), 'latin1');
      return decodeCharset(bytes, charset.replace(/\*.*$/, ''));
    }
  })();
let wordReader: ReturnType<typeof makeWordReader> | undefined;
const readWords = (words: string): string => {
  wordReader ??= makeWordReader();
  return wordReader.decodeWords(words);
};

const encodedWords = /((?:=\?[^?\s]+\?[bq]\?[^?]*\?=\s*)+)/i;

/** Text with one character for a byte → text: encoded words by their charset, everything else by what it looks like. */
const decodeField = (field: string): string =>
  field
    .split(encodedWords)
    .map((piece, index) => {
      if (index % 2 === 0) return decodeUnlabelled(Buffer.from(piece, 'latin1'));
      return readWords(piece.trimEnd()) + (/\s*$/.exec(piece)?.[0] ?? '');
    })
    .join('');

/**
 * Unfolds as Gmail does (seen in recorded answers): the line break goes, the white space after it stays,
 * except that a single tab (with a space before it, if any) becomes a single space. Then decodes RFC 2047 encoded words.
 */
const displayValue = (name: string, folded: string): string => {
  const unfolded = folded
    .replace(/ ?\r?\n\t(?![ \t])/g, ' ')
    .replace(/\r?\n/g, '')
    .trim();
  if (!/=\?|[^\0-\u007f]/.test(unfolded)) return unfolded;
  return notDecoded.has(name.toLowerCase()) ? decodeUnlabelled(Buffer.from(unfolded, 'latin1')) : decodeField(unfolded);
};

/** The value of the first field of that name (any case), or undefined. */
export const headerValue = (fields: readonly HeaderField[], name: string): string | undefined => {
  const wanted = name.toLowerCase();
  return fields.find((field) => field.name.toLowerCase() === wanted)?.value;
};

/** Splits a structured value (RFC 2045 §5.1); parameters continued or encoded by RFC 2231 come out whole and decoded. */
export const parseParameters = (value: string): StructuredValue => {
  const { value: main, params } = libmime.parseHeaderValue(value);
  return { value: typeof main === 'string' ? main : '', parameters: { ...params } };
};

/** A file name that was sent as encoded words, against RFC 2047 §5 but often seen. */
export const decodeName = (name: string): string => name.replace(new RegExp(encodedWords, 'gi'), readWords);

/** One part: its header fields, and its body as `[bodyStart, bodyEnd)` in the message's bytes. */
export interface MimePart {
  readonly headers: readonly HeaderField[];
  /** Lower case, e.g. `text/plain`. */
  readonly mimeType: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Parts of a multipart; for `message/*` the one message inside; undefined for a leaf. */
  readonly children?: readonly MimePart[];
}

/** Deeper parts are left unparsed inside their parent (Gmail has such a limit too; its value is not published). */
const maximumDepth = 30;
const maximumParts = 10_000;
/** Bodies that are header blocks or messages themselves: RFC 2046 §5.2.1, RFC 6532, RFC 3464, RFC 8098, RFC 5965. */
const messageTypes = new Set([
  'message/rfc822',
  'message/global',
  'message/news',
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
]);

/**
 * Parses a whole message.
 * @param raw the message's bytes, lines ending in CRLF or lf
 */
export const parseMimeTree = (raw: Buffer): MimePart => {
  const budget = { parts: maximumParts };

  const parsePart = (start: number, end: number, depth: number, defaultType: string): MimePart => {
    budget.parts--;
    const { fields, bodyStart } = parseHeaderFields(raw, start, end);
    const { mimeType, parameters } = contentType(fields, defaultType);
    const leaf = { headers: fields, mimeType, parameters, bodyStart, bodyEnd: end };
    if (depth >= maximumDepth) return leaf;
    if (messageTypes.has(mimeType) && isReadable(fields)) {
      return { ...leaf, children: [parsePart(bodyStart, end, depth + 1, 'text/plain')] };
    }
    if (!mimeType.startsWith('multipart/')) return leaf;
    const ranges = splitMultipart(raw, bodyStart, end, parameters.boundary ?? '');
    if (ranges === undefined) return { ...leaf, mimeType: 'text/plain' };
    const childType = mimeType === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    const children: MimePart[] = [];
    for (const [from, to] of ranges) {
      if (budget.parts <= 0) break;
      children.push(parsePart(from, to, depth + 1, childType));
    }
    return { ...leaf, children };
  };

  return parsePart(0, raw.length, 0, 'text/plain');
};

/** An encoded message (base64, quoted-printable) cannot be read in place and stays a leaf; RFC 2046 forbids it anyway. */
const isReadable = (fields: readonly HeaderField[]): boolean =>
  !/^\s*(base64|quoted-printable)/i.test(headerValue(fields, 'content-transfer-encoding') ?? '');

const contentType = (fields: readonly HeaderField[], defaultType: string) => {
  const { value, parameters } = parseParameters(headerValue(fields, 'content-type') ?? '');
  const mimeType = value.trim().toLowerCase();
  return { mimeType: /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(mimeType) ? mimeType : defaultType, parameters };
};

/**
 * The byte ranges between the delimiter lines of RFC 2046 §5.1.1, or undefined when no delimiter line is found.
 * A missing closing delimiter ends the last part at the end of the multipart.
 */
const splitMultipart = (raw: Buffer, start: number, end: number, boundary: string) => {
  if (boundary === '') return undefined;
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const ranges: [number, number][] = [];
  let partStart: number | undefined;
  for (let at = raw.indexOf(delimiter, start); at !== -1 && at < end; at = raw.indexOf(delimiter, at + 1)) {
    if (at !== start && raw[at - 1] !== lf) continue;
    const line = delimiterLine(raw, at + delimiter.length, end);
    if (line === undefined) continue;
    if (partStart !== undefined) ranges.push([partStart, Math.max(partStart, beforeLineEnd(raw, at, start))]);
    if (line.closing) return ranges;
    partStart = line.next;
  }
  if (partStart === undefined) return undefined;
  ranges.push([partStart, end]);
  return ranges;
};

/** What follows the boundary on its line: nothing but `--` and white space, or it is no delimiter line. */
const delimiterLine = (raw: Buffer, from: number, end: number) => {
  let at = from;
  const closing = raw[at] === 45 && raw[at + 1] === 45;
  if (closing) at += 2;
  while (at < end && (raw[at] === 32 || raw[at] === 9 || raw[at] === cr)) at++;
  if (at < end && raw[at] !== lf) return undefined;
  return { closing, next: Math.min(at + 1, end) };
};

/** The line end before a delimiter belongs to the delimiter. */
const beforeLineEnd = (raw: Buffer, at: number, start: number): number => {
  let end = at;
  if (end > start && raw[end - 1] === lf) end--;
  if (end > start && raw[end - 1] === cr) end--;
  return end;
};
