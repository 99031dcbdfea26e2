// The forms an attachment can be answered in, and which one fits.

import { isTextLike, type PageRequest } from '@postern/mail-text/message';
import { ok, type Result } from '../../model/result.ts';
import { ToolContent } from '../define-tool.ts';
import type { AttachmentFile, DeliverAttachment } from '../deliver-attachment.ts';
import { outputOf } from '../jobs/job-runner.ts';
import type { JobRunner } from '../jobs/jobs.ts';

/** What is said of every attachment, as a JSON text block. */
export interface AttachmentFacts {
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes: larger ones are not put into an answer unless a program asks for it. */
const maxImageBytes = 1024 * 1024;
const maxTextBytes = 5 * 1024 * 1024;
const maxOtherBytes = 64 * 1024;

/** A type that may be repeated outside the fence; the sender chose it. */
const imageType = /^image\/[a-z0-9.+-]{1,60}$/;

/**
 * Bytes: the clients of the MCP SDK end the connection at a message of 10 MiB on stdin and stdout; base64 and what is
 * around it make this much of a file such a message.
 */
const maxPipeBytes = 7 * 1024 * 1024;

/** Bytes that may be had of an attachment in a form, where it does not come as a link. @param limit of `inline`. */
export const maxBytesOf = (form: Exclude<AttachmentForm, 'link'> | 'inline', limit: number): number => {
  switch (form) {
    case 'image':
      return 2 * maxImageBytes;
    case 'text':
      return 2 * maxTextBytes;
    case 'base64':
      return 2 * maxOtherBytes;
    case 'inline':
      return limit;
  }
};

/** Bytes of the largest attachment that `inline` may answer with. */
export const maxInlineBytes = (delivery: 'http' | 'stdio', inlineLimit: number): number =>
  delivery === 'stdio' ? Math.min(inlineLimit, maxPipeBytes) : inlineLimit;

export type AttachmentForm = 'image' | 'text' | 'base64' | 'link';

/** The form in which a model can use an attachment best. */
export const fittingForm = ({ mimeType, fileName, size }: AttachmentFacts): AttachmentForm => {
  if (isTextLike(mimeType, fileName)) return size <= maxTextBytes ? 'text' : 'link';
  if (imageType.test(mimeType)) return size <= maxImageBytes ? 'image' : 'link';
  return size <= maxOtherBytes ? 'base64' : 'link';
};

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** No structured content, because some clients then drop the image. */
export const asImage = (facts: AttachmentFacts, bytes: Uint8Array): ToolContent =>
  new ToolContent(facts, { image: { base64: base64(bytes), mimeType: facts.mimeType } });

/** Bytes that are read of a text where all of it takes too long. */
const excerptBytes = 64 * 1024;

/** One page of the text; HTML reads as a body does. @param charset what the sender declared. */
export const asText = async (
  jobs: JobRunner,
  facts: AttachmentFacts,
  bytes: Uint8Array<ArrayBuffer>,
  charset: string | undefined,
  page: PageRequest,
): Promise<Result<ToolContent>> => {
  const wanted = { mimeType: facts.mimeType, fileName: facts.fileName, charset, page };
  // The bytes themselves move to the thread, which may end with them.
  const excerpt = bytes.slice(0, excerptBytes);
  let outcome = await jobs.run('textFile', { ...wanted, bytes });
  if (outcome.kind === 'ended') outcome = await jobs.run('textFile', { ...wanted, bytes: excerpt, cut: true });
  const read = outputOf(outcome, 'The attachment');
  if (!read.ok) return read;
  const { text, ...about } = read.value;
  return ok(new ToolContent({ ...facts, ...about }, { text, structured: { text } }));
};

/**
 * Bytes: up to here base64 is given twice, for clients that read only text and for those that prefer structured content.
 * A larger file comes once, as text, and without structured content, so that both kinds find it there.
 */
const maxDoubledBytes = 1024 * 1024;

/** The JSON text block has the bytes, and so has structured content where they are few. */
export const asBase64 = (facts: AttachmentFacts, bytes: Uint8Array): ToolContent =>
  new ToolContent({ ...facts, data: base64(bytes) }, bytes.length <= maxDoubledBytes ? { structured: {} } : {});

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
