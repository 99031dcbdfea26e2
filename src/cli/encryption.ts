// `postern encryption rotate`: a new sealing key becomes known to every running process, then it is used, then everything
// is sealed with it, and only then the former one may go. Each step is taken when the one before is complete, so nothing
// fails meanwhile; it may be interrupted and run again at any point.
// `postern encryption discard-unreadable`: the way out where a sealing key is lost, or somebody else wrote to the database.
// What does not count is deleted, never signed: Postern cannot know what of it was true.
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { StorageConfig } from '../config/config.ts';
import { keyFiles, writeKeyFile } from '../config/sealing-keys.ts';
import {
  createSealer,
  openStorage,
  type RefusedRow,
  type Sealer,
  type Storage,
  StorageError,
} from '../storage/index.ts';
import { requireStorageConfig } from './settings.ts';
import { CommandError, printLine, printNote, requireConfirmation } from './terminal.ts';

const rowsAtOnce = 500;
/** How long running processes are waited for, which look for new keys every second. Milliseconds. */
const waitAtMostMs = 20_000;
const checkEveryMs = 200;

type SealingKeys = Storage['sealingKeys'];
type Running = Awaited<ReturnType<SealingKeys['running']>>[number];

/**
 * Waits for running processes as long as they can catch up by themselves; returns those that are still behind. One that was
 * asked and does not say that it runs, as long as anybody waits, was killed.
 */
const waitForProcesses = async (
  sealingKeys: SealingKeys,
  isBehind: (process: Running) => boolean,
  canCatchUp: (process: Running) => boolean,
): Promise<Running[]> => {
  const giveUpAt = performance.now() + waitAtMostMs;
  const asked = await sealingKeys.ask();
  for (let announced = false; ; announced = true) {
    const behind = (await sealingKeys.running(asked)).filter((process) => !process.answers || isBehind(process));
    const alive = behind.filter(({ answers }) => answers);
    if (behind.length === 0 || performance.now() > giveUpAt || !alive.every(canCatchUp)) return alive;
    if (!announced) printNote(`Waiting for ${counted(behind.length, 'running process', 'es')} …`);
    await pause(checkEveryMs);
  }
};

const counted = (count: number, what: string, plural = 's'): string => `${count} ${what}${count === 1 ? '' : plural}`;

/** Throws unless every running process could read what the new key seals. */
const requireKnownKey = async (sealingKeys: SealingKeys, keyId: string): Promise<void> => {
  const behind = await waitForProcesses(
    sealingKeys,
    ({ keyIds }) => !keyIds.includes(keyId),
    ({ rereadsKeys }) => rereadsKeys,
  );
  if (behind.length === 0) return;
  throw new CommandError(
    `${counted(behind.length, 'running process', 'es')} of Postern on this database ${behind.length === 1 ? 'does' : 'do'} not know the new key yet and would fail, so it is not used. Nothing was changed.`,
    {
      fix: 'Give them the same POSTERN_ENCRYPTION_KEY and POSTERN_ENCRYPTION_KEYS_RETIRED as here and restart them, one after the other, then run this again.',
    },
  );
};

interface Resealed {
  readonly resealed: number;
  readonly unreadable: number;
}

/** Seals every row with the key in use; rows that no key opens are counted and left alone. */
const resealAll = async ({ operations }: Storage): Promise<Resealed> => {
  let [resealed, unreadable] = [0, 0];
  for (let step = await operations.reseal(rowsAtOnce); ; step = await operations.reseal(rowsAtOnce, step.next)) {
    resealed += step.resealed;
    unreadable += step.unreadable;
    if (step.next === undefined) return { resealed, unreadable };
  }
};

/** Known to all, used by all, nothing left under another one: in this order. */
const changeTo = async (storage: Storage, keyId: string): Promise<number> => {
  const { sealingKeys } = storage;
  await requireKnownKey(sealingKeys, keyId);
  await sealingKeys.use(keyId);
  const first = await resealAll(storage);
  const behind = await waitForProcesses(
    sealingKeys,
    ({ sealsWith }) => sealsWith !== keyId,
    () => true,
  );
  // What was sealed by a process that had not looked yet.
  const last = await resealAll(storage);
  await storage.refreshTokenCount.renew();
  if (last.unreadable > 0) {
    throw new CommandError(`${counted(last.unreadable, 'row')} cannot be opened with any configured key.`, {
      fix: 'Add the key they were sealed with to POSTERN_ENCRYPTION_KEYS_RETIRED and run this again, or delete them with: postern encryption discard-unreadable',
    });
  }
  if (behind.length > 0) {
    throw new CommandError(`${counted(behind.length, 'running process', 'es')} may still seal with the former key.`, {
      fix: 'Keep the former key, and run this again in a minute.',
    });
  }
  return first.resealed + last.resealed;
};

const report = (rows: number): void => printLine(`Sealed ${counted(rows, 'row')} with the new key.`);

const rotateGivenKeys = async (config: StorageConfig, storage: Storage, sealer: Sealer): Promise<void> => {
  if (config.keys.retired.length === 0) {
    throw new CommandError('POSTERN_ENCRYPTION_KEYS_RETIRED is empty, so there is no former key to rotate away from.', {
      fix: 'Put the new key into POSTERN_ENCRYPTION_KEY and the former into POSTERN_ENCRYPTION_KEYS_RETIRED (or one below the other into the file that POSTERN_ENCRYPTION_KEY_FILE names), for every process, and restart those that have them from the environment.',
      exitCode: 2,
    });
  }
  report(await changeTo(storage, sealer.configuredKeyId));
  printLine('The former key is not needed any more: remove it from the settings of every Postern.');
};

/**
 * Makes the next key, unless a rotation that was interrupted made it. The former one is kept as retired before the new one
 * becomes current, and stays so until the next rotation.
 */
const rotateFiles = async (config: StorageConfig, storage: Storage, sealer: Sealer): Promise<void> => {
  const files = keyFiles(config.configFolder);
  const { current: former, retired } = config.keys;
  const unfinished = sealer.currentKeyId !== sealer.configuredKeyId;
  if (!unfinished) {
    if (retired.length > 0) await changeTo(storage, sealer.currentKeyId);
    await storage.sealingKeys.exclusively(() => {
      if (Buffer.compare(requireStorageConfig().keys.current, former) !== 0)
        throw new CommandError('The key files were changed meanwhile.', { fix: 'Run the command again.' });
      const next = randomBytes(32);
      writeKeyFile(files.retired, [former], randomBytes);
      writeKeyFile(files.current, [next], randomBytes);
      sealer.learn({ current: next, retired: [former] });
    });
  }
  report(await changeTo(storage, sealer.configuredKeyId));
  printLine(`The new key is in ${files.current}; the former is kept for reading until the next rotation.`);
};

/** Rotates the sealing key; throws CommandError where that would not be safe, or is not complete. */
export const rotateEncryption = async (): Promise<void> => {
  const config = requireStorageConfig();
  const sealer = createSealer(config.keys, randomBytes);
  const storage = await openStorage({ location: config.database, sealer, random: randomBytes });
  try {
    await storage.demandKey();
    await storage.sealingKeys.follow();
    if (config.keys.source === 'file') await rotateFiles(config, storage, sealer);
    else await rotateGivenKeys(config, storage, sealer);
  } finally {
    await storage.close();
  }
};

const open = (config: StorageConfig, sealer: Sealer, discardUnreadable: boolean): Promise<Storage> =>
  openStorage({
    location: config.database,
    sealer,
    random: randomBytes,
    discardUnreadable,
  });

/** A database from before rows had MACs is not even opened under a key that is not its own. */
const openWithConsent = async (config: StorageConfig, sealer: Sealer, yes: boolean): Promise<Storage> => {
  try {
    return await open(config, sealer, false);
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'wrong_key') throw error;
    printNote(error.message);
    await requireConfirmation('Delete everything that the configured key does not open?', yes);
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
      printNote(`Rows that do not count: ${countedBy(refused)}.`);
      await requireConfirmation('Delete them, and what belongs to them?', yes);
      await storage.operations.discardRefused(refused);
    }
    await storage.sealingKeys.use(sealer.configuredKeyId);
    printLine('Everything that is left can be opened and counts.');
    printLine(
      'People who were connected connect again at their next call. Google still lists the app for them: it can be removed at https://myaccount.google.com/connections',
    );
  } finally {
    await storage.close();
  }
};
