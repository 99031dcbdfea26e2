// What a failing database means for whoever waits for an answer. Recognises storage's error by its name, because those
// who answer callers must not know storage.
import type { Problem } from './problem.ts';

/** What can be wrong with the database; `StorageError.kind`. */
export type StorageFailure =
  | 'newer_schema'
  | 'not_a_database'
  | 'not_writable'
  | 'busy'
  | 'disk_full'
  | 'wrong_key'
  | 'row_refused'
  | 'already_there'
  | 'in_use';

/** The name of the error class that carries a `StorageFailure`. */
export const storageErrorName = 'StorageError';

export type StorageProblem = Extract<
  Problem,
  { kind: 'storage_busy' | 'storage_full' | 'sealing_key_missing' | 'row_refused' }
>;

/** The problem of a storage error that the caller can be told about; undefined for every other error. */
export const storageProblem = (error: unknown): StorageProblem | undefined => {
  if (!(error instanceof Error) || error.name !== storageErrorName || !('kind' in error)) return undefined;
  switch (error.kind) {
    case 'busy':
      return { kind: 'storage_busy' };
    case 'disk_full':
      return { kind: 'storage_full' };
    case 'wrong_key':
      return { kind: 'sealing_key_missing' };
    case 'row_refused':
      return { kind: 'row_refused' };
    default:
      return undefined;
  }
};
