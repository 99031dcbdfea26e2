// How a product is named on Postern's pages: by what the operator wrote when making its key. A name is shown in quotation
// marks and can neither end them nor pass for Postern's or Google's words; a logo is a small picture of pixels, so nothing
// of it can run or load anything.
import { z } from 'zod';
import type { ProductLogo } from '../storage/index.ts';

/** Bytes of a logo. */
export const maxLogoBytes = 64 * 1024;

const maxNameLength = 60;
const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const doubleQuotes = /["\u201c-\u201f\u00ab\u00bb\u2033\u2036\u301d-\u301f\uff02]/u;

/** Letters that look like Latin ones are told apart by nobody. */
const mixesScripts = (name: string): boolean =>
  /\p{Script=Latin}/u.test(name) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}]/u.test(name);

/** As somebody reads it who does not look closely: without marks, spaces and case, digits as the letters they resemble. */
const atAGlance = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('0', 'o')
    .replaceAll(/[1|]/g, 'l')
    .replaceAll('3', 'e')
    .replaceAll('5', 's')
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
  .refine((text) => !mixesScripts(text), 'must not mix Latin letters with ones that look the same')
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
