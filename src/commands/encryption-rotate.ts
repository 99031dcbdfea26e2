// `postern encryption rotate`: seals everything with the new key. May be interrupted and run again at any point.
import { randomBytes } from 'node:crypto';
import { keyFiles, writeKeyFile } from '../config/sealing-keys.ts';
import type { StorageConfig } from '../config.ts';
import { systemClock } from '../model/clock.ts';
import { createSealer, openStorage } from '../storage/index.ts';
import { CommandError } from './command-error.ts';
import { requireStorageConfig } from './settings.ts';
import { say } from './terminal.ts';

const rowsAtOnce = 100;

interface Keys {
  readonly current: Uint8Array;
  readonly retired: readonly Uint8Array[];
}

interface Resealed {
  readonly resealed: number;
  readonly unreadable: number;
}

/** Seals every row with `keys.current`; rows that no key opens are counted and left alone. */
const resealAll = async (config: StorageConfig, keys: Keys): Promise<Resealed> => {
  const sealer = createSealer(keys, randomBytes);
  const storage = await openStorage({ path: config.databasePath, sealer, clock: systemClock, random: randomBytes });
  try {
    let resealed = 0;
    for (;;) {
      const step = await storage.operations.reseal(rowsAtOnce);
      resealed += step.resealed;
      if (step.remaining === 0) return { resealed, unreadable: step.unreadable };
      if (step.resealed === 0) {
        throw new CommandError(`${step.remaining} rows could not be sealed with the new key yet.`, {
          fix: 'Run the command again.',
        });
      }
    }
  } finally {
    await storage.close();
  }
};

const report = ({ resealed, unreadable }: Resealed): void => {
  say(`Sealed ${resealed} ${resealed === 1 ? 'row' : 'rows'} with the new key.`);
  if (unreadable === 0) return;
  throw new CommandError(`${unreadable} rows cannot be opened with any configured key.`, {
    fix: 'Add the key they were sealed with to POSTERN_ENCRYPTION_KEYS_RETIRED and run this again, or let those people connect again.',
  });
};

const rotateInEnvironment = async (config: StorageConfig): Promise<void> => {
  if (config.keys.retired.length === 0) {
    throw new CommandError('POSTERN_ENCRYPTION_KEYS_RETIRED is empty, so there is no former key to rotate away from.', {
      fix: 'Put the new key into POSTERN_ENCRYPTION_KEY and the former into POSTERN_ENCRYPTION_KEYS_RETIRED.',
      exitCode: 2,
    });
  }
  report(await resealAll(config, config.keys));
  say('Restart every Postern with these settings; then POSTERN_ENCRYPTION_KEYS_RETIRED can go.');
};

/**
 * The order makes every moment safe: the former key is kept as retired before the new one becomes current. It stays
 * retired until the next rotation, because a process that still runs may seal with it a little longer.
 */
const rotateFiles = async (config: StorageConfig): Promise<void> => {
  const { current: former, retired } = config.keys;
  if (retired.length > 0) await resealAll(config, config.keys);
  const next = randomBytes(32);
  const files = keyFiles(config.configFolder);
  writeKeyFile(files.retired, [former, ...retired], randomBytes);
  writeKeyFile(files.current, [next], randomBytes);
  const outcome = await resealAll(config, { current: next, retired: [former, ...retired] });
  if (outcome.unreadable === 0) writeKeyFile(files.retired, [former], randomBytes);
  report(outcome);
  say(`The new key is in ${files.current}; the former is kept for reading until the next rotation.`);
  say('Restart every Postern that is running.');
};

/** Rotates the sealing key; throws CommandError when something stays sealed with an unknown one. */
export const rotateEncryption = async (): Promise<void> => {
  const config = requireStorageConfig();
  if (config.keys.source === 'environment') await rotateInEnvironment(config);
  else await rotateFiles(config);
};
