// Which folder knows the database of a location. Only the driver of a database in use is loaded.
import { existsSync, realpathSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { RandomBytes } from '../lib/clock.ts';
import { type DatabaseLocation, databaseName } from '../model/database-location.ts';
import type { Engine, Snapshot } from './engine.ts';
import type { Adoption } from './migrate.ts';

/**
 * Opens a database at the newest schema; what is missing is made.
 * @param options.unhurried statements may take minutes, where the database would end them otherwise
 * @throws StorageError
 */
export const openEngine = async (
  location: DatabaseLocation,
  adoption: Adoption,
  options: { readonly random: RandomBytes; readonly unhurried?: boolean },
): Promise<Engine> => {
  if (location.engine === 'postgres') {
    const { openPostgres } = await import('./postgres/database.ts');
    return openPostgres(location, adoption, options);
  }
  const { openSqlite } = await import('./sqlite/database.ts');
  return openSqlite(location.path, adoption, { pause, random: options.random });
};

/** What tells databases apart: a file by one of its names. */
export const placeOf = (location: DatabaseLocation): string =>
  location.engine === 'sqlite' && existsSync(location.path) ? realpathSync(location.path) : databaseName(location);

/**
 * Reads a database as it is at this moment; it is not changed, nor made where it is missing.
 * @throws StorageError, also where it is not of the newest schema; what `work` throws
 */
export const withSnapshot = async <R>(
  location: DatabaseLocation,
  options: { readonly random: RandomBytes },
  work: (snapshot: Snapshot) => Promise<R>,
): Promise<R> => {
  if (location.engine === 'postgres') {
    const { withPostgresSnapshot } = await import('./postgres/snapshot.ts');
    return withPostgresSnapshot(location, options, work);
  }
  const { withSqliteSnapshot } = await import('./sqlite/snapshot.ts');
  return withSqliteSnapshot(location.path, { pause, ...options }, work);
};
