// Gmail's attachment ids: long, different at every call, and all of them valid for ever. Each one carries what it points to.
// Knows nothing of mailboxes: an id says "part P of message M", whether that exists is for the reader to find out.
import { createHash } from 'node:crypto';

/** Where an attachment id points. */
export interface AttachmentTarget {
  readonly messageId: string;
  readonly partId: string;
}

export interface AttachmentIds {
  /** A new id, never given before. Base64 parts get 404 characters and others 383, as in recorded answers. */
  issue(target: AttachmentTarget, isBase64: boolean): string;
  /** Where an id of any age points; undefined for one this mailbox never gave. */
  resolve(attachmentId: string): AttachmentTarget | undefined;
}

const PREFIX = 'ANGjdJ';
const NONCE_BYTES = 12;
const TAG_BYTES = 8;
const PAYLOAD_BYTES = 261;

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
      const nonce = digest(`nonce ${issued++}`, NONCE_BYTES);
      const payload = Buffer.alloc(isBase64 ? PAYLOAD_BYTES + 16 : PAYLOAD_BYTES);
      payload.write(`${messageId} ${partId}\n`, 'latin1');
      const body = Buffer.concat([nonce, digest(payload, TAG_BYTES), mask(nonce, payload)]).toString('base64url');
      return `${PREFIX}${isBase64 ? '_x' : '-'}${body}`;
    },
    resolve: (attachmentId) => {
      const body = /^ANGjdJ(?:_x|-)([\w-]+)$/.exec(attachmentId)?.[1];
      if (body === undefined) return undefined;
      const bytes = Buffer.from(body, 'base64url');
      const payload = mask(bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES + TAG_BYTES));
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      if (!digest(payload, TAG_BYTES).equals(tag)) return undefined;
      const [messageId = '', partId = ''] = payload.toString('latin1').split('\n', 1)[0]?.split(' ') ?? [];
      return { messageId, partId };
    },
  };
};
