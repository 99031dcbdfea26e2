// The forms an attachment can be answered in, and which one fits. Knows nothing of how a part is found or fetched.

import { isTextLike, type PageRequest, page, readTextFile } from '../mail/message.ts';
import type { AttachmentFile, DeliverAttachment } from '../model/delivery.ts';
import { ToolContent } from './define-tool.ts';
import { inTurns } from './in-turns.ts';
import { fitPage } from './size-limit.ts';

/** What is said of every attachment, as a JSON text block. */
export interface AttachmentFacts {
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes: larger ones are not put into an answer unless a program asks for it. */
const largestImage = 1024 * 1024;
const largestText = 5 * 1024 * 1024;
const largestOther = 64 * 1024;

/** A type that may be repeated outside the fence; the sender chose it. */
const imageType = /^image\/[a-z0-9.+-]{1,60}$/;

/**
 * Bytes: the clients of the MCP SDK end the connection at a message of 10 MiB on stdin and stdout; base64 and what is
 * around it make this much of a file such a message.
 */
const largestOverPipe = 7 * 1024 * 1024;

/** Bytes of the largest attachment that `inline` may answer with. */
export const largestInline = (delivery: 'http' | 'stdio', inlineLimit: number): number =>
  delivery === 'stdio' ? Math.min(inlineLimit, largestOverPipe) : inlineLimit;

export type AttachmentForm = 'image' | 'text' | 'base64' | 'link';

/** The form in which a model can use an attachment best. */
export const fittingForm = ({ mimeType, fileName, size }: AttachmentFacts): AttachmentForm => {
  if (isTextLike(mimeType, fileName)) return size <= largestText ? 'text' : 'link';
  if (imageType.test(mimeType)) return size <= largestImage ? 'image' : 'link';
  return size <= largestOther ? 'base64' : 'link';
};

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** No structured content, because some clients then drop the image. */
export const asImage = (facts: AttachmentFacts, bytes: Uint8Array): ToolContent =>
  new ToolContent(facts, { image: { base64: base64(bytes), mimeType: facts.mimeType } });

/** One page of the text; HTML reads as a body does. @param charset what the sender declared. */
export const asText = async (
  facts: AttachmentFacts,
  bytes: Uint8Array,
  charset: string | undefined,
  { maxChars, offset }: PageRequest,
): Promise<ToolContent> => {
  const { text: whole, ...about } = await inTurns(readTextFile(bytes, facts, charset));
  const { text, ...where } = fitPage(
    maxChars,
    (chars) => page(whole, { maxChars: chars, offset }),
    () => page(whole, { maxChars: 1, offset }),
  );
  return new ToolContent({ ...facts, ...where, ...about }, { text, structured: { text } });
};

/**
 * Bytes: up to here base64 is given twice, for clients that read only text and for those that prefer structured content.
 * A larger file comes once, as text, and without structured content, so that both kinds find it there.
 */
const largestTwice = 1024 * 1024;

/** The JSON text block has the bytes, and so has structured content where they are few. */
export const asBase64 = (facts: AttachmentFacts, bytes: Uint8Array): ToolContent =>
  new ToolContent({ ...facts, data: base64(bytes) }, bytes.length <= largestTwice ? { structured: {} } : {});

/** A download URL, or the path of a saved file. */
export const asLink = async (deliver: DeliverAttachment, file: AttachmentFile): Promise<ToolContent> => {
  const { fileName, mimeType, size } = file;
  const delivered = await deliver(file);
  const where =
    delivered.kind === 'url'
      ? { url: delivered.url, expiresAt: new Date(delivered.expiresAt).toISOString() }
      : { path: delivered.path };
  return new ToolContent({ fileName, mimeType, size, ...where }, { structured: {} });
};
