// The environment as a command needs it, or the faults as a CommandError: all of them at once.
import {
  type Config,
  type Environment,
  type Fault,
  type Reading,
  type ReadOptions,
  readConfig,
  readStorageConfig,
  type StorageConfig,
} from '../config/config.ts';
import { CommandError } from './command-error.ts';

/** `NAME problem. fix`, one fault a line. */
export const faultLine = (fault: Fault): string => `${fault.variable} ${fault.problem}. ${fault.fix}`;

const settled = <T>(reading: Reading<T>): T => {
  if (reading.ok) return reading.config;
  const { faults } = reading;
  const count = faults.length === 1 ? 'One setting is' : `${faults.length} settings are`;
  throw new CommandError(`${count} wrong or missing:\n${faults.map((fault) => `  • ${faultLine(fault)}`).join('\n')}`, {
    exitCode: 2,
  });
};

/** For commands that talk to Google. Throws CommandError with every fault. */
export const requireConfig = (options: ReadOptions, environment: Environment = process.env): Config =>
  settled(readConfig(environment, options));

/** For commands that only look into the database. Throws CommandError with every fault. */
export const requireStorageConfig = (options: Pick<ReadOptions, 'generateKey'> = {}): StorageConfig =>
  settled(readStorageConfig(process.env, { transport: 'cli', ...options }));
