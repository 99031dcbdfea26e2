// Header fields as text: encoded words (RFC 2047), parameters (RFC 2231) and dates. Knows nothing of MIME trees.
import libmime from 'libmime';
import type { MessageHeader, MessagePart } from './message-part.ts';

/** All values of a header field in order; names compare without case. */
export const headerValues = (headers: readonly MessageHeader[] | null | undefined, name: string): string[] =>
  (headers ?? [])
    .filter((header) => header.name?.toLowerCase() === name)
    .map((header) => header.value ?? '')
    .filter((value) => value.trim() !== '');

/** A header value in plain words: Gmail decodes most encoded words itself, what it left is decoded here; one line. */
export const headerText = (value: string): string =>
  (value.includes('=?') ? libmime.decodeWords(value.replace(/\r?\n(?=[ \t])/g, '')) : value)
    .replace(/\s+/g, ' ')
    .trim();

export interface FieldWithParameters {
  /** Lower case: `text/plain`, `attachment`. */
  readonly value: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A structured field such as Content-Type or Content-Disposition; RFC 2231 continuations are put together and decoded. */
export const structuredField = (part: MessagePart, name: string): FieldWithParameters | undefined => {
  const [value] = headerValues(part.headers, name);
  if (value === undefined) return undefined;
  const parsed = libmime.parseHeaderValue(value);
  return { value: String(parsed.value).trim().toLowerCase(), parameters: parsed.params };
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
