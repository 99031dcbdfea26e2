// The environment as a command needs it, or its faults as a CommandError, all of them at once; and the database for commands
// that need no Google settings.
import { randomBytes } from 'node:crypto';
import {
  type Config,
  type ConfigOptions,
  type Environment,
  type Fault,
  type Reading,
  type ReadOptions,
  readConfig,
  readStorageConfig,
  type StorageConfig,
} from '../config/config.ts';
import { createKeyReader } from '../config/sealing-keys.ts';
import { createSealer, openStorage, type Storage } from '../storage/index.ts';
import { CommandError, printNote } from './terminal.ts';

/** `NAME problem. fix`, one fault a line. */
export const faultLine = (fault: Fault): string => `${fault.variable} ${fault.problem}. ${fault.fix}`;

const configOrThrow = <T>(reading: Reading<T>): T => {
  if (reading.ok) return reading.config;
  const { faults } = reading;
  const count = faults.length === 1 ? 'One setting is' : `${faults.length} settings are`;
  throw new CommandError(`${count} wrong or missing:\n${faults.map((fault) => `  • ${faultLine(fault)}`).join('\n')}`, {
    exitCode: 2,
  });
};

/** For commands that talk to Google. Throws CommandError with every fault. */
export const requireConfig = (options: ConfigOptions, environment: Environment = process.env): Config =>
  configOrThrow(readConfig(environment, options));

/** For commands that only look into the database. Throws CommandError with every fault. */
export const requireStorageConfig = (options: Pick<ReadOptions, 'generateKey'> = {}): StorageConfig =>
  configOrThrow(readStorageConfig(process.env, { transport: 'cli', ...options }));

export interface OpenedStorage {
  readonly storage: Storage;
  readonly config: StorageConfig;
}

/** For commands whose result `http` uses: it makes no sealing key by itself, so neither do they. */
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
  for (const warning of config.warnings) printNote(`warning: ${warning}`);
  const sealer = createSealer(config.keys, randomBytes, createKeyReader(config.keys));
  const storage = await openStorage({
    location: config.database,
    sealer,
    random: randomBytes,
    signedAtUpgrade: (rows) => printNote(`Upgraded the database: ${rows} rows were signed, which happens once.`),
  });
  try {
    await storage.demandKey();
    await storage.sealingKeys.follow();
    return await use({ storage, config });
  } finally {
    await storage.close();
  }
};
