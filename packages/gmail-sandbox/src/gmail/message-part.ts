// A MIME part → Gmail's MessagePart: part ids, file names, UTF-8 text in `body.data`, attachment ids for the rest.
// Calibrated on recorded answers of the real API.
import { createHash } from 'node:crypto';
import type { gmail_v1 } from '@googleapis/gmail';
import { decodeCharset, decodeTransferEncoding } from './decoding.ts';
import { decodeName, headerValue, type MimePart, parseParameters } from './mime.ts';

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

/** Where an attachment id points. */
interface AttachmentTarget {
  readonly messageId: string;
  readonly partId: string;
}

export interface AttachmentIds {
  /** A new id, never given before. Base64 parts get 404 characters and others 383, as in recorded answers. */
  issue(target: AttachmentTarget, isBase64: boolean): string;
  /** Where an id of any age points; undefined for one this mailbox never gave. */
  resolve(attachmentId: string): AttachmentTarget | undefined;
}

const prefix = 'ANGjdJ';
const nonceBytes = 12;
const tagBytes = 8;
const payloadBytes = 261;

/** @param seed makes the ids of one mailbox different from another's, and reproducible */
export const createAttachmentIds = (seed: string): AttachmentIds => {
  let issued = 0;
  const digest = (text: string | Buffer, length: number): Buffer =>
    createHash('shake256', { outputLength: length }).update(seed).update(text).digest();
  const mask = (nonce: Buffer, bytes: Buffer): Buffer => {
    const stream = digest(nonce, bytes.length);
    return Buffer.from(bytes.map((byte, at) => byte ^ (stream[at] ?? 0)));
  };

  return {
    issue: ({ messageId, partId }, isBase64) => {
      const nonce = digest(`nonce ${issued++}`, nonceBytes);
      const payload = Buffer.alloc(isBase64 ? payloadBytes + 16 : payloadBytes);
      payload.write(`${messageId} ${partId}\n`, 'latin1');
      const body = Buffer.concat([nonce, digest(payload, tagBytes), mask(nonce, payload)]).toString('base64url');
      return `${prefix}${isBase64 ? '_x' : '-'}${body}`;
    },
    resolve: (attachmentId) => {
      const body = /^ANGjdJ(?:_x|-)([\w-]+)$/.exec(attachmentId)?.[1];
      if (body === undefined) return undefined;
      const bytes = Buffer.from(body, 'base64url');
      const payload = mask(bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes + tagBytes));
      const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
      if (!digest(payload, tagBytes).equals(tag)) return undefined;
      const [messageId = '', partId = ''] = payload.toString('latin1').split('\n', 1)[0]?.split(' ') ?? [];
      return { messageId, partId };
    },
  };
};
