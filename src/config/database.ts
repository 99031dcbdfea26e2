// POSTERN_DATABASE_URL → which database. Nothing of the URL goes into a message: it holds a password.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import { nearestName } from '../lib/nearest-name.ts';
import type { DatabaseLocation, PostgresLocation, PostgresTls } from '../model/database-location.ts';
import type { EnvironmentReader } from './environment.ts';
import { expandPath, type Machine } from './folders.ts';

const variable = 'POSTERN_DATABASE_URL';
const defaultPort = 5432;
const defaultSchema = 'postern';
const defaultPoolSize = 10;
const mostConnections = 1_000;

const parameters = ['sslmode', 'sslrootcert', 'schema', 'pool_size', 'host'] as const;

/** A URL that is faulty says so to the reader, which ends the start. */
type Fault = (problem: string, fix: string) => undefined;

const tlsOf = (url: URL, isLocal: boolean, fault: Fault, machine: Machine): PostgresTls | undefined => {
  const file = url.searchParams.get('sslrootcert');
  const mode = url.searchParams.get('sslmode') ?? (isLocal && file === null ? 'disable' : 'verify-full');
  // Whoever names an authority wants the certificate checked, as PostgreSQL's own clients do then.
  if (file !== null && (mode === 'disable' || mode === 'require'))
    return fault(`names a file as sslrootcert, but sslmode=${mode} checks no certificate`, 'Use sslmode=verify-full.');
  if (mode === 'disable') return undefined;
  if (mode !== 'require' && mode !== 'verify-full')
    return fault('has an unknown sslmode', 'Use disable, require or verify-full.');
  if (file === null) return { mode };
  try {
    return { mode, authority: readFileSync(expandPath(file, machine), 'utf8') };
  } catch {
    return fault('names a file as sslrootcert that cannot be read', 'Name a file with certificates in PEM form.');
  }
};

const textOf = (encoded: string): string => decodeURIComponent(encoded);

/** Whether every part can be decoded: a lone `%`, as in a password that was put there as it is, cannot. */
const isWellEncoded = ({ hostname, pathname, username, password }: URL): boolean => {
  try {
    for (const part of [hostname, pathname, username, password]) textOf(part);
    return true;
  } catch {
    return false;
  }
};

const readPostgres = (given: string, fault: Fault, machine: Machine): PostgresLocation | undefined => {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined) return fault('is not a URL', 'Use postgres://USER:PASSWORD@HOST:5432/DATABASE.');
  if (!isWellEncoded(url))
    return fault('has a % that begins no character', 'Write each % of the user, password and database as %25.');
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.some((known) => known === name));
  if (unknown !== undefined) {
    const meant = nearestName(unknown, parameters);
    return fault(
      `has a parameter that Postern does not know: ${JSON.stringify(unknown.slice(0, 40))}`,
      meant ? `Did you mean ${meant}?` : `Known: ${parameters.join(', ')}.`,
    );
  }
  const host = url.searchParams.get('host') ?? textOf(url.hostname).replace(/^\[|\]$/g, '');
  const database = textOf(url.pathname.slice(1));
  const user = textOf(url.username);
  if (host === '' || database === '' || user === '')
    return fault('lacks a host, a user or a database', 'Use postgres://USER:PASSWORD@HOST:5432/DATABASE.');
  const poolSize = Number(url.searchParams.get('pool_size') ?? defaultPoolSize);
  if (!Number.isInteger(poolSize) || poolSize < 1 || poolSize > mostConnections)
    return fault('has a pool_size that is no whole number from 1 to 1000', 'Use about 10.');
  const schema = url.searchParams.get('schema') ?? defaultSchema;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    return fault('has a schema whose name is not plain', 'Use lower-case letters, digits and underscores.');
  return {
    engine: 'postgres',
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    database,
    user,
    password: url.password === '' ? undefined : textOf(url.password),
    tls: tlsOf(url, host.startsWith('/') || isLoopbackHost(host), fault, machine),
    schema,
    poolSize,
  };
};

/** @param dataFolder where the database is unless the environment says otherwise */
export const readDatabase = (reader: EnvironmentReader, dataFolder: string, machine: Machine): DatabaseLocation => {
  const fallback: DatabaseLocation = { engine: 'sqlite', path: join(dataFolder, 'postern.db') };
  const url = reader.text(variable);
  if (url === undefined) return fallback;
  const location = locationOf(url, machine, (problem, fix) => {
    reader.fault(variable, problem, fix);
    return undefined;
  });
  return location ?? fallback;
};

/**
 * @param fault hears what is wrong with the URL, and how to mend it
 * @returns undefined where something is
 */
export const locationOf = (url: string, machine: Machine, fault: Fault): DatabaseLocation | undefined => {
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(url)?.[1];
  if (path !== undefined) return { engine: 'sqlite', path: path === ':memory:' ? path : expandPath(path, machine) };
  if (/^postgres(ql)?:/i.test(url)) return readPostgres(url, fault, machine);
  return fault(
    'is not a database URL Postern knows',
    'Use sqlite:PATH, or postgres://USER:PASSWORD@HOST:5432/DATABASE.',
  );
};

/** The folder of a database that is a file. */
export const databaseFolder = (location: DatabaseLocation): string | undefined =>
  location.engine === 'sqlite' && location.path !== ':memory:' ? dirname(location.path) : undefined;
