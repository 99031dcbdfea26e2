// Which parts of a message are its body and which are attachments, and what an attachment is called.
import libmime from 'libmime';
import { safeFileName } from './file-name.ts';
import { headerText, headerValues, structuredField } from './headers.ts';
import {
  everyPart,
  isContainer,
  type Message,
  type MessagePart,
  mimeTypeOf,
  type NumberedPart,
  rootPartId,
} from './message-part.ts';

export interface Attachment {
  /** Our part id, which never changes: `1.2`, or `root` for the message's own part. */
  readonly attachmentId: string;
  /** Safe to show and to create; made up from the part id where the message gives none. */
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  /** Shown within the text rather than beside it. */
  readonly inline: boolean;
}

const bodyTypes = /^(?:text\/(?:plain|html|enriched|richtext|markdown|x-markdown)|multipart\/.*)$/;
/** Another form of the HTML part beside it, for clients that run its scripts. */
const ampType = 'text/x-amp-html';

/** The file name a part carries, as the sender wrote it; Gmail's own reading first. */
const givenFileName = (part: MessagePart): string => {
  if (part.filename) return headerText(part.filename);
  const disposition = structuredField(part, 'content-disposition')?.parameters.filename;
  return disposition ?? structuredField(part, 'content-type')?.parameters.name ?? '';
};

const disposition = (part: MessagePart): string | undefined => structuredField(part, 'content-disposition')?.value;

/**
 * Whether a part without children is (a form of) the message's text. Text with a file name is an attachment, except
 * where it is all the message consists of; a broken multipart without parts counts as the text it holds.
 */
export const isBodyText = ({ part, partId }: NumberedPart): boolean =>
  bodyTypes.test(mimeTypeOf(part)) &&
  disposition(part) !== 'attachment' &&
  (partId === rootPartId || givenFileName(part) === '');

const isAttachment = (numbered: NumberedPart): boolean => {
  const { part } = numbered;
  if (isContainer(part)) return Boolean(part.body?.attachmentId);
  return !isBodyText(numbered) && (mimeTypeOf(part) !== ampType || givenFileName(part) !== '');
};

/** A safe file name for a part; never empty. */
export const fileNameOf = ({ part, partId }: NumberedPart): string => {
  const given = givenFileName(part);
  if (given !== '') return safeFileName(given);
  const extension = mimeTypeOf(part) === 'message/rfc822' ? 'eml' : libmime.detectExtension(mimeTypeOf(part));
  return `part-${partId}.${extension}`;
};

/** What a tool says about one attachment. */
export const describeAttachment = (numbered: NumberedPart): Attachment => ({
  attachmentId: numbered.partId,
  fileName: fileNameOf(numbered),
  mimeType: mimeTypeOf(numbered.part),
  size: numbered.part.body?.size ?? 0,
  inline:
    disposition(numbered.part) === 'inline' ||
    (disposition(numbered.part) === undefined && headerValues(numbered.part.headers, 'content-id').length > 0),
});

/** Every attachment of a message in order, those of messages inside it included. */
export const attachmentsOf = (message: Message): Attachment[] =>
  [...everyPart(message)].filter(isAttachment).map(describeAttachment);
