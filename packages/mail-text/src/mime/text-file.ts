// A text file that came as an attachment → what is shown of it: HTML reads as a body does, everything else as it is
// but for what nobody can see (the file itself, byte for byte, is had as a link).

import type { Steps } from '../html/html-tokens.ts';
import { withoutInvisible } from '../text/invisible.ts';
import { textOfLabelled } from './charset.ts';
import { type Reading, type Removed, readHtmlText } from './read-part.ts';

export interface TextFile {
  readonly text: string;
  /** What no reader would see, and this text leaves out; absent where that is nothing. */
  readonly removed?: Removed;
  /** The text ends before the file does, and says so. */
  readonly truncated?: true;
}

const isHtmlFile = (mimeType: string, fileName: string): boolean =>
  /^(?:text\/html|application\/xhtml\+xml)$/.test(mimeType) ||
  (/^application\/octet-stream$/.test(mimeType) && /\.x?html?$/i.test(fileName));

const readPlainFile = (text: string): Omit<Reading, 'links'> => {
  const { text: visible, removed } = withoutInvisible(text);
  return { text: visible, removed: { hiddenElements: 0, invisibleCharacters: removed } };
};

/** @param charset what the sender declared. */
export function* readTextFile(
  bytes: Uint8Array,
  { mimeType, fileName }: { readonly mimeType: string; readonly fileName: string },
  charset: string | undefined,
): Steps<TextFile> {
  const isHtml = isHtmlFile(mimeType, fileName);
  const text = textOfLabelled(bytes, charset ?? '', isHtml ? 'text/html' : mimeType);
  const {
    text: shown,
    removed,
    truncated,
  } = isHtml ? yield* readHtmlText(text.replace(/\r\n?/g, '\n'), 'whole') : readPlainFile(text);
  return {
    text: shown,
    ...(truncated ? { truncated } : {}),
    ...(removed.hiddenElements + removed.invisibleCharacters === 0 ? {} : { removed }),
  };
}
