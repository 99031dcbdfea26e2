// Header fields as text: encoded words (RFC 2047), parameters (RFC 2231) and dates. Knows nothing of MIME trees.
import libmime from 'libmime';
import { insteadOfLatin } from './charset.ts';
import { decodeWord, decodeWords, singleBytes } from './encoded-words.ts';
import type { MessageHeader, MessagePart } from './message-part.ts';

/** All values of a header field in order; names compare without case. */
export const headerValues = (headers: readonly MessageHeader[] | null | undefined, name: string): string[] =>
  (headers ?? [])
    .filter((header) => header.name?.toLowerCase() === name)
    .map((header) => header.value ?? '')
    .filter((value) => value.trim() !== '');

/**
 * What Latin text hardly has, and other charsets read as Latin do: three letters with accents in a row, the letters that
 * stand for Turkish ones, a sign within a word.
 */
const oddLatin =
  /[\u0080-\u00ff\u0152-\u0178\u0192-\u02dc\u2013-\u2122]{3}|[ðþýÐÞÝ]|\p{L}[\u00a1-\u00bf](?<![«»¿¡·ªº])|[\u00a1-\u00bf](?<![«»¿¡·ªº°£©®])\p{L}/u;

/** Raw bytes in a field, which were read as Latin for want of a charset, in the charset that they are in. */
const withoutFalseLatin = (value: string): string => {
  const bytes = /[^\0-\u007f]/.test(value) && oddLatin.test(value) ? singleBytes(value) : undefined;
  return (bytes && insteadOfLatin(bytes)) ?? value;
};

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** A header value in plain words: Gmail decodes most encoded words itself, what it left is decoded here; one line. */
export const headerText = (value: string): string => {
  const read = withoutFalseLatin(value);
  return oneLine(read.includes('=?') ? decodeWords(read.replace(/\r?\n(?=[ \t])/g, '')) : read);
};

export interface FieldWithParameters {
  /** Lower case: `text/plain`, `attachment`. */
  readonly value: string;
  /** Decoded, in one line. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The library's reading of fields with our reading of charsets; made at the first field, which is what loads it. */
const makeFieldReader = () =>
  new (class extends libmime.Libmime {
    override decodeWord(charset: string, encoding: string, text: string): string {
      return decodeWord(charset, encoding, text);
    }
    override decodeWords(text: string): string {
      return decodeWords(text);
    }
  })();
let fieldReader: ReturnType<typeof makeFieldReader> | undefined;

const readField = (value: string): FieldWithParameters => {
  fieldReader ??= makeFieldReader();
  const { value: main, params, decodedParams } = fieldReader.parseHeaderValue(value);
  // What RFC 2231 encoded is read already: a name that looks like an encoded word is no second one.
  const parameters = Object.entries(params).map(([parameter, text]) => [
    parameter,
    decodedParams.includes(parameter) ? oneLine(text) : headerText(text),
  ]);
  return { value: String(main).trim().toLowerCase(), parameters: Object.fromEntries(parameters) };
};

/** Every part is asked for the same fields many times, and a message may have a hundred thousand parts. */
const fieldsRead = new WeakMap<MessageHeader, FieldWithParameters>();

/** A structured field such as Content-Type or Content-Disposition; RFC 2231 continuations are put together and decoded. */
export const structuredField = (part: MessagePart, name: string): FieldWithParameters | undefined => {
  const header = part.headers?.find((candidate) => candidate.name?.toLowerCase() === name && candidate.value?.trim());
  if (!header?.value) return undefined;
  const field = fieldsRead.get(header) ?? readField(header.value);
  fieldsRead.set(header, field);
  return field;
};

/** The charset a part declares, if any. */
export const declaredCharset = (part: MessagePart): string | undefined =>
  structuredField(part, 'content-type')?.parameters.charset || undefined;

const zone = /(?:[+-]\d{4}|\b(?:UTC?|GMT|[ECMP][SD]T|Z))\b/i;

/**
 * When a message was sent, ISO 8601 in UTC: the Date header where it can be read with its zone, else the moment Gmail
 * accepted the message.
 * @param internalDate milliseconds since the epoch, as Gmail's text.
 */
export const isoDate = (
  dateHeader: string | undefined,
  internalDate: string | null | undefined,
): string | undefined => {
  const sent = dateHeader !== undefined && zone.test(dateHeader) ? Date.parse(dateHeader) : Number.NaN;
  const accepted = internalDate ? Number(internalDate) : Number.NaN;
  const moment = [sent, accepted].find((candidate) => !Number.isNaN(new Date(candidate).getTime()));
  return moment === undefined ? undefined : new Date(moment).toISOString();
};
