// What can be wrong with the database itself, in a sentence with its fix.
import { StorageError } from '../model/storage-error.ts';
import { migrations } from './migrations.ts';
import type { UnderOtherKeys } from './sealing-key-store.ts';

/** Why a row does not count. `unknown_key`: made under a sealing key that is not among ours, so nothing can be said about the row. */
export type RefusalCause = 'no_mac' | 'unknown_key' | 'altered';

export const notADatabase = (path: string): StorageError =>
  new StorageError(
    'not_a_database',
    `${path} is not a Postern database, or it is damaged. Set POSTERN_DATABASE_URL to another database, or restore a backup.`,
  );

export const notABackup = (path: string, why: string): StorageError =>
  new StorageError(
    'not_a_database',
    `${path} is no backup of Postern: ${why}. Name a file that \`postern backup\` made.`,
  );

export const alreadyThere = (path: string): StorageError =>
  new StorageError('already_there', `${path} exists already. Name another file, or add --force to replace it.`);

export const databaseInUse = (path: string): StorageError =>
  new StorageError(
    'in_use',
    `The database ${path} is open in another process. Stop every Postern that uses it, then try again.`,
  );

export const notWritable = (path: string, why: string): StorageError =>
  new StorageError(
    'not_writable',
    `The database ${path} cannot be written: ${why}. Give the user that runs Postern write access to the file and its folder, or set POSTERN_DATABASE_URL to another path.`,
  );

const olderSchema = (place: string, found: number, known: number): StorageError =>
  new StorageError(
    'copy_refused',
    `The database ${place} is from an older Postern (schema ${found}; this one has ${known}). Start this version of Postern on it once, which brings it up to date, then try again.`,
  );

export const unfinishedCopy = (place: string, source: string): StorageError =>
  new StorageError(
    'unfinished_copy',
    `The database ${place} holds only a part of ${source}: \`postern storage copy\` was not finished. Run it again, which goes on where it ended.`,
  );

/** @param why what is in the way, and the one next step */
export const copyRefused = (why: string): StorageError => new StorageError('copy_refused', why);

export const newerSchema = (path: string, found: number, known: number): StorageError =>
  new StorageError(
    'newer_schema',
    `The database ${path} was written by a newer Postern (schema ${found}; this one knows up to ${known}). Install that version again, or restore the backup made before the upgrade.`,
  );

const counted = (count: number, what: string): string[] =>
  count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`];

/** @throws StorageError unless a database that is not to be changed has the newest schema; 0: it holds nothing of ours */
export const demandNewestSchema = (place: string, found: number): void => {
  if (found === 0) throw notADatabase(place);
  if (found > migrations.length) throw newerSchema(place, found, migrations.length);
  if (found < migrations.length) throw olderSchema(place, found, migrations.length);
};

/** The two ways out are in the message: the key comes back, or what it sealed goes. */
export const wrongKey = (path: string, { accounts, apiKeys, others, connections }: UnderOtherKeys): StorageError => {
  const what = [
    ...counted(accounts, 'account'),
    ...counted(apiKeys, 'API key'),
    ...counted(others, 'sign-in record'),
    ...counted(connections, 'connection'),
  ];
  return new StorageError(
    'wrong_key',
    `The configured sealing key is not that of the database ${path}: ${what.length === 0 ? 'what is written there now' : what.join(', ')} cannot be opened with it. Put the key back that they were written with: as POSTERN_ENCRYPTION_KEY, or as one of POSTERN_ENCRYPTION_KEYS_RETIRED, or as the file encryption-key in the config folder. If that key is lost, start over: \`postern encryption discard-unreadable\` deletes what cannot be opened, and these people connect again.`,
  );
};

export const macsRemoved = (path: string): StorageError =>
  new StorageError(
    'row_refused',
    `The database ${path} was set back to a schema from before its rows were protected, though it has been used since: somebody wrote to it. Nothing of it is used. Restore a backup.`,
  );

export const connectionMissing = (name: string): StorageError =>
  new StorageError(
    'row_refused',
    `There is no connection ${name} that Postern itself wrote, so nothing is made with it. Run \`postern doctor\` and \`postern connections list\`.`,
  );

export const changedByTrigger = (path: string): StorageError =>
  new StorageError(
    'row_refused',
    `The database ${path} holds a trigger or a view, which Postern never makes: somebody else changed it, and it is not brought up to date. Restore a backup.`,
  );

/** What is stored is not used, because Postern cannot have written it, or cannot know whether it has. */
export const rowRefused = (cause: RefusalCause): StorageError =>
  cause === 'unknown_key'
    ? new StorageError(
        'wrong_key',
        'What is stored was sealed with a key that is not configured. Put the former key back into POSTERN_ENCRYPTION_KEY or POSTERN_ENCRYPTION_KEYS_RETIRED.',
      )
    : new StorageError(
        'row_refused',
        'What is stored was changed by something else than Postern, and is not used. Run `postern doctor`, which names it.',
      );
