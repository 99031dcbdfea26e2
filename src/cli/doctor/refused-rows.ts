// What doctor says of rows that do not count: written under another sealing key, or not by Postern.
import { type RefusedRow, type Storage, StorageError } from '../../storage/index.ts';
import { type Finding, finding } from './finding.ts';

const causes: Readonly<Record<RefusedRow['cause'], string>> = {
  no_mac: 'was put there by something else than Postern',
  altered: 'was changed by something else than Postern',
  unknown_key: 'was written under a sealing key that is not configured',
};

const nameOf = ({ table, key }: RefusedRow): string => `${table} ${Object.values(key).join(' / ')}`;

const remedy = (cause: RefusedRow['cause']): string =>
  cause === 'unknown_key'
    ? 'Bring that key back, or delete it'
    : 'Find out who can write to the database, then delete it';

const aboutRow = (row: RefusedRow): Finding =>
  finding(
    'fault',
    `The row ${nameOf(row)} ${causes[row.cause]}, and is not used. ${remedy(row.cause)} with: postern encryption discard-unreadable`,
  );

const isWrongKey = (error: unknown): error is StorageError =>
  error instanceof StorageError && error.kind === 'wrong_key';

/** A fault for a key that is not that of the database, else one for each row that is not used. */
export const aboutRows = async (storage: Storage): Promise<Finding[]> => {
  try {
    await storage.demandKey();
  } catch (error) {
    if (isWrongKey(error)) return [finding('fault', error.message)];
    throw error;
  }
  return (await storage.operations.refusedRows()).map(aboutRow);
};
