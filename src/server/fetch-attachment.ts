// The bytes behind a download URL, fetched when it is opened. Knows nothing of HTTP.
import type { Accounts } from '../accounts/index.ts';
import type { GoogleServices } from '../google/ports.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Result } from '../model/result.ts';

/** The bytes of an attachment of an account's message, by our part id. */
export type FetchAttachment = (
  key: AccountKey,
  file: { readonly messageId: string; readonly partId: string },
  signal: AbortSignal,
) => Promise<Result<Uint8Array>>;

/** Fetches with the account's own access, which must still allow reading mail. */
export const createFetchAttachment =
  (accounts: Accounts, google: GoogleServices): FetchAttachment =>
  async (key, { messageId, partId }, signal) => {
    const freshToken = accounts.freshToken(key, ['mail']);
    const { gmail } = google.forCaller({
      key,
      freshToken,
      record: (answered) => accounts.recordAnswer(key, answered),
      signal,
    });
    const { attachmentPart } = await import('../tools/attachment-part.ts');
    const part = await attachmentPart(gmail, messageId, partId);
    return part.ok ? part.value.bytes() : part;
  };
