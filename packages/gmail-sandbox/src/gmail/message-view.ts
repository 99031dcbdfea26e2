// A stored message → Gmail's Message in each of the four formats.
import type { gmail_v1 } from '@googleapis/gmail';
import type { Mailbox, StoredMessage } from './mailbox.ts';
import { base64url, messagePayload } from './message-part.ts';

export const formats = ['minimal', 'full', 'raw', 'metadata'] as const;
export type Format = (typeof formats)[number];

/** @param metadataHeaders for `metadata`: the header names wanted, in any case; none means all */
export const viewMessage = (
  mailbox: Mailbox,
  message: StoredMessage,
  format: Format,
  metadataHeaders: readonly string[],
): gmail_v1.Schema$Message => {
  const { id, threadId } = message;
  const { root, snippet } = message.parsed();
  const common = {
    id,
    threadId,
    labelIds: [...message.labelIds],
    snippet,
    sizeEstimate: message.raw.length,
    historyId: String(message.historyId),
    internalDate: String(message.internalDate),
  };
  switch (format) {
    case 'minimal':
      return common;
    case 'raw':
      return { ...common, raw: base64url(message.raw) };
    case 'metadata': {
      const wanted = new Set(metadataHeaders.map((name) => name.toLowerCase()));
      const headers = root.headers.filter(({ name }) => wanted.size === 0 || wanted.has(name.toLowerCase()));
      return {
        ...common,
        payload: {
          mimeType: root.mimeType,
          ...(headers.length === 0 ? {} : { headers: headers.map((h) => ({ ...h })) }),
        },
      };
    }
    case 'full': {
      const issue = (partId: string, isBase64: boolean) =>
        mailbox.attachmentIds.issue({ messageId: id, partId }, isBase64);
      return { ...common, payload: messagePayload(message.raw, root, issue) };
    }
  }
};
