// `postern encryption discard-unreadable`: the way out where a sealing key is lost, or somebody else wrote to the database.
// What does not count is deleted, never signed: Postern cannot know what of it was true.
import { randomBytes } from 'node:crypto';
import type { StorageConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import {
  createSealer,
  openStorage,
  type RefusedRow,
  type Sealer,
  type Storage,
  StorageError,
} from '../storage/index.ts';
import { demandConsent } from './confirm.ts';
import { requireStorageConfig } from './settings.ts';
import { note, say } from './terminal.ts';

const open = (config: StorageConfig, sealer: Sealer, discardUnreadable: boolean): Promise<Storage> =>
  openStorage({
    path: config.databasePath,
    sealer,
    clock: systemClock,
    random: randomBytes,
    discardUnreadable,
  });

/** A database from before rows had MACs is not even opened under a key that is not its own. */
const openWithConsent = async (config: StorageConfig, sealer: Sealer, yes: boolean): Promise<Storage> => {
  try {
    return await open(config, sealer, false);
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'wrong_key') throw error;
    note(error.message);
    await demandConsent('Delete everything that the configured key does not open?', yes);
    return open(config, sealer, true);
  }
};

const countedBy = (rows: readonly RefusedRow[]): string => {
  const counts = new Map<string, number>();
  for (const { table } of rows) counts.set(table, (counts.get(table) ?? 0) + 1);
  return [...counts].map(([table, count]) => `${table}: ${count}`).join(', ');
};

export const discardUnreadable = async ({ yes = false }: { yes?: boolean }): Promise<void> => {
  const config = requireStorageConfig({ generateKey: false });
  const sealer = createSealer(config.keys, randomBytes);
  const storage = await openWithConsent(config, sealer, yes);
  try {
    const refused = await storage.operations.refusedRows();
    if (refused.length > 0) {
      note(`Rows that do not count: ${countedBy(refused)}.`);
      await demandConsent('Delete them, and what belongs to them?', yes);
      await storage.operations.discardRefused(refused);
    }
    await storage.sealingKeys.use(sealer.configuredKeyId);
    say('Everything that is left can be opened and counts.');
    say(
      'People who were connected connect again at their next call. Google still lists the app for them: it can be removed at https://myaccount.google.com/connections',
    );
  } finally {
    await storage.close();
  }
};
