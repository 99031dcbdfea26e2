// What a failing database means for whoever waits for an answer. Recognises storage's error by its name, because those
// who answer callers must not know storage.
import type { Problem } from './problem.ts';

/** What can be wrong with the database; `StorageError.kind`. */
export type StorageFailure = 'newer_schema' | 'not_a_database' | 'not_writable' | 'busy' | 'disk_full';

/** The name of the error class that carries a `StorageFailure`. */
export const storageErrorName = 'StorageError';

/** The problem of a storage error that the caller can be told about; undefined for every other error. */
export const storageProblem = (
  error: unknown,
): Extract<Problem, { kind: 'storage_busy' | 'storage_full' }> | undefined => {
  if (!(error instanceof Error) || error.name !== storageErrorName || !('kind' in error)) return undefined;
  if (error.kind === 'busy') return { kind: 'storage_busy' };
  return error.kind === 'disk_full' ? { kind: 'storage_full' } : undefined;
};
