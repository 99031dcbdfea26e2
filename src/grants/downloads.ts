// Download URLs for attachments: capabilities bound to account, grant, message and part.

import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import { createSemaphores } from '../lib/semaphore.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { DownloadRecord } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';

/** Milliseconds a download URL may be used. */
const downloadLifetimeMs = 5 * 60_000;
/** Open URLs of one account; the oldest ends for one more. */
const maxOpenDownloads = 100;
/** Milliseconds one GET may keep others out. */
const claimMs = 2 * 60_000;
/** GETs of one account at a time: each keeps an attachment in memory until its reader has it. */
const maxAtOnce = 5;
/** GETs and HEADs of one account: one that breaks off every GET asks Google for the attachment each time. */
const rate = { times: 300, perMs: 60_000 };
const tooManyAtOnce: TooMany = { kind: 'too_many_calls_at_once', retryAfterSeconds: 2 };

/** What a download URL leads to. */
export interface DownloadableFile {
  readonly messageId: string;
  readonly partId: string;
  /** Already a safe base name. */
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  readonly grantVersion: number;
}

export interface ClaimedDownload {
  readonly record: DownloadRecord;
  /** The whole body was sent: the URL is used up. */
  complete(): Promise<void>;
  /** It was not: the URL works again. */
  release(): Promise<void>;
}

/** The account has too many downloads under way, or had too many of late. */
interface TooMany {
  readonly kind: 'too_many_calls_at_once' | 'too_many_calls';
  readonly retryAfterSeconds: number;
}

export interface Downloads {
  mint(key: AccountKey, file: DownloadableFile): Promise<{ url: string; expiresAt: number }>;
  /**
   * Takes the URL for one GET; undefined for an unknown, used, expired or taken one, and when the account is dead.
   * TooMany: other downloads of the account have to end first, and the URL works on.
   */
  claim(token: string): Promise<ClaimedDownload | TooMany | undefined>;
  /** The same answer without using it up, for HEAD. */
  peek(token: string): Promise<DownloadRecord | TooMany | undefined>;
}

export const createDownloads = ({ storage, clock, random, linkOrigin, createLimit }: AccountsOptions): Downloads => {
  const { downloads, accounts } = storage;
  const acquire = createSemaphores(maxAtOnce);
  const limit = createLimit('downloads', rate);
  const tooOften = async ({ key }: DownloadRecord): Promise<TooMany | undefined> => {
    const retryAfterSeconds = await limit.take(accountKeyText(key));
    return retryAfterSeconds === 0 ? undefined : { kind: 'too_many_calls', retryAfterSeconds };
  };
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
      const often = await tooOften(record);
      const leave = often === undefined ? acquire(accountKeyText(record.key)) : undefined;
      if (leave === undefined) {
        await downloads.release(hash);
        return often ?? tooManyAtOnce;
      }
      return {
        record,
        complete: () => downloads.complete(hash, clock.now()).finally(leave),
        release: () => downloads.release(hash).finally(leave),
      };
    },
    peek: async (token) => {
      if (!isSecret(token)) return undefined;
      const record = await downloads.find(hashSecret(token), clock.now());
      return record !== undefined && (await alive(record)) ? ((await tooOften(record)) ?? record) : undefined;
    },
  };
};
