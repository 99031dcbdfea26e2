// Encoded words of header fields (RFC 2047, language tags of RFC 2231 §5) → text, as senders really write them: a
// character split between two words, raw bytes inside one, a wrong charset. Knows nothing of header fields.
import iconv from 'iconv-lite';
import { textOfLabelled } from './charset.ts';

const wordStart = /=\?([^\s?*"<>()]+)(?:\*[\w-]*)?\?([bq])\?/gi;

interface Word {
  readonly charset: string;
  readonly encoding: string;
  readonly text: string;
}

interface PlacedWord extends Word {
  readonly start: number;
  readonly end: number;
}

/** The encoded words of a text, in order. Linear: a sender may begin a hundred thousand of them and end none. */
function* wordsIn(text: string): Generator<PlacedWord> {
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
export const singleBytes = (text: string): Uint8Array | undefined => {
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
export const decodeWords = (text: string): string => {
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
export const decodeWord = (charset: string, encoding: string, text: string): string =>
  decodedRun([{ charset: charset.replace(/\*.*$/, ''), encoding, text }]);
