// What can be wrong with the database, and which of it whoever waits for an answer is told. It is here and not in storage,
// because those who answer callers do not import storage.
import type { Problem } from './problem.ts';

export type StorageErrorKind =
  | 'newer_schema'
  | 'not_a_database'
  | 'not_writable'
  | 'busy'
  | 'disk_full'
  | 'wrong_key'
  | 'row_refused'
  | 'already_there'
  | 'in_use'
  | 'unfinished_copy'
  | 'copy_refused';

/** `message` says what happened and the one next step; it holds no stored data. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly kind: StorageErrorKind;

  constructor(kind: StorageErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export type StorageProblem = Extract<
  Problem,
  { kind: 'storage_busy' | 'storage_full' | 'sealing_key_missing' | 'row_refused' }
>;

/** The problem of a storage error that the caller can be told about; undefined for every other error. */
export const storageProblem = (error: unknown): StorageProblem | undefined => {
  if (!(error instanceof StorageError)) return undefined;
  switch (error.kind) {
    // A password or a right that was changed while this process ran: whoever calls can only try again later.
    case 'busy':
    case 'not_writable':
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
