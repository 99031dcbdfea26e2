// Opens the database for a command that needs no Google settings, and closes it whatever happens.
import { randomBytes } from 'node:crypto';
import type { StorageConfig } from '../config/config.ts';
import { createKeyReader } from '../config/sealing-keys.ts';
import { systemClock } from '../lib/clock.ts';
import { createSealer, openStorage, type Storage } from '../storage/index.ts';
import { requireStorageConfig } from './settings.ts';
import { note } from './terminal.ts';

export interface OpenedStorage {
  readonly storage: Storage;
  readonly config: StorageConfig;
}

/** For what `http` goes on with, which takes no sealing key that nobody asked for. */
export const forHttp = { generateKey: false } as const;

/**
 * Throws CommandError for faulty settings, StorageError when the database cannot be used.
 * @param options.generateKey whether a missing sealing key is made; it is unless said
 */
export const withStorage = async <T>(
  use: (opened: OpenedStorage) => Promise<T>,
  options: { readonly generateKey?: boolean } = {},
): Promise<T> => {
  const config = requireStorageConfig(options);
  for (const warning of config.warnings) note(`warning: ${warning}`);
  const sealer = createSealer(config.keys, randomBytes, createKeyReader(config.keys));
  const storage = await openStorage({
    path: config.databasePath,
    sealer,
    clock: systemClock,
    random: randomBytes,
    signedAtUpgrade: (rows) => note(`Upgraded the database: ${rows} rows were signed, which happens once.`),
  });
  try {
    await storage.demandKey();
    await storage.sealingKeys.follow();
    return await use({ storage, config });
  } finally {
    await storage.close();
  }
};
