// winmail.dat parts of a message: found, read, and their files named `<part id>:<number>`, so that they can be asked for
// like every other attachment. An Outlook item among them reads like a forwarded message; what is attached to it has
// one number more.
import libmime from 'libmime';
import { type Attachment, fileNameOf } from '../mime/attachments.ts';
import { safeFileName } from '../mime/file-name.ts';
import { everyPart, inlineBytes, type Message, mimeTypeOf, type NumberedPart } from '../mime/message-part.ts';
import { type Reading, readHtmlText, readPlainText } from '../mime/read-part.ts';
import { readTnef, type Tnef, type TnefFile } from './tnef.ts';

/** A file inside a winmail.dat; `Attachment` says the rest. */
export interface InnerFile extends Attachment {
  readonly bytes: Uint8Array;
  /** The winmail.dat ends within it. */
  readonly isCut: boolean;
}

/** Items whose text is read. */
const mostItems = 20;

export const isWinmail = (numbered: NumberedPart): boolean =>
  /^application\/(?:vnd\.)?ms-tnef$/.test(mimeTypeOf(numbered.part)) ||
  (mimeTypeOf(numbered.part) === 'application/octet-stream' && /^winmail\.dat$/i.test(fileNameOf(numbered)));

const readText = ({ html, plain, hidden }: Tnef): Reading | undefined => {
  const reading = html !== undefined ? readHtmlText(html) : plain && readPlainText(plain);
  if (!reading) return undefined;
  const { removed } = reading;
  return { ...reading, removed: { ...removed, hiddenElements: removed.hiddenElements + hidden } };
};

const headOf = ({ from, to, cc, sent, subject }: Tnef): string => {
  const date = sent === undefined ? '' : new Date(sent).toISOString();
  const fields = Object.entries({ From: from, To: to, Cc: cc, Date: date, Subject: subject });
  return fields.flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value.replace(/\s+/g, ' ')}`])).join('\n');
};

const nothingRemoved = { hiddenElements: 0, invisibleCharacters: 0 } as const;

/** An item as a reader sees it: who wrote what to whom, and the text. */
const readItem = (item: Tnef): Reading[] => {
  const head: Reading = {
    text: ['---------- Forwarded message ----------', headOf(item)].join('\n').trimEnd(),
    removed: nothingRemoved,
    links: [],
  };
  const text = readText(item);
  return text === undefined ? [head] : [head, text];
};

/** The items within a winmail.dat, those within others after them. */
const itemsOf = ({ files }: Tnef): Tnef[] =>
  files.flatMap(({ message }) => (message === undefined ? [] : [message, ...itemsOf(message)]));

/** An item as a file: Outlook's own form is one that nobody else reads. */
const itemFile = (attachmentId: string, name: string, item: Tnef, isCut: boolean): InnerFile => {
  const [, text] = readItem(item);
  const bytes = Buffer.from([headOf(item), text?.text ?? ''].join('\n\n'));
  const fileName = safeFileName(`${item.subject || name || 'message'}.txt`);
  return { attachmentId, fileName, mimeType: 'text/plain', size: bytes.length, inline: false, bytes, isCut };
};

const plainFile = (attachmentId: string, file: TnefFile): InnerFile => {
  const { name, bytes, isCut } = file;
  const fileName = name === '' ? `part-${attachmentId.replaceAll(':', '-')}.bin` : safeFileName(name);
  const byName = libmime.detectMimeType(fileName) || 'application/octet-stream';
  const mimeType = /^[\w.+-]+\/[\w.+-]+$/.test(file.mimeType) ? file.mimeType : byName;
  return { attachmentId, fileName, mimeType, size: bytes.length, inline: false, bytes, isCut };
};

const filesIn = (id: string, { files }: Tnef): InnerFile[] =>
  files.flatMap((file, index) => {
    const attachmentId = `${id}:${index}`;
    const { name, message, isCut } = file;
    if (message === undefined) return [plainFile(attachmentId, file)];
    return [itemFile(attachmentId, name, message, isCut), ...filesIn(attachmentId, message)];
  });

/** The files inside a winmail.dat, those of items in it included. @param partId its own. */
export const filesOfWinmail = (partId: string, bytes: Uint8Array): InnerFile[] => filesIn(partId, readTnef(bytes));

interface InWinmail {
  /** The text of each. */
  readonly texts: Reading[];
  /** Heads and texts of the items in them. */
  readonly items: Reading[];
  readonly files: Attachment[];
}

/** What the winmail.dat parts of a message hold, of those that were fetched. */
export const winmailIn = (message: Message): InWinmail => {
  const fetched = [...everyPart(message)].filter(isWinmail).flatMap(({ part, partId }) => {
    const bytes = inlineBytes(part);
    return bytes === undefined ? [] : [{ partId, tnef: readTnef(bytes) }];
  });
  return {
    texts: fetched.flatMap(({ tnef }) => readText(tnef) ?? []),
    items: fetched
      .flatMap(({ tnef }) => itemsOf(tnef))
      .slice(0, mostItems)
      .flatMap(readItem),
    files: fetched.flatMap(({ partId, tnef }) =>
      filesIn(partId, tnef).map(({ bytes: _bytes, isCut: _isCut, ...described }) => described),
    ),
  };
};
