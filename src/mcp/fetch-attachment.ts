// The bytes behind a download URL, fetched when it is opened and handed on as they arrive. Knows nothing of HTTP.
import type { Accounts } from '../connect/accounts.ts';
import type { GoogleServices } from '../google/ports.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Result } from '../model/result.ts';
import type { JobRunner } from './jobs/jobs.ts';

/**
 * Fetches an attachment of an account's message, by our part id.
 * @param take gets the bytes in pieces; called anew, from the beginning, for every try.
 */
export type FetchAttachment = (
  key: AccountKey,
  file: { readonly messageId: string; readonly partId: string },
  signal: AbortSignal,
  take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>,
) => Promise<Result<object>>;

/** Fetches with the account's own access, which must still allow reading mail. */
export const createFetchAttachment =
  (
    accounts: Accounts,
    google: GoogleServices,
    jobsFor: (call: { readonly key: AccountKey; readonly signal: AbortSignal }) => JobRunner,
  ): FetchAttachment =>
  async (key, { messageId, partId }, signal, take) => {
    const freshToken = accounts.freshToken(key, ['mail']);
    const { gmail } = google.forCaller({
      key,
      freshToken,
      record: (answered) => accounts.recordAnswer(key, answered),
      signal,
    });
    const { attachmentPart } = await import('./tools/attachment-part.ts');
    const sought = { messageId, attachmentId: partId };
    return attachmentPart(gmail, jobsFor({ key, signal }), sought, (part) => part.stream(take));
  };
