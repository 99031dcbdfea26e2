// A process that runs for long follows a rotation of the sealing key: it learns new keys from their files, says which ones
// it knows, and seals with the one that the database names. So no call fails, and nothing has to be restarted.
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { SealingKeys } from '../config/config.ts';
import { createKeyReader } from '../config/sealing-keys.ts';
import type { Sealer, Storage } from '../storage/index.ts';

/** Between checks; milliseconds of the system's time, since who rotates waits for it. */
const checkEveryMs = 1_000;
/** Between announcements where nothing has changed. */
const announceEveryMs = 60_000;

export interface KeyFollower {
  /** Looks for changed keys at once, besides doing so every second. */
  checkNow(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Resolves when this process is announced. Closes the storage where it throws.
 * @throws StorageError `unfinished_copy` where `storage copy` began to write to the database meanwhile
 */
export const followKeys = async (
  storage: Pick<Storage, 'sealingKeys' | 'endCopying' | 'close'>,
  sealer: Sealer,
  keys: SealingKeys,
  log: Logger,
): Promise<KeyFollower> => {
  const { sealingKeys } = storage;
  const id = randomBytes(12).toString('hex');
  const reread = createKeyReader(keys);
  const rereads = keys.files.length > 0;
  let announced = '';
  let announcedAt = 0;
  let seenAt = 0;
  let checking: Promise<void> | undefined;

  const checkOnce = async (): Promise<void> => {
    const newer = reread();
    if (newer !== undefined) sealer.learn(newer);
    const asked = (await sealingKeys.follow()) ?? 0;
    const state = JSON.stringify([sealer.currentKeyId, sealer.keyIds]);
    const isKnown = state === announced && asked <= seenAt;
    if (isKnown && performance.now() - announcedAt < announceEveryMs) return;
    seenAt = await sealingKeys.announce(id, rereads);
    if (announced !== '' && state !== announced)
      log.info({ event: 'sealing_keys_changed', sealsWith: sealer.currentKeyId, knows: sealer.keyIds });
    announced = state;
    announcedAt = performance.now();
  };
  const checkNow = (): Promise<void> => {
    checking ??= checkOnce()
      .catch((error: unknown) =>
        log.warn({ event: 'sealing_keys_not_followed', name: error instanceof Error ? error.name : typeof error }),
      )
      .finally(() => {
        checking = undefined;
      });
    return checking;
  };

  try {
    await checkOnce();
    // Since this process is announced no copy begins; one that began a moment before is not served.
    await storage.endCopying();
  } catch (error) {
    // Connections that are left open would keep the process from ending.
    await storage.close();
    throw error;
  }
  const timer = setInterval(() => void checkNow(), checkEveryMs).unref();
  return {
    checkNow,
    stop: async () => {
      clearInterval(timer);
      await checking;
      await sealingKeys.leave(id).catch(() => undefined);
    },
  };
};
