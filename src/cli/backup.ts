// `postern backup` and `postern restore`: the database as one file, without the key that opens it.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { StorageConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { createSealer } from '../storage/index.ts';
import { backUp, restore } from '../storage/sqlite/backup.ts';
import { requireStorageConfig } from './settings.ts';
import { CommandError, printLine, printNote } from './terminal.ts';

/** A backup of a database without its key, or for one, would be worth nothing: the settings must have it. */
const settings = (): { readonly config: StorageConfig; readonly path: string } => {
  const config = requireStorageConfig({ generateKey: false });
  const { database } = config;
  if (database.engine === 'postgres')
    throw new CommandError('The database is PostgreSQL, which has its own tools for this.', {
      fix: 'Back it up with pg_dump, and restore it with pg_restore (docs/scale.md). The sealing key is not in it: keep a copy of that somewhere else.',
      exitCode: 2,
    });
  if (database.path === ':memory:')
    throw new CommandError('The database is in memory, so there is no file.', { exitCode: 2 });
  return { config, path: database.path };
};

const whereKeyIs = ({ keys, configFolder }: StorageConfig): string =>
  keys.source === 'file' ? `the folder ${configFolder}` : 'POSTERN_ENCRYPTION_KEY';

export const backup = async (file: string, { force = false }: { force?: boolean }): Promise<void> => {
  const { config, path } = settings();
  backUp(path, file, { replace: force, random: randomBytes });
  printLine(`Backed up to ${file} (${statSync(file).size} bytes).`);
  printNote(`The key is not in it: keep a copy of ${whereKeyIs(config)} somewhere else, as long as the backup.`);
};

export const restoreBackup = async (file: string, { force = false }: { force?: boolean }): Promise<void> => {
  const { config, path } = settings();
  const sealer = createSealer(config.keys, randomBytes);
  await restore(file, path, { replace: force, sealer, clock: systemClock, random: randomBytes });
  printLine(`Restored to ${path}. Postern can be started.`);
  printNote('API keys that were revoked after the backup was made are good again: revoke them once more.');
};
