// How an attachment leaves a call: as a download URL, behind which the bytes are fetched when it is opened, or as a file in
// the download folder. A file's name never is a path.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Accounts, DownloadableFile } from '../connect/accounts.ts';
import type { GoogleServices } from '../google/ports.ts';
import { makeFolder } from '../lib/checked-paths.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Result } from '../model/result.ts';
import type { JobRunner } from './jobs/jobs.ts';

/** An attachment that leaves a call as a file. */
export interface AttachmentFile extends DownloadableFile {
  /**
   * Fetches the bytes, piece by piece; not called where only a URL is handed out.
   * @param take is called anew, from the beginning, for every try.
   */
  readonly writeTo: (take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>) => Promise<void>;
}

type Delivered =
  | { readonly kind: 'url'; readonly url: string; readonly expiresAt: number }
  | { readonly kind: 'file'; readonly path: string };

/** The port through which a tool hands out an attachment that is too large for its answer. */
export type DeliverAttachment = (file: AttachmentFile) => Promise<Delivered>;

/** How many files of one name a folder may hold before we give up. */
const maxSameName = 1000;

/** Over HTTP: a single-use URL for this account; nothing is fetched before it is opened. */
export const attachmentsToUrl =
  (downloads: Accounts['downloads'], key: AccountKey): DeliverAttachment =>
  async (file) => ({ kind: 'url', ...(await downloads.mint(key, file)) });

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** A file of this name, or with a number behind it, that was not there before. */
const newFile = async (folder: string, fileName: string): Promise<{ path: string; handle: FileHandle }> => {
  makeFolder(folder);
  const { name, ext } = parse(fileName);
  for (let number = 1; number <= maxSameName; number++) {
    const path = join(folder, number === 1 ? fileName : `${name} (${number})${ext}`);
    try {
      return { path, handle: await open(path, 'wx', 0o600) };
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw new Error('too many files of one name in the download folder');
};

/** A full disk may take less than it is given. */
const writeAll = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
};

/**
 * On stdio: a file only its owner can read. An existing file is never overwritten: the new one gets a number. A file that
 * could not be written whole does not stay.
 */
export const attachmentsToFolder =
  (folder: string): DeliverAttachment =>
  async ({ fileName, writeTo }) => {
    let file: { readonly path: string; readonly handle: FileHandle } | undefined;
    try {
      await writeTo(async (pieces) => {
        file ??= await newFile(folder, fileName);
        await file.handle.truncate(0);
        let position = 0;
        for await (const piece of pieces) {
          await writeAll(file.handle, piece, position);
          position += piece.length;
        }
      });
    } catch (error) {
      if (file !== undefined) await rm(file.path, { force: true });
      throw error;
    } finally {
      await file?.handle.close();
    }
    if (file === undefined) throw new TypeError('an attachment was written without being taken');
    return { kind: 'file', path: file.path };
  };

/**
 * Fetches an attachment of an account's message, by our part id, when its download URL is opened, and hands its bytes on as
 * they arrive.
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
    const request = { messageId, attachmentId: partId };
    return attachmentPart(gmail, jobsFor({ key, signal }), request, (part) => part.stream(take));
  };
