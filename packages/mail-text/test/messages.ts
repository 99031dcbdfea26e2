// Builds messages in the shape Gmail gives them: text parts as base64url of UTF-8, attachments by id.
import type { Message, MessagePart } from '../src/message.ts';

export const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

const headersOf = (headers: Record<string, string>) =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

/** A text part; `content` may be bytes in another charset. */
export const text = (
  mimeType: string,
  content: string | Uint8Array,
  headers: Record<string, string> = {},
): MessagePart => ({
  mimeType,
  filename: '',
  headers: headersOf({ 'Content-Type': mimeType, ...headers }),
  body: { size: Buffer.byteLength(content), data: base64url(content) },
});

/** A part whose bytes have to be fetched. */
export const attached = (
  mimeType: string,
  filename: string,
  headers: Record<string, string> = {},
  size = 5,
): MessagePart => ({
  mimeType,
  filename,
  headers: headersOf({ 'Content-Type': mimeType, ...headers }),
  body: { size, attachmentId: `gmail-${filename || mimeType}` },
});

export const container = (mimeType: string, ...parts: MessagePart[]): MessagePart => ({
  mimeType,
  filename: '',
  headers: headersOf({ 'Content-Type': `${mimeType}; boundary=x` }),
  body: { size: 0 },
  parts,
});

/** Gives the tree Gmail's part ids and the message its own. */
export const message = (root: MessagePart, headers: Record<string, string> = {}): Message => {
  const number = (part: MessagePart, partId: string): MessagePart => ({
    ...part,
    partId,
    ...(part.parts
      ? { parts: part.parts.map((child, index) => number(child, partId === '' ? `${index}` : `${partId}.${index}`)) }
      : {}),
  });
  const numbered = number(root, '');
  return {
    id: '18c0ffee',
    threadId: '18c0ffee',
    labelIds: ['INBOX'],
    snippet: 'A &lt;b&gt; &amp; it&#39;s &quot;so&quot;',
    internalDate: `${Date.UTC(2026, 0, 2, 3, 4, 5)}`,
    payload: { ...numbered, headers: [...headersOf(headers), ...(numbered.headers ?? [])] },
  };
};

export const whole = { maxChars: 1_000_000, offset: 0 };
