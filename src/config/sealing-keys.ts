// The keys that seal tokens: from the environment, or from files in the config folder.
import { chmodSync, existsSync, linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, pathErrorOf, readSettingsFile } from '../lib/checked-paths.ts';
import type { RandomBytes } from '../lib/clock.ts';
import { type EnvironmentReader, splitList } from './environment.ts';

export interface Keys {
  readonly current: Uint8Array;
  /** Accepted for reading. */
  readonly retired: readonly Uint8Array[];
}

export interface SealingKeys extends Keys {
  /** Where `current` came from: keys in the config folder are ours to rotate, all others the operator's. */
  readonly source: 'environment' | 'file' | 'named_file';
  /** Files that hold keys, which are read again when they change. */
  readonly files: readonly string[];
  /** Keys that were given besides those in the files. */
  readonly besides: readonly Uint8Array[];
}

const keyLength = 32;

/** The bytes of a base64 key (either alphabet, padding optional), or what is wrong with it: only lengths, never content. */
export const parseKey = (text: string): Uint8Array | string => {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return 'contains characters that are not base64';
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === keyLength) return new Uint8Array(bytes);
  const hex = /^[0-9a-f]{64}$/i.test(text) ? ' (it looks like hexadecimal)' : '';
  return `is ${bytes.length} bytes long${hex}, not ${keyLength}`;
};

const makeOne = `Make one with: node -p "crypto.randomBytes(${keyLength}).toString('base64')"`;

export const keyFiles = (configFolder: string) => ({
  current: join(configFolder, 'encryption-key'),
  retired: join(configFolder, 'encryption-keys-retired'),
});

const encode = (keys: readonly Uint8Array[]) => keys.map((key) => `${Buffer.from(key).toString('base64')}\n`).join('');

/** Replaces a key file in one step, so that no reader ever sees half of it. Mode 0600. */
export const writeKeyFile = (path: string, keys: readonly Uint8Array[], random: RandomBytes): void => {
  const draft = `${path}.${Buffer.from(random(6)).toString('hex')}`;
  writeFileSync(draft, encode(keys), { mode: 0o600, flag: 'wx' });
  renameSync(draft, path);
};

/** Creates the file unless it is there. Of two processes that race, both end up with the same, whole key. */
const createKeyFile = (path: string, random: RandomBytes): void => {
  makeFolder(dirname(path));
  const draft = `${path}.${Buffer.from(random(6)).toString('hex')}`;
  writeFileSync(draft, encode([random(keyLength)]), { mode: 0o600, flag: 'wx' });
  try {
    // A hard link fails where the name exists: an exclusive create that never shows an empty file.
    linkSync(draft, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};

const readKeyFile = (path: string, reader: EnvironmentReader): Uint8Array[] => {
  const keys: Uint8Array[] = [];
  for (const line of splitList(readSettingsFile(path))) {
    const key = parseKey(line);
    if (typeof key !== 'string') keys.push(key);
    else
      reader.fault(
        'POSTERN_CONFIG_DIR',
        `holds a key file, ${path}, whose key ${key}`,
        'Restore the file from a backup.',
      );
  }
  return keys;
};

const keyFromEnvironment = (reader: EnvironmentReader, text: string): Uint8Array | undefined => {
  const key = parseKey(text);
  if (typeof key !== 'string') return key;
  reader.fault('POSTERN_ENCRYPTION_KEY', key, makeOne);
  return undefined;
};

const retiredFromEnvironment = (reader: EnvironmentReader): Uint8Array[] =>
  splitList(reader.text('POSTERN_ENCRYPTION_KEYS_RETIRED') ?? '').flatMap((text, index) => {
    const key = parseKey(text);
    if (typeof key !== 'string') return [key];
    reader.fault('POSTERN_ENCRYPTION_KEYS_RETIRED', `number ${index + 1} ${key}`, 'Separate several keys with commas.');
    return [];
  });

export interface KeyPlace {
  readonly configFolder: string;
  /** Undefined where the database is no file, so that nothing is known of it yet. */
  readonly databaseFile: string | undefined;
  /** A file of the operator's that holds the keys. */
  readonly keyFile: string | undefined;
  /** Whether a missing key file may be created (not while other faults stand, nor by http unasked). */
  readonly generate: boolean;
  readonly random: RandomBytes;
}

/** One key a line: the first one is the current one, the others are accepted for reading. */
const fromNamedFile = (
  reader: EnvironmentReader,
  path: string,
  retired: readonly Uint8Array[],
): SealingKeys | undefined => {
  const variable = 'POSTERN_ENCRYPTION_KEY_FILE';
  if (reader.text('POSTERN_ENCRYPTION_KEY') !== undefined) {
    reader.fault(variable, 'and POSTERN_ENCRYPTION_KEY are both set', 'Remove one of them.');
    return undefined;
  }
  const read = keysIn(path);
  if (typeof read === 'string') {
    reader.fault(variable, `names ${path}, which ${read}`, 'Write one key into each line, the current one first.');
    return undefined;
  }
  const [current, ...others] = read;
  return (
    current && { current, retired: [...others, ...retired], source: 'named_file', files: [path], besides: retired }
  );
};

/** The keys in a file, or what is wrong with it. */
const keysIn = (path: string): Uint8Array[] | string => {
  let lines: string[];
  try {
    lines = splitList(readSettingsFile(path));
  } catch (error) {
    return `cannot be read: ${pathErrorOf(error).message}`;
  }
  const keys = lines.map(parseKey);
  const wrong = keys.find((key) => typeof key === 'string');
  if (typeof wrong === 'string') return `has a line that ${wrong}`;
  return keys.length === 0 ? 'holds no key' : keys.filter((key) => typeof key !== 'string');
};

/** Tells a file from what it was when it was read before. */
const stateOf = (path: string): string => {
  try {
    const { mtimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
};

/**
 * Reads the keys again whose files have changed since; a file that cannot be used just now changes nothing.
 * @returns asks for the keys as they are now; undefined: nothing has changed
 */
export const createKeyReader = ({ files, besides }: SealingKeys): (() => Keys | undefined) => {
  const states = () => files.map(stateOf).join();
  let seen = states();
  return () => {
    const now = states();
    if (files.length === 0 || now === seen) return undefined;
    const read = files.map(keysIn).map((keys) => (typeof keys === 'string' ? [] : keys));
    const [current, ...retired] = read.flat();
    if (current === undefined || read[0]?.length === 0) return undefined;
    seen = now;
    return { current, retired: [...retired, ...besides] };
  };
};

/** What is done in the config folder, or undefined with the fault recorded that its place is none. */
const inConfigFolder = <T>(reader: EnvironmentReader, { configFolder }: KeyPlace, work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    reader.fault(
      'POSTERN_CONFIG_DIR',
      `is ${configFolder}, which cannot be used: ${pathErrorOf(error).message}`,
      'Give the user that runs Postern write access there, or set it to another folder.',
    );
    return undefined;
  }
};

/** The sealing keys, or undefined with the faults recorded. May create the config folder and the key file. */
export const readSealingKeys = (reader: EnvironmentReader, place: KeyPlace): SealingKeys | undefined => {
  const given = reader.text('POSTERN_ENCRYPTION_KEY');
  const retired = retiredFromEnvironment(reader);
  if (place.keyFile !== undefined) return fromNamedFile(reader, place.keyFile, retired);
  if (given !== undefined) {
    const current = keyFromEnvironment(reader, given);
    return current && { current, retired, source: 'environment', files: [], besides: [] };
  }
  const files = keyFiles(place.configFolder);
  // The database is looked for first: whoever makes both makes the key first, so a database alone has lost its key.
  const databaseExists = place.databaseFile !== undefined && existsSync(place.databaseFile);
  if (!existsSync(files.current)) {
    if (databaseExists) {
      reader.fault(
        'POSTERN_ENCRYPTION_KEY',
        `is not set, and ${files.current} does not exist, but the database ${place.databaseFile} does`,
        'Set the key it was made with; if that is lost, move the database away and connect again.',
      );
      return undefined;
    }
    if (!place.generate) {
      reader.fault('POSTERN_ENCRYPTION_KEY', 'is not set', `${makeOne} (or start with --generate-key).`);
      return undefined;
    }
    if (reader.faults.length > 0) return undefined;
  }
  const found = inConfigFolder(reader, place, () => {
    if (!existsSync(files.current)) createKeyFile(files.current, place.random);
    const [current] = readKeyFile(files.current, reader);
    if (current) chmodSync(files.current, 0o600);
    return { current, kept: existsSync(files.retired) ? readKeyFile(files.retired, reader) : [] };
  });
  if (found?.current === undefined) return undefined;
  const { current, kept } = found;
  const paths = [files.current, files.retired];
  return { current, retired: [...retired, ...kept], source: 'file', files: paths, besides: retired };
};
