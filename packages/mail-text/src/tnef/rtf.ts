// Compressed RTF, the form in which Outlook keeps a text when it has no other (MS-OXRTFCP, MS-OXRTFEX) → HTML or plain
// text. Any bytes give a result; what a person would not see is left out and counted.
import { decompressRTF } from '@kenjiuno/decompressrtf';
import iconv from 'iconv-lite';
import { deEncapsulateSync, Tokenize } from 'rtf-stream-parser';
import { ToPlainText } from 'rtf-stream-parser/dist/src/ToPlainText.js';
import { type Color, isDistinct, white } from '../css/color.ts';

export interface RtfText {
  readonly html?: string;
  readonly plain?: string;
  /** Passages that the RTF itself hides. */
  readonly hidden: number;
}

/** Bytes; compressed eight times at most, so that nothing becomes more than 3 MB. */
const largestCompressed = 400 * 1024;
const headerBytes = 16;

/** The library believes the length that the header claims, whatever is there: it gets the true one. */
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
  readonly data?: Buffer;
}
const groupStart = 0;
const groupEnd = 1;
const control = 2;

/** Groups that are about the document and not its text. */
const hiddenDestinations = new Set([
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

/** Half points. Letters of this size or smaller are specks. */
const smallestSize = 3;
const usualSize = 24;
/** What something behind the letters is painted with; then nobody knows whether they can be told from it. */
const paints = /^(?:cb|highlight|chcbpat|chshdng|cbpat|clcbpat|clcbpatraw|shading|clshdng|background)$/;

/** The colour table: entry 0 is mostly empty, the colour that the reader has for text. */
const createColors = () => {
  const colors: (Color | undefined)[] = [];
  let next: Color | undefined;
  return {
    component: (name: string, value: number): void => {
      if (/^(?:red|green|blue)$/.test(name))
        next = { ...(next ?? { red: 0, green: 0, blue: 0, alpha: 1 }), [name]: value };
    },
    /** Entries end with a semicolon. */
    text: (text: string): void => {
      for (const character of text) {
        if (character !== ';') continue;
        if (colors.length < mostColors) colors.push(next);
        next = undefined;
      }
    },
    isPaper: (index: number): boolean => {
      const color = colors[index];
      return color !== undefined && !isDistinct(color, white, 1);
    },
  };
};

const mostColors = 1000;

/** How text is set, until its group ends. */
interface Style {
  readonly isHidden: boolean;
  readonly size: number;
  readonly color: number;
  readonly isAside: boolean;
  readonly isColorTable: boolean;
}

const usual = { isHidden: false, size: usualSize, color: 0 };

/**
 * Tells which tokens nobody sees: those of groups aside, hidden text (`\v`), specks (`\fs2`) and text in the colour of
 * the paper, until that is taken back, by `\plain` too, or the group ends.
 */
const createHiding = () => {
  const groups: Style[] = [];
  const colors = createColors();
  let here: Style = { ...usual, isAside: false, isColorTable: false };
  let [passages, isInPassage, isPainted] = [0, false, false];
  const setting = (word: string, param: number | undefined): Partial<Style> | undefined => {
    if (hiddenDestinations.has(word)) return { isAside: true };
    if (word === 'colortbl') return { isColorTable: true };
    if (word === 'v') return { isHidden: param !== 0 };
    if (word === 'plain') return usual;
    if (word === 'fs') return { size: param ?? usualSize };
    return word === 'cf' ? { color: param ?? 0 } : undefined;
  };
  const isUnseen = (): boolean => {
    const isSpeck = here.size > 0 && here.size <= smallestSize;
    return here.isHidden || isSpeck || (!isPainted && colors.isPaper(here.color));
  };
  return {
    passages: () => passages,
    hides: ({ type, word = '', param, data }: Token): boolean => {
      if (type === groupStart) groups.push(here);
      else if (type === groupEnd) here = groups.pop() ?? here;
      if (type === groupStart || type === groupEnd) return false;
      if (type === control) {
        const change = setting(word, param);
        if (change) here = { ...here, ...change };
        if (here.isColorTable) colors.component(word, param ?? 0);
        if (paints.test(word) && param !== 0) isPainted = true;
        if (change || here.isColorTable) return false;
      } else if (here.isColorTable) {
        colors.text(data?.toString('latin1') ?? '');
        return false;
      }
      if (here.isAside) return true;
      if (type === control && !shows.test(word)) return false;
      const unseen = isUnseen();
      if (unseen && !isInPassage) passages += 1;
      isInPassage = unseen;
      return unseen;
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
