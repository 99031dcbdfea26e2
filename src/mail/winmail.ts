// winmail.dat parts of a message: found, read, and their files named `<part id>:<number>`, so that they can be asked for
// like every other attachment.
import libmime from 'libmime';
import { type Attachment, fileNameOf } from './attachments.ts';
import { safeFileName } from './file-name.ts';
import { allAtOnce } from './html-tokens.ts';
import { everyPart, inlineBytes, type Message, mimeTypeOf, type NumberedPart } from './message-part.ts';
import { type Reading, readHtmlText, readPlainText } from './read-part.ts';
import { readTnef, type TnefFile } from './tnef.ts';

/** A file inside a winmail.dat; `Attachment` says the rest. */
export interface InnerFile extends Attachment {
  readonly bytes: Uint8Array;
}

export const isWinmail = (numbered: NumberedPart): boolean =>
  /^application\/(?:vnd\.)?ms-tnef$/.test(mimeTypeOf(numbered.part)) ||
  (mimeTypeOf(numbered.part) === 'application/octet-stream' && /^winmail\.dat$/i.test(fileNameOf(numbered)));

const innerFile = (partId: string, file: TnefFile, index: number): InnerFile => {
  const fileName = file.name === '' ? `part-${partId}-${index}.bin` : safeFileName(file.name);
  const byName = libmime.detectMimeType(fileName) || 'application/octet-stream';
  return {
    attachmentId: `${partId}:${index}`,
    fileName,
    mimeType: /^[\w.+-]+\/[\w.+-]+$/.test(file.mimeType) ? file.mimeType : byName,
    size: file.bytes.length,
    inline: false,
    bytes: file.bytes,
  };
};

/** The files inside a winmail.dat. @param partId its own. */
export const filesOfWinmail = (partId: string, bytes: Uint8Array): InnerFile[] =>
  readTnef(bytes).files.map((file, index) => innerFile(partId, file, index));

/** What the winmail.dat parts of a message hold, of those that were fetched: a text each, and files. */
export const winmailIn = (message: Message): { readonly texts: Reading[]; readonly files: Attachment[] } => {
  const fetched = [...everyPart(message)].filter(isWinmail).flatMap(({ part, partId }) => {
    const bytes = inlineBytes(part);
    return bytes === undefined ? [] : [{ partId, bytes }];
  });
  const texts = fetched.flatMap(({ bytes }) => {
    const { plain, html } = readTnef(bytes);
    if (html !== undefined) return [allAtOnce(readHtmlText(html))];
    return plain === undefined ? [] : [readPlainText(plain)];
  });
  const files = fetched.flatMap(({ partId, bytes }) =>
    filesOfWinmail(partId, bytes).map(({ bytes: _bytes, ...described }) => described),
  );
  return { texts, files };
};
