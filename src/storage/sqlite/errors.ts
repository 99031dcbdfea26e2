// What SQLite can fail with: what is worth another try, and the rest in our words.
import BetterSqlite3 from 'better-sqlite3';
import { StorageError } from '../../model/storage-error.ts';
import { notADatabase, notWritable } from '../storage-error.ts';

/** SQLite's name of a result, with its extension (https://sqlite.org/rescode.html). */
const codeOf = (error: unknown): string => (error instanceof BetterSqlite3.SqliteError ? error.code : '');

/** Somebody else holds the lock, or is just setting up the shared memory of the write-ahead log: worth another try. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|PROTOCOL)/.test(codeOf(error));

/** As if SQLite had said it: somebody of this process waits for the same lock already. */
export const busyToo = (): unknown => new BetterSqlite3.SqliteError('another write waits for the lock', 'SQLITE_BUSY');

/** An SQLite error in our words where we have any; every other error is returned as it is. */
export const inOurWords = (error: unknown, path: string): unknown => {
  const code = codeOf(error);
  if (isBusy(error))
    return new StorageError(
      'busy',
      `The database ${path} stayed locked by another process. Try again in a few seconds.`,
    );
  if (code === 'SQLITE_FULL')
    return new StorageError('disk_full', `The disk that holds ${path} is full. Make room, then try again.`);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return notADatabase(path);
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code)) return notWritable(path, 'the system refused access');
  return error;
};
