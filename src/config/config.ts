// Environment → Config. Every fault is reported at once, each with its fix. Config is data only: nothing is opened here,
// except that a laptop's sealing key is made on first use.
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RandomBytes } from '../lib/clock.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { identifierSchema } from '../model/account-key.ts';
import type { DatabaseLocation } from '../model/database-location.ts';
import { databaseFolder, readDatabase } from './database.ts';
import {
  createEnvironmentReader,
  daysSchema,
  type Environment,
  type EnvironmentReader,
  type Fault,
  limitsSchema,
  sizeSchema,
  splitList,
  switchSchema,
} from './environment.ts';
import { expandPath, type Machine, platformFolders } from './folders.ts';
import { type GoogleSettings, readGoogleSettings } from './google.ts';
import { checkClient, type Listening, readListening } from './listening.ts';
import { readSealingKeys, type SealingKeys } from './sealing-keys.ts';
import { readSignIn, type SignInSettings } from './sign-in.ts';

export type { Environment, Fault } from './environment.ts';
export { defaultHttpPort } from './listening.ts';
export type { SealingKeys } from './sealing-keys.ts';
export type { ExternalIssuer, GoogleSignIn, SignInSettings } from './sign-in.ts';

/** What every command needs that opens the database. */
export interface StorageConfig {
  readonly dataFolder: string;
  readonly configFolder: string;
  readonly database: DatabaseLocation;
  readonly keys: SealingKeys;
  /** stdio's person, and the default of `accounts …`. */
  readonly identifier: string;
  /** Sentences for the log: allowed, but weaker than it should be. */
  readonly warnings: readonly string[];
}

export interface Config extends StorageConfig, Listening {
  readonly google: GoogleSettings;
  /** How MCP clients sign people in over HTTP, beside keys. */
  readonly signIn: SignInSettings;
  readonly tools: readonly string[];
  readonly downloadFolder: string;
  /** Bytes. */
  readonly inlineLimit: number;
  /** Days after which an account without a grant is deleted; undefined: never. */
  readonly retentionDays: number | undefined;
  /** Where rate limits are counted: by each process for itself, or in the database by all together. */
  readonly limits: 'memory' | 'database';
  /** Whether http also answers the clients of the hosted product. */
  readonly scalekitApi: boolean;
}

export interface ReadOptions {
  readonly transport: 'stdio' | 'http' | 'cli';
  /** Whether a missing sealing key may be generated; unless said, by stdio and cli alone. */
  readonly generateKey?: boolean;
  /** http only: whether the public URL may do without TLS off this machine. */
  readonly insecureHttp?: boolean;
  readonly machine?: Machine;
  readonly random?: RandomBytes;
}

export interface ConfigOptions extends ReadOptions {
  /** Of every tool there is; POSTERN_TOOLS names some of them. */
  readonly toolNames: readonly string[];
}

export type Reading<T> =
  | { readonly ok: true; readonly config: T }
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly warnings: readonly string[] };

/** 25 MB: as much as Gmail sends. */
const defaultInlineLimit = 25 * 1024 * 1024;

/** Where this process runs. */
export const thisMachine = (): Machine => ({ platform: process.platform, home: homedir(), cwd: process.cwd() });

const readStorage = (reader: EnvironmentReader, environment: Environment, machine: Machine) => {
  const folders = platformFolders(environment, machine);
  const folder = (variable: 'POSTERN_DATA_DIR' | 'POSTERN_CONFIG_DIR', fallback: string) => {
    const given = reader.text(variable);
    return given === undefined ? fallback : expandPath(given, machine);
  };
  const dataFolder = folder('POSTERN_DATA_DIR', folders.data);
  const configFolder = folder('POSTERN_CONFIG_DIR', folders.config);
  const database = readDatabase(reader, dataFolder, machine);
  const identifier =
    reader.parsed('POSTERN_IDENTIFIER', identifierSchema, 'Use a name of 1–256 printable characters.') ?? 'me';
  if (databaseFolder(database) === configFolder) {
    reader.warnings.push(
      `The database and the generated key share the folder ${configFolder}: who copies it has both.`,
    );
  }
  return { dataFolder, configFolder, database, identifier };
};

const readTools = (reader: EnvironmentReader, toolNames: readonly string[]): readonly string[] => {
  const given = reader.text('POSTERN_TOOLS');
  if (given === undefined) return toolNames;
  const wanted = new Set(splitList(given));
  for (const name of wanted) {
    if (toolNames.includes(name)) continue;
    const meant = nearestName(name, toolNames);
    reader.fault(
      'POSTERN_TOOLS',
      `names an unknown tool: ${JSON.stringify(name.slice(0, 60))}`,
      meant ? `Did you mean ${meant}?` : `Known: ${toolNames.join(', ')}.`,
    );
  }
  return toolNames.filter((name) => wanted.has(name));
};

const readLimits = (reader: EnvironmentReader, { engine }: DatabaseLocation): Config['limits'] => {
  const limits = reader.parsed('POSTERN_LIMITS', limitsSchema, 'Use database, or leave it out.') ?? 'memory';
  // SQLite has one writer, which every call would wait for.
  if (limits === 'database' && engine !== 'postgres')
    reader.fault(
      'POSTERN_LIMITS',
      'wants limits in the database, for which it has to be PostgreSQL',
      'Leave it out, or set POSTERN_DATABASE_URL to a PostgreSQL database.',
    );
  return limits;
};

const keysOf = (
  reader: EnvironmentReader,
  options: ReadOptions,
  storage: { readonly configFolder: string; readonly database: DatabaseLocation },
) => {
  const keyFile = reader.text('POSTERN_ENCRYPTION_KEY_FILE');
  return readSealingKeys(reader, {
    configFolder: storage.configFolder,
    databaseFile: storage.database.engine === 'sqlite' ? storage.database.path : undefined,
    keyFile: keyFile === undefined ? undefined : expandPath(keyFile, options.machine ?? thisMachine()),
    generate: options.generateKey ?? options.transport !== 'http',
    random: options.random ?? randomBytes,
  });
};

/** What a command needs that only looks into the database. Google's settings are not even read. */
export const readStorageConfig = (environment: Environment, options: ReadOptions): Reading<StorageConfig> => {
  const reader = createEnvironmentReader(environment);
  const storage = readStorage(reader, environment, options.machine ?? thisMachine());
  const keys = keysOf(reader, options, storage);
  if (keys === undefined || reader.faults.length > 0)
    return { ok: false, faults: reader.faults, warnings: reader.warnings };
  return { ok: true, config: { ...storage, keys, warnings: reader.warnings } };
};

/** Everything a serving Postern needs. */
export const readConfig = (environment: Environment, options: ConfigOptions): Reading<Config> => {
  const reader = createEnvironmentReader(environment);
  const machine = options.machine ?? thisMachine();
  const path = (given: string | undefined) => (given === undefined ? undefined : expandPath(given, machine));
  const plainKind = options.transport === 'http' || reader.text('POSTERN_PORT') !== undefined ? 'web' : 'desktop';
  const google = readGoogleSettings(reader, path(reader.text('GOOGLE_CREDENTIALS_FILE')), plainKind);
  const storage = readStorage(reader, environment, machine);
  const listening = readListening(reader, options);
  const limits = readLimits(reader, storage.database);
  const tools = readTools(reader, options.toolNames);
  const signIn = readSignIn(reader, path(reader.text('POSTERN_OAUTH_CLIENTS_FILE')), listening.publicUrl);
  const inlineLimit =
    reader.parsed('POSTERN_INLINE_LIMIT', sizeSchema, 'Use bytes, or a size such as 25MB.') ?? defaultInlineLimit;
  const retentionDays = reader.parsed('POSTERN_RETENTION_DAYS', daysSchema, 'Use a whole number, such as 90.');
  const downloadFolder = path(reader.text('POSTERN_DOWNLOAD_DIR')) ?? join(storage.dataFolder, 'downloads');
  const { client } = google;
  if (client !== undefined) checkClient(reader, options.transport, client, listening);
  const keys = keysOf(reader, options, storage);
  const { faults, warnings } = reader;
  if (client === undefined || keys === undefined || faults.length > 0) return { ok: false, faults, warnings };
  const config = { ...storage, ...listening, google: { ...google, client }, signIn, keys, tools, downloadFolder };
  const scalekitApi = reader.parsed('POSTERN_SCALEKIT_API', switchSchema, 'Use 1, or leave it out.') ?? false;
  return { ok: true, config: { ...config, limits, inlineLimit, retentionDays, scalekitApi, warnings } };
};
