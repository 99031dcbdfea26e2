// Header fields as text, as senders really write them: encoded words (RFC 2047), parameters (RFC 2231), dates, address lists
// (RFC 5322), and the fields at the beginning of an RFC 822 source.
import iconv from 'iconv-lite';
import libmime from 'libmime';
import { insteadOfLatin, textOfLabelled } from './charset.ts';
import type { MessageHeader, MessagePart } from './message-part.ts';

// Encoded words (RFC 2047, language tags of RFC 2231 §5): a character may be split between two, raw bytes may be inside one.

const wordStart = /=\?([^\s?*"<>()]+)(?:\*[\w-]*)?\?([bq])\?/gi;

interface Word {
  readonly charset: string;
  readonly encoding: string;
  readonly text: string;
}

interface WordInText extends Word {
  readonly start: number;
  readonly end: number;
}

/** The encoded words of a text, in order. Linear: a sender may begin a hundred thousand of them and end none. */
function* wordsIn(text: string): Generator<WordInText> {
  let from = 0;
  let close = -1;
  for (;;) {
    wordStart.lastIndex = from;
    const match = wordStart.exec(text);
    if (match === null) return;
    const [whole, charset = '', encoding = ''] = match;
    const inside = match.index + whole.length;
    if (close < inside) close = text.indexOf('?=', inside);
    if (close < 0) return;
    const lineBreak = text.slice(inside, close).search(/[\r\n]/);
    if (lineBreak >= 0) {
      // No word that begins before the line break ends before it.
      from = inside + lineBreak;
      continue;
    }
    yield { charset, encoding, text: text.slice(inside, close), start: match.index, end: close + 2 };
    from = close + 2;
  }
}

/** The bytes that windows-1252 has for these characters; undefined where it has none for one of them. */
const singleBytes = (text: string): Uint8Array | undefined => {
  const bytes = iconv.encode(text, 'windows-1252');
  const isWhole = bytes.length === text.length;
  // Five positions of windows-1252 are empty; whoever reads them as they are gives controls (U+0081 …).
  for (const [at, byte] of isWhole ? bytes.entries() : [])
    if (byte === 0x3f && text[at] !== '?') {
      const code = text.charCodeAt(at);
      if (code < 0x80 || code > 0x9f) return undefined;
      bytes[at] = code;
    }
  return isWhole ? bytes : undefined;
};

const encodedIn = (text: string, charset: string): Uint8Array => {
  const known = iconv.encodingExists(charset) ? charset : 'utf-8';
  return iconv.encode(text, known);
};

/** One encoded word; what stands in it raw is a byte, or a character that was read already. */
const bytesOf = (encoding: string, text: string, rawBytes: (raw: string) => Uint8Array): Uint8Array => {
  if (encoding.toLowerCase() === 'b') return Buffer.from(text, 'base64');
  const pieces = text.match(/=[0-9a-f]{2}|[^\u0020-\u007e\t]+|[\s\S]/gi) ?? [];
  return Buffer.concat(
    pieces.map((piece) => {
      if (piece.length === 3 && piece.startsWith('=')) return Buffer.from([Number.parseInt(piece.slice(1), 16)]);
      if (piece === '_') return Buffer.from(' ');
      return piece.codePointAt(0) === undefined || /[^\0-\u007f]/.test(piece) ? rawBytes(piece) : Buffer.from(piece);
    }),
  );
};

const count = (text: string): number => text.match(/\ufffd/g)?.length ?? 0;

/** Words of one charset that follow each other: their bytes are one text, because senders split characters. */
const decodedRun = (words: readonly Word[]): string => {
  const charset = words[0]?.charset ?? '';
  const read = (rawBytes: (raw: string) => Uint8Array) =>
    textOfLabelled(Buffer.concat(words.map(({ encoding, text }) => bytesOf(encoding, text, rawBytes))), charset);
  const asCharacters = read((raw) => encodedIn(raw, charset));
  if (!words.some(({ text }) => /[^\0-\u007f]/.test(text))) return asCharacters;
  const asBytes = read((raw) => singleBytes(raw) ?? encodedIn(raw, charset));
  return count(asCharacters) < count(asBytes) ? asCharacters : asBytes;
};

/** A text with its encoded words decoded; white space between two of them goes (RFC 2047 §6.2). */
const decodeWords = (text: string): string => {
  let decoded = '';
  let end = 0;
  let run: Word[] = [];
  const endRun = () => {
    if (run.length > 0) decoded += decodedRun(run);
    run = [];
  };
  for (const word of wordsIn(text)) {
    const between = text.slice(end, word.start);
    const follows = run.length > 0 && between.trim() === '';
    if (!follows || run[0]?.charset.toLowerCase() !== word.charset.toLowerCase()) endRun();
    if (!follows) decoded += between;
    run.push(word);
    end = word.end;
  }
  endRun();
  return decoded + text.slice(end);
};

/** One word by itself, as the parameters of a field have them. @param encoding `B` or `Q`. */
const decodeWord = (charset: string, encoding: string, text: string): string =>
  decodedRun([{ charset: charset.replace(/\*.*$/, ''), encoding, text }]);

// The header fields of an RFC 822 source.

/** No more than this of a source is looked at: a head without an end must not cost what a body does. Characters of base64url. */
const longestHead = 1_400_000;

/** Each field by itself: a broken byte in one says nothing of the others. @param value one character for a byte. */
const fieldText = (value: string, charset: string): string =>
  /[^\0-\u007f]/.test(value) ? textOfLabelled(Buffer.from(value, 'latin1'), charset) : value;

/** The fields of a message's head, unfolded; a line that is none is passed over. `source` is base64url. */
export const headersOfSource = (source: string): MessageHeader[] => {
  const bytes = Buffer.from(source.slice(0, longestHead), 'base64url');
  const beginning = bytes.toString('latin1');
  const end = /\r?\n\r?\n/.exec(beginning)?.index ?? beginning.length;
  const head = beginning.slice(0, end).replace(/\r?\n(?=[ \t])/g, '');
  // Raw bytes in a field are most often in the charset of the text below it.
  const charset = /^content-type:[^\n]*charset\s*=\s*"?([\w.:-]+)/im.exec(head)?.[1] ?? '';
  return head.split(/\r?\n/).flatMap((line) => {
    const [, name, value = ''] = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: fieldText(value, charset) }];
  });
};

// Fields of a part, parameters and dates.

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

interface FieldWithParameters {
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

// Address lists (RFC 5322 §3.4).

interface Splitter {
  readonly found: string[];
  current: string;
  group: string | undefined;
  membersBefore: number;
}

/** Puts the text so far away; a piece without "@" belongs to the next one: `Doe, John <j@example.com>`. */
const endMailbox = (state: Splitter, last: boolean): void => {
  const text = state.current.trim();
  if (text === '') {
    state.current = '';
  } else if (last || text.includes('@')) {
    state.found.push(text);
    state.current = '';
  } else {
    state.current += ',';
  }
};

const endGroup = (state: Splitter): void => {
  endMailbox(state, true);
  if (state.group !== undefined && state.found.length === state.membersBefore) state.found.push(state.group);
  state.group = undefined;
};

const takeSeparator = (state: Splitter, character: string): boolean => {
  switch (character) {
    case ',':
      endMailbox(state, false);
      return true;
    case ';':
      endGroup(state);
      return true;
    case ':':
      if (state.group !== undefined || state.current.includes('@')) return false;
      state.group = state.current.trim();
      state.membersBefore = state.found.length;
      state.current = '';
      return true;
    default:
      return false;
  }
};

const closerOf: Readonly<Record<string, string>> = { '"': '"', '<': '>', '(': ')' };

/**
 * The mailboxes of an address field, each as the sender wrote it with encoded words decoded (`Name <user@example.com>`).
 * Groups give their members, an empty group its name. Split before decoding, so that an encoded comma splits nothing.
 */
export const mailboxesOf = (field: string): string[] => {
  const state: Splitter = { found: [], current: '', group: undefined, membersBefore: 0 };
  let closer: string | undefined;
  let escaped = false;
  for (const character of field) {
    if (closer === undefined && takeSeparator(state, character)) continue;
    state.current += character;
    if (escaped) escaped = false;
    else if (character === '\\' && closer !== undefined) escaped = true;
    else if (closer === undefined) closer = closerOf[character];
    else if (character === closer) closer = undefined;
  }
  endGroup(state);
  return state.found.map(headerText).filter((mailbox) => mailbox !== '');
};
