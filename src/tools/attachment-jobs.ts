// What is read of an attachment, as jobs.

import { allAtOnce } from '../mail/html-tokens.ts';
import { type Page, type PageRequest, page, readTextFile, type TextFile } from '../mail/message.ts';
import { fitPage } from './size-limit.ts';

/** Bytes that are read at once, whatever is in them. */
const quickText = 48 * 1024;
const quickHtml = 8 * 1024;

interface TextFileWanted {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mimeType: string;
  readonly fileName: string;
  /** What the sender declared. */
  readonly charset: string | undefined;
  readonly page: PageRequest;
}

/** One page of a text file; HTML reads as a body does. */
export const textFileJob = {
  run: ({ bytes, mimeType, fileName, charset, page: wanted }: TextFileWanted): Page & Omit<TextFile, 'text'> => {
    const { text: whole, ...about } = allAtOnce(readTextFile(bytes, { mimeType, fileName }, charset));
    const { text, ...where } = fitPage(
      wanted.maxChars,
      (maxChars) => page(whole, { ...wanted, maxChars }),
      () => page(whole, { ...wanted, maxChars: 1 }),
    );
    return { text, ...where, ...about };
  },
  isSmall: ({ bytes, mimeType }: TextFileWanted): boolean =>
    bytes.length <= (/^text\/(?!html)/.test(mimeType) ? quickText : quickHtml),
  moved: ({ bytes }: TextFileWanted): ArrayBuffer[] => [bytes.buffer],
};
