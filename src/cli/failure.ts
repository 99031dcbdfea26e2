// Any error as words for the terminal: no stack, and no library's text, which may carry a secret.
import { LinkOriginError } from '../connect/accounts.ts';
import { StorageError } from '../model/storage-error.ts';
import { CommandError } from './terminal.ts';

const isSystemError = (error: Error): error is NodeJS.ErrnoException =>
  'syscall' in error && 'code' in error && typeof error.code === 'string';

/** Where a defect is, without its message: `at file:line:column`. */
const place = (error: Error): string =>
  / at (?:.* \()?([^()\s]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1] ?? 'unknown';

/** What happened and the one next step. */
export const describeFailure = (error: unknown): string => {
  if (error instanceof CommandError) return error.fix === undefined ? error.message : `${error.message} ${error.fix}`;
  if (error instanceof StorageError || error instanceof LinkOriginError) return error.message;
  if (!(error instanceof Error)) return 'failed unexpectedly. This is a defect; please report it.';
  if (isSystemError(error)) return `${error.message}.`;
  return `failed unexpectedly (${error.name} at ${place(error)}). This is a defect; please report it.`;
};
