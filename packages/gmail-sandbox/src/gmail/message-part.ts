// A MIME part → Gmail's MessagePart: part ids, file names, UTF-8 text in `body.data`, attachment ids for the rest.
// Calibrated on recorded answers of the real API. Knows nothing of labels, threads or HTTP.
import type { gmail_v1 } from '@googleapis/gmail';
import { decodeCharset } from './charsets.ts';
import { decodeName, headerValue, parseParameters } from './header-fields.ts';
import type { MimePart } from './mime-tree.ts';
import { decodeTransferEncoding } from './transfer-encoding.ts';

/** Gives the attachment id of a part. */
export type IssueAttachmentId = (partId: string, isBase64: boolean) => string;

/** Google's base64url keeps its padding. */
export const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');

/** The part's bytes without their transfer encoding, in their own charset: what an attachment download gives. */
export const partBytes = (raw: Buffer, part: MimePart): Buffer =>
  decodeTransferEncoding(raw.subarray(part.bodyStart, part.bodyEnd), transferEncoding(part));

/** The text of a `text/*` part, decoded from its charset. */
export const partText = (raw: Buffer, part: MimePart): string =>
  decodeCharset(partBytes(raw, part), part.parameters.charset ?? '');

/** The file name: Content-Disposition's `filename` goes before Content-Type's `name`; '' when there is none. */
export const partFilename = (part: MimePart): string => {
  const disposition = headerValue(part.headers, 'content-disposition');
  const fromDisposition = disposition === undefined ? undefined : parseParameters(disposition).parameters.filename;
  return decodeName(fromDisposition || part.parameters.name || '');
};

/** A leaf that Gmail shows by its content; everything else is fetched by attachment id. */
export const isInlineText = (part: MimePart): boolean =>
  part.children === undefined && part.mimeType.startsWith('text/') && partFilename(part) === '';

/** Parts in reading order with their ids: the root is '', its children '0', '1', …, theirs '0.0', …. */
export function* walkParts(part: MimePart, partId = ''): Generator<{ part: MimePart; partId: string }> {
  yield { part, partId };
  for (const [index, child] of (part.children ?? []).entries()) {
    yield* walkParts(child, partId === '' ? String(index) : `${partId}.${index}`);
  }
}

/** The whole payload of `format=full`. */
export const messagePayload = (
  raw: Buffer,
  part: MimePart,
  issue: IssueAttachmentId,
  partId = '',
): gmail_v1.Schema$MessagePart => {
  const children = part.children?.map((child, index) =>
    messagePayload(raw, child, issue, partId === '' ? String(index) : `${partId}.${index}`),
  );
  return {
    partId,
    mimeType: part.mimeType,
    filename: partFilename(part),
    headers: part.headers.map(({ name, value }) => ({ name, value })),
    body: partBody(raw, part, issue, partId),
    ...(children === undefined || children.length === 0 ? {} : { parts: children }),
  };
};

const partBody = (
  raw: Buffer,
  part: MimePart,
  issue: IssueAttachmentId,
  partId: string,
): gmail_v1.Schema$MessagePartBody => {
  if (isInlineText(part)) {
    const text = Buffer.from(partText(raw, part));
    const size = partBytes(raw, part).length; // recorded answers count the bytes as they were sent, before UTF-8
    return text.length === 0 ? { size } : { size, data: base64url(text) };
  }
  const isContainer = part.mimeType.startsWith('multipart/') || part.children !== undefined;
  if (isContainer && partFilename(part) === '') return { size: 0 };
  const isBase64 = transferEncoding(part).toLowerCase().startsWith('base64');
  return { attachmentId: issue(partId, isBase64), size: partBytes(raw, part).length };
};

const transferEncoding = (part: MimePart): string =>
  (headerValue(part.headers, 'content-transfer-encoding') ?? '').trim();
