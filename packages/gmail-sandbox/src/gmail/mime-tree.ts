// RFC 822 bytes → the tree of MIME parts (RFC 2046), as offsets into the message. Any bytes give a tree: nothing here throws.
// Knows nothing of Gmail's names for parts, of charsets or of transfer encodings.
import { type HeaderField, headerValue, parseHeaderFields, parseParameters } from './header-fields.ts';

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
const MAXIMUM_DEPTH = 30;
const MAXIMUM_PARTS = 10_000;
/** Bodies that are header blocks or messages themselves: RFC 2046 §5.2.1, RFC 6532, RFC 3464, RFC 8098, RFC 5965. */
const MESSAGE_TYPES = new Set([
  'message/rfc822',
  'message/global',
  'message/news',
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
]);

/**
 * Parses a whole message.
 * @param raw the message's bytes, lines ending in CRLF or LF
 */
export const parseMimeTree = (raw: Buffer): MimePart => {
  const budget = { parts: MAXIMUM_PARTS };

  const parsePart = (start: number, end: number, depth: number, defaultType: string): MimePart => {
    budget.parts--;
    const { fields, bodyStart } = parseHeaderFields(raw, start, end);
    const { mimeType, parameters } = contentType(fields, defaultType);
    const leaf = { headers: fields, mimeType, parameters, bodyStart, bodyEnd: end };
    if (depth >= MAXIMUM_DEPTH) return leaf;
    if (MESSAGE_TYPES.has(mimeType) && isReadable(fields)) {
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
    if (at !== start && raw[at - 1] !== LF) continue;
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

const LF = 10;
const CR = 13;

/** What follows the boundary on its line: nothing but `--` and white space, or it is no delimiter line. */
const delimiterLine = (raw: Buffer, from: number, end: number) => {
  let at = from;
  const closing = raw[at] === 45 && raw[at + 1] === 45;
  if (closing) at += 2;
  while (at < end && (raw[at] === 32 || raw[at] === 9 || raw[at] === CR)) at++;
  if (at < end && raw[at] !== LF) return undefined;
  return { closing, next: Math.min(at + 1, end) };
};

/** The line end before a delimiter belongs to the delimiter. */
const beforeLineEnd = (raw: Buffer, at: number, start: number): number => {
  let end = at;
  if (end > start && raw[end - 1] === LF) end--;
  if (end > start && raw[end - 1] === CR) end--;
  return end;
};
