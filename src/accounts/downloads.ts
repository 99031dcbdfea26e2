// Download URLs for attachments: capabilities bound to account, grant, message and part. Knows nothing of their bytes.
import type { AccountKey } from '../model/account-key.ts';
import type { AttachmentFile } from '../model/delivery.ts';
import type { DownloadRecord } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';
import { hashSecret, isSecret, newSecret } from './secrets.ts';

/** Milliseconds a download URL may be used. */
const downloadLifetimeMs = 5 * 60_000;
/** Open URLs of one account; the oldest ends for one more. */
const maxOpenDownloads = 100;
/** Milliseconds one GET may keep others out. */
const claimMs = 2 * 60_000;

export interface ClaimedDownload {
  readonly record: DownloadRecord;
  /** The whole body was sent: the URL is used up. */
  complete(): Promise<void>;
  /** It was not: the URL works again. */
  release(): Promise<void>;
}

export interface Downloads {
  mint(key: AccountKey, file: AttachmentFile): Promise<{ url: string; expiresAt: number }>;
  /** Takes the URL for one GET; undefined for an unknown, used, expired or taken one, and when the account is dead. */
  claim(token: string): Promise<ClaimedDownload | undefined>;
  /** The same answer without using it up, for HEAD. */
  peek(token: string): Promise<DownloadRecord | undefined>;
}

export const createDownloads = ({ storage, clock, random, linkOrigin }: AccountsOptions): Downloads => {
  const { downloads, accounts } = storage;
  const alive = async (record: DownloadRecord): Promise<boolean> => {
    const account = await accounts.find(record.key);
    return account?.state.status === 'ACTIVE' && account.grantVersion === record.grantVersion;
  };
  return {
    mint: async (key, file) => {
      const token = newSecret(random);
      const expiresAt = clock.now() + downloadLifetimeMs;
      const { messageId, partId, fileName, mimeType, size, grantVersion } = file;
      const record = { hash: hashSecret(token), key, grantVersion, messageId, partId, fileName, mimeType, size };
      await downloads.add({ ...record, expiresAt }, maxOpenDownloads);
      return { url: `${await linkOrigin()}/downloads/${token}`, expiresAt };
    },
    claim: async (token) => {
      if (!isSecret(token)) return undefined;
      const hash = hashSecret(token);
      const record = await downloads.claim(hash, clock.now(), clock.now() + claimMs);
      if (record === undefined) return undefined;
      if (!(await alive(record))) {
        await downloads.complete(hash, clock.now());
        return undefined;
      }
      return {
        record,
        complete: () => downloads.complete(hash, clock.now()),
        release: () => downloads.release(hash),
      };
    },
    peek: async (token) => {
      if (!isSecret(token)) return undefined;
      const record = await downloads.find(hashSecret(token), clock.now());
      return record !== undefined && (await alive(record)) ? record : undefined;
    },
  };
};
