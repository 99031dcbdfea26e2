// The bytes behind a download URL: resolved anew at Google, with the account's own token. Joins accounts, google and tools,
// which do not know one another.
import type { Postern } from '../compose.ts';
import { failed } from '../model/result.ts';
import { attachmentPart } from '../tools/attachment-part.ts';
import type { FetchAttachment } from '../transports/download-route.ts';

export const attachmentFetcher =
  ({ accounts, google }: Pick<Postern, 'accounts' | 'google'>): FetchAttachment =>
  async (key, record, signal) => {
    const { gmail } = google.forCaller({ key, freshToken: accounts.freshToken(key, ['mail']), signal });
    const part = await attachmentPart(gmail, record.messageId, record.partId);
    if (!part.ok) return part;
    return signal.aborted ? failed({ kind: 'cancelled' }) : part.value.bytes();
  };
