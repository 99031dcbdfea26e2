// A whole copy of the database while others read and write it, and such a copy put in the place of the database. The
// sealing key is in neither.
import { chmodSync, closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { makeFolder, pathErrorOf } from '../../lib/checked-paths.ts';
import type { Clock, RandomBytes } from '../../lib/clock.ts';
import { StorageError } from '../../model/storage-error.ts';
import { openStorage } from '../index.ts';
import type { Sealer } from '../sealer.ts';
import { alreadyThere, databaseInUse, notABackup, notADatabase, notWritable } from '../storage-error.ts';
import { schemaOf } from './database.ts';
import { inOurWords, isBusy } from './errors.ts';

/** Milliseconds that a copy waits for a lock. */
const patienceMs = 10_000;

const draftOf = (path: string, random: RandomBytes): string =>
  `${path}.${Buffer.from(random(6)).toString('hex')}.partial`;

/** So that what was acknowledged survives a power cut. */
const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Gives the draft its name, without ever showing half a file. */
const publish = (draft: string, path: string, replace: boolean): void => {
  sync(draft);
  if (replace) renameSync(draft, path);
  else {
    // A hard link fails where the name exists.
    linkSync(draft, path);
    rmSync(draft);
  }
  if (process.platform !== 'win32') sync(dirname(path));
};

/** Errors of the file system and of SQLite as sentences about `path`. */
const inWords = (error: unknown, path: string): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EEXIST') return alreadyThere(path);
  return /^E[A-Z]+$/.test(code) ? notWritable(path, code) : inOurWords(error, path);
};

/** Copies a Postern database of any schema that we know into a new file, as it is at one moment. */
const copyInto = (from: string, to: string): void => {
  closeSync(openSync(to, 'wx', 0o600));
  const source = new BetterSqlite3(from, { fileMustExist: true, timeout: patienceMs });
  try {
    if (schemaOf(source) === 0) throw notADatabase(from);
    if (source.pragma('integrity_check', { simple: true }) !== 'ok') throw notADatabase(from);
    // Everything in one read transaction, and nothing of what was deleted.
    source.prepare('vacuum into ?').run(to);
  } finally {
    source.close();
  }
};

/**
 * Writes a backup of the database, which others may read and write meanwhile.
 * @throws StorageError: there is a file of this name (unless `replace`), the database is damaged, the disk is full …
 */
export const backUp = (
  path: string,
  target: string,
  options: { readonly replace: boolean; readonly random: RandomBytes },
): void => {
  const to = resolve(target);
  if (resolve(path) === to) throw alreadyThere(to);
  if (!options.replace && existsSync(to)) throw alreadyThere(to);
  const draft = draftOf(to, options.random);
  try {
    copyInto(path, draft);
    publish(draft, to, options.replace);
  } catch (error) {
    throw inWords(error, existsSync(path) ? to : path);
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Throws unless nobody has the database open. One that cannot be read at all is nobody's. */
const demandUnused = (path: string): void => {
  let database: BetterSqlite3.Database | undefined;
  try {
    database = new BetterSqlite3(path, { timeout: 0 });
    // Leaving the write-ahead log takes an exclusive lock, and brings what is in it into the file.
    database.pragma('journal_mode = delete');
  } catch (error) {
    if (isBusy(error)) throw databaseInUse(path);
  } finally {
    database?.close();
  }
};

/** Copies a backup, of which nothing is known yet. @throws StorageError that names it where it is at fault */
const copyBackup = (backup: string, draft: string): void => {
  // Opening what is no file may wait for ever (a pipe), or end in an error that says nothing.
  const found = statSync(backup, { throwIfNoEntry: false });
  if (!found) throw notABackup(backup, 'there is no such file');
  if (!found.isFile()) throw notABackup(backup, 'it is not a file');
  try {
    copyInto(backup, draft);
  } catch (error) {
    const problem = inOurWords(error, backup);
    const kind = problem instanceof StorageError ? problem.kind : undefined;
    if (kind === 'not_a_database') throw notABackup(backup, 'it is another file, or it is damaged');
    if (kind === 'not_writable') throw notABackup(backup, 'the system does not let it be read');
    throw error;
  }
};

/**
 * Puts a backup in the place of the database, after trying it: its schema, every page, and whether the key opens it.
 * @throws StorageError: then the present database is as it was
 */
export const restore = async (
  backup: string,
  path: string,
  options: {
    readonly replace: boolean;
    readonly sealer: Sealer;
    readonly clock: Clock;
    readonly random: RandomBytes;
  },
): Promise<void> => {
  if (existsSync(path)) {
    if (!options.replace) throw alreadyThere(path);
    demandUnused(path);
  }
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw notWritable(path, pathErrorOf(error).message);
  }
  const draft = draftOf(path, options.random);
  try {
    copyBackup(backup, draft);
    const storage = await openStorage({ location: { engine: 'sqlite', path: draft }, ...options });
    try {
      await storage.demandKey();
      await storage.sealingKeys.forgetProcesses();
    } finally {
      await storage.close();
    }
    if (existsSync(path)) demandUnused(path);
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
    publish(draft, path, options.replace);
    chmodSync(path, 0o600);
  } catch (error) {
    throw inWords(error, path);
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${draft}${suffix}`, { force: true });
  }
};
