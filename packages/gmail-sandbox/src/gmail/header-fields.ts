// Header fields (RFC 5322 §2.2) read from bytes and shown as Gmail shows them: unfolded, encoded words decoded.
// Knows nothing of parts or messages.
import libmime from 'libmime';
import { decodeCharset, decodeUnlabelled } from './charsets.ts';

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

const LF = 10;
/** Longer header blocks are cut: nobody reads them, and unbounded ones would be an attack on the reader. */
const MAXIMUM_HEADER_BYTES = 1024 * 1024;

/**
 * Reads header fields from `start` up to the first empty line.
 * @returns the fields in their order, and where the body starts
 */
export const parseHeaderFields = (raw: Buffer, start: number, end: number) => {
  const { headerEnd, bodyStart } = findHeaderEnd(raw, start, end);
  const block = raw.toString('latin1', start, Math.min(headerEnd, start + MAXIMUM_HEADER_BYTES));
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
    if (raw[at] === LF) return { headerEnd: at, bodyStart: at + 1 };
    if (raw[at] === 13 && raw[at + 1] === LF) return { headerEnd: at, bodyStart: Math.min(at + 2, end) };
    const lineEnd = raw.indexOf(LF, at);
    if (lineEnd === -1 || lineEnd >= end) break;
    at = lineEnd + 1;
  }
  return { headerEnd: end, bodyStart: end };
};

/** Fields whose encoded words, if any, stand inside parameters: Gmail leaves them as they were sent. */
const NOT_DECODED = new Set(['content-type', 'content-disposition', 'dkim-signature', 'received']);

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
  return NOT_DECODED.has(name.toLowerCase())
    ? decodeUnlabelled(Buffer.from(unfolded, 'latin1'))
    : decodeField(unfolded);
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
