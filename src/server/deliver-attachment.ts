// How an attachment leaves a call: as a download URL, or as a file in the download folder. A file's name never is a path.
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Accounts } from '../accounts/index.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { DeliverAttachment } from '../model/delivery.ts';

/** How many files of one name a folder may hold before we give up. */
const maxSameName = 1000;

/** Over HTTP: a single-use URL for this account; nothing is fetched before it is opened. */
export const attachmentsToUrl =
  (downloads: Accounts['downloads'], key: AccountKey): DeliverAttachment =>
  async (file) => ({ kind: 'url', ...(await downloads.mint(key, file)) });

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** Creates the file, or says that the name is taken; a file that could not be written whole does not stay. */
const created = async (path: string, bytes: Uint8Array): Promise<boolean> => {
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx', 0o600);
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
  try {
    await handle.writeFile(bytes);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return true;
};

/** On stdio: a file only its owner can read. An existing file is never overwritten: the new one gets a number. */
export const attachmentsToFolder =
  (folder: string): DeliverAttachment =>
  async (file) => {
    const bytes = await file.bytes();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { name, ext } = parse(file.fileName);
    for (let number = 1; number <= maxSameName; number++) {
      const path = join(folder, number === 1 ? file.fileName : `${name} (${number})${ext}`);
      if (await created(path, bytes)) return { kind: 'file', path };
    }
    throw new Error('too many files of one name in the download folder');
  };
