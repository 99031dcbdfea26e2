// Paths that somebody set, which are checked and not trusted: a folder is made step by step, and a file is read only if it
// is one. `mkdir` with `recursive` never returns for a path under /proc, and a pipe or a device may never end.
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** `message` is a reason for a sentence such as “… cannot be used: …”; it repeats no path. */
export class PathError extends Error {}

const words: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission for it',
  EPERM: 'there is no permission for it',
  EROFS: 'it is on a disk that cannot be written to',
  ENOENT: 'nothing can be made there',
  ENOTDIR: 'a part of it is no folder',
  EEXIST: 'a part of it is no folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'it is too long',
  ELOOP: 'its links lead round in a circle',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full for this user',
  ERR_INVALID_ARG_VALUE: 'it has characters that no path has',
};

/** The reason in a file system error, in words where we have any, without the path that the error repeats. */
export const pathErrorOf = (error: unknown): PathError => {
  if (error instanceof PathError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  const reason = words[code];
  return new PathError(reason === undefined ? code : `${reason} (${code})`);
};

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** The folders on the way to this one that are not there, outermost first, and the one that is. */
const missingOf = (folder: string): { readonly present: string; readonly missing: readonly string[] } => {
  const missing: string[] = [];
  for (let present = resolve(folder); ; present = dirname(present)) {
    try {
      if (!statSync(present).isDirectory()) throw new PathError('a part of it is no folder');
      return { present, missing };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || dirname(present) === present) throw pathErrorOf(error);
      missing.unshift(present);
    }
  }
};

/** Makes a folder and those on the way to it, for the owner alone. @throws PathError */
export const makeFolder = (folder: string): void => {
  for (const path of missingOf(folder).missing) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (codeOf(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw pathErrorOf(error);
    }
  }
};

/** Makes something where the folder is or would be, and takes it away again. @throws PathError where that fails */
export const tryFolder = (folder: string): void => {
  try {
    rmdirSync(mkdtempSync(join(missingOf(folder).present, '.postern-try-')));
  } catch (error) {
    throw pathErrorOf(error);
  }
};

/** Bytes: more than any file of settings has. */
const maxSettingsBytes = 1024 * 1024;

/** The text of a file of settings. @throws PathError for what is no file, is too large or cannot be read */
export const readSettingsFile = (path: string): string => {
  let file: number | undefined;
  try {
    // Opening a pipe that nobody writes to would wait for ever.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new PathError('it is a folder');
    if (!stats.isFile()) throw new PathError('it is no file');
    if (stats.size > maxSettingsBytes) throw new PathError('it is larger than any file of settings');
    // A file under /proc says that it is empty, and is not.
    const bytes = Buffer.alloc(maxSettingsBytes + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    if (length > maxSettingsBytes) throw new PathError('it is larger than any file of settings');
    return bytes.toString('utf8', 0, length);
  } catch (error) {
    const found = pathErrorOf(error);
    throw codeOf(error) === 'ENOENT' ? new PathError('it is not there (ENOENT)') : found;
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/** Whether there is something at this path that is no file, such as a folder, a pipe or a device. */
export const isNoFile = (path: string): boolean => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile();
};
