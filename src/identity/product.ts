// How a product is named on Postern's pages: by what the operator wrote when making its key. A name is shown in quotation
// marks and can neither end them nor pass for Postern's or Google's words; a logo is a small picture of pixels, so nothing
// of it can run or load anything.
import { z } from 'zod';
import type { ProductLogo } from '../storage/index.ts';

/** Bytes of a logo. */
export const maxLogoBytes = 64 * 1024;

const maxNameLength = 60;
const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
/** Of every script, and what looks like them: primes, accents that stand alone, ornaments. */
const doubleQuotes =
  /["\u201c-\u201f\u00ab\u00bb\u2033\u2036\u2057\u301d-\u301f\uff02\u02ba\u02dd\u02ee\u02f5\u02f6\u05f4\u275d\u275e\u2760\u276e\u276f\u2e42\u3003\u{1f676}-\u{1f678}]/u;

/** What is written together with Latin letters and looks like none of them (UTS 39 §5.2, "highly restrictive"). */
const besideLatin =
  /[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;
/** Whole words of these look like Latin capitals, to readers of Latin letters. */
const looksLatin = /[\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Coptic}]/u;

/** Letters, and digits of other scripts, that look like Latin ones are told apart by nobody. */
const mixesScripts = (name: string): boolean =>
  looksLatin.test(name) ||
  (/\p{Script=Latin}/u.test(name) &&
    [...name].some(
      (sign) => /\p{L}|(?![0-9])\p{Nd}/u.test(sign) && !/\p{Script=Common}/u.test(sign) && !besideLatin.test(sign),
    ));

/** Latin letters that Unicode takes for others, and that look the same to whoever does not know them. */
const alike: Readonly<Record<string, string>> = {
  ı: 'i',
  ɩ: 'i',
  ȷ: 'j',
  ɡ: 'g',
  ɢ: 'g',
  ø: 'o',
  ɵ: 'o',
  ᴏ: 'o',
  ʟ: 'l',
  ł: 'l',
  ǀ: 'l',
  ꜱ: 's',
  ᴛ: 't',
  ŧ: 't',
  ᴇ: 'e',
  ʀ: 'r',
  ᴘ: 'p',
  ɴ: 'n',
  ᴍ: 'm',
  ᴀ: 'a',
  ɑ: 'a',
  ɪ: 'i',
};

/** As somebody reads it who does not look closely: without marks, spaces and case, digits as the letters they resemble. */
const atAGlance = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('0', 'o')
    .replaceAll(/[1|]/g, 'l')
    .replaceAll('3', 'e')
    .replaceAll('5', 's')
    .replaceAll(/\p{L}/gu, (letter) => alike[letter] ?? letter)
    .replaceAll(/[^\p{L}]/gu, '');

const passesForOurs = (name: string): boolean => {
  const read = atAGlance(name);
  return /postern|google/.test(read) || read.startsWith('gmail');
};

/** The name of a product as pages show it. */
export const productNameSchema = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => [...text].length <= maxNameLength, `must have at most ${maxNameLength} characters`)
  .refine((text) => printable.test(text), 'must consist of printable characters on one line')
  .refine(
    (text) => text === text.trim() && !/\s\s/.test(text),
    'must not begin or end with a space, nor have two in a row',
  )
  .refine((text) => text === text.normalize('NFC'), 'must be in Unicode normal form C')
  .refine((text) => /[\p{L}\p{N}]/u.test(text), 'must have a letter or a digit')
  .refine((text) => !/\p{M}{3}/u.test(text), 'must not have more than two marks on a letter')
  .refine((text) => !doubleQuotes.test(text), 'must not have quotation marks: pages put it in some')
  .refine(
    (text) => !mixesScripts(text),
    'must not mix Latin letters with ones that look the same, nor be written in such',
  )
  .refine(
    (text) => !passesForOurs(text),
    'must not name Postern or Google, nor begin with Gmail: it is shown beside their names',
  );

const startsWith = (bytes: Uint8Array, at: number, text: string): boolean =>
  Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text;

const endsWith = (bytes: Uint8Array, text: string): boolean => startsWith(bytes, bytes.length - text.length, text);

/** What a picture is by its first bytes, where it is whole (the end of each format tells); undefined for everything else. */
const mediaTypeOf = (bytes: Uint8Array): ProductLogo['mediaType'] | undefined => {
  // PNG, third edition, §5.2 and §11.2: the signature, IHDR first, IEND last.
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n') && startsWith(bytes, 12, 'IHDR') && endsWith(bytes, 'IEND\xaeB`\x82'))
    return 'image/png';
  // ITU-T T.81 §B.1.1.3: start and end of the image.
  if (startsWith(bytes, 0, '\xff\xd8\xff') && endsWith(bytes, '\xff\xd9')) return 'image/jpeg';
  // RFC 9649 §2.4: the size of the file is part of its header.
  if (startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBPVP8')) {
    const size = Buffer.from(bytes).readUInt32LE(4) + 8;
    return size === bytes.length ? 'image/webp' : undefined;
  }
  return undefined;
};

export type LogoReading =
  | { readonly kind: 'logo'; readonly logo: ProductLogo }
  | { readonly kind: 'refused'; readonly because: string };

/** Reads the file of a logo: PNG, JPEG or WebP, whatever its name says. */
export const readLogo = (bytes: Uint8Array): LogoReading => {
  if (bytes.length > maxLogoBytes) return { kind: 'refused', because: `is larger than ${maxLogoBytes} bytes` };
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === undefined)
    return {
      kind: 'refused',
      because: 'is no whole PNG, JPEG or WebP file (an SVG can hold scripts: export it as PNG)',
    };
  return { kind: 'logo', logo: { mediaType, data: Buffer.from(bytes).toString('base64') } };
};
