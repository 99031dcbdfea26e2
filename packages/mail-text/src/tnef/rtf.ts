// Compressed RTF, the form in which Outlook keeps a text when it has no other (MS-OXRTFCP, MS-OXRTFEX) → HTML or plain
// text. Any bytes give a result; what a person would not see is left out and counted.
import { decompressRTF } from '@kenjiuno/decompressrtf';
import iconv from 'iconv-lite';
import { deEncapsulateSync, Tokenize } from 'rtf-stream-parser';
import { ToPlainText } from 'rtf-stream-parser/dist/src/ToPlainText.js';

export interface RtfText {
  readonly html?: string;
  readonly plain?: string;
  /** Passages that the RTF itself hides. */
  readonly hidden: number;
}

/** Bytes; compressed eight times at most, so that nothing becomes more than 3 MB. */
const largestCompressed = 400 * 1024;
const headerBytes = 16;

/** The library believes the length that the header claims, whatever is there: it is told the truth. */
const decompressed = (bytes: Uint8Array): Buffer | undefined => {
  if (bytes.length < headerBytes) return undefined;
  const input = Buffer.from(bytes.subarray(0, headerBytes + largestCompressed));
  input.writeUInt32LE(Math.min(input.readUInt32LE(0), input.length - 4), 0);
  try {
    return Buffer.from(decompressRTF([...input]));
  } catch {
    return undefined;
  }
};

const decode = (bytes: Buffer, charset: string): string =>
  iconv.decode(bytes, iconv.encodingExists(charset) ? charset : 'windows-1252');
const quiet = { decode, warn: () => undefined, replaceSymbolFontChars: true } as const;

const encapsulated = (rtf: Buffer): RtfText | undefined => {
  try {
    const { mode, text } = deEncapsulateSync(rtf, quiet);
    return mode === 'html' ? { html: String(text), hidden: 0 } : { plain: String(text), hidden: 0 };
  } catch {
    return undefined;
  }
};

interface Token {
  readonly type: number;
  readonly word?: string;
  readonly param?: number;
}
const groupStart = 0;
const groupEnd = 1;
const control = 2;

/** Groups that are about the document and not its text. */
const aside = new Set([
  'info',
  'stylesheet',
  'pict',
  'object',
  'fldinst',
  'filetbl',
  'revtbl',
  'generator',
  'listtable',
]);
/** What makes something visible. */
const shows = /^(?:'|u|~|_|par|line|tab|cell|row|bullet|emdash|endash|[lr]d?blquote|[lr]quote)$/;

/** Tells which tokens nobody sees: those of groups aside, and hidden text (`\v` until `\v0`, `\plain` or its group's end). */
const createHiding = () => {
  const groups: { isHidden: boolean; isAside: boolean }[] = [];
  let here = { isHidden: false, isAside: false };
  let passages = 0;
  const turn = (isHidden: boolean) => {
    if (isHidden && !here.isHidden && !here.isAside) passages += 1;
    here = { ...here, isHidden };
  };
  return {
    passages: () => passages,
    hides: ({ type, word = '', param }: Token): boolean => {
      if (type === groupStart) groups.push(here);
      else if (type === groupEnd) here = groups.pop() ?? here;
      else if (type === control && aside.has(word)) here = { ...here, isAside: true };
      else if (type === control && word === 'v') turn(param !== 0);
      else if (type === control && word === 'plain') turn(false);
      else return here.isAside || (here.isHidden && (type !== control || shows.test(word)));
      return false;
    },
  };
};

/** RTF that is a text of its own. The library's streams are run at once, as it does itself where it is not asked to stream. */
const plainText = (rtf: Buffer): RtfText | undefined => {
  const pieces: string[] = [];
  const hiding = createHiding();
  const failed = (error?: unknown) => {
    if (error) throw error;
  };
  const tokens = new Tokenize();
  const text = new ToPlainText(quiet);
  tokens.push = (token: Token) => {
    if (!hiding.hides(token)) text._transform(token, '', failed);
    return true;
  };
  text.push = (piece: unknown) => {
    if (piece !== null) pieces.push(String(piece));
    return true;
  };
  try {
    tokens._transform(rtf, undefined, failed);
    tokens._flush(() => undefined);
    text._flush(failed);
  } catch {
    // What is broken further on does not take back what was read.
  }
  const plain = pieces.join('').replace(/\r\n?/g, '\n');
  return plain.trim() === '' ? undefined : { plain, hidden: hiding.passages() };
};

/** The text in compressed RTF; undefined where there is none. */
export const textOfCompressedRtf = (bytes: Uint8Array): RtfText | undefined => {
  const rtf = decompressed(bytes);
  return rtf && (encapsulated(rtf) ?? plainText(rtf));
};
