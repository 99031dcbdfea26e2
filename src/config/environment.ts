// Reads variables one by one and remembers every fault, so that all of them can be reported at once; and the grammar of
// single values, as zod schemas with messages for people.

import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { nearestName } from '../lib/nearest-name.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one setting, and what to do about it. Never contains a secret's value. */
export interface Fault {
  readonly variable: string;
  readonly problem: string;
  readonly fix: string;
}

export const posternVariables = [
  'POSTERN_DATA_DIR',
  'POSTERN_CONFIG_DIR',
  'POSTERN_DATABASE_URL',
  'POSTERN_ENCRYPTION_KEY',
  'POSTERN_ENCRYPTION_KEY_FILE',
  'POSTERN_ENCRYPTION_KEYS_RETIRED',
  'POSTERN_PUBLIC_URL',
  'POSTERN_HOST',
  'POSTERN_PORT',
  'POSTERN_TRUSTED_PROXIES',
  'POSTERN_IDENTIFIER',
  'POSTERN_TOOLS',
  'POSTERN_DOWNLOAD_DIR',
  'POSTERN_INLINE_LIMIT',
  'POSTERN_RETENTION_DAYS',
  'POSTERN_SIGN_IN',
  'POSTERN_ALLOWED_EMAILS',
  'POSTERN_ALLOWED_DOMAINS',
  'POSTERN_OAUTH_CLIENTS_FILE',
  'POSTERN_OIDC_ISSUER',
  'POSTERN_OIDC_AUDIENCE',
  'POSTERN_OIDC_IDENTIFIER_CLAIM',
  'POSTERN_OIDC_REALM',
  'POSTERN_OIDC_SCOPE_PREFIX',
  'POSTERN_OIDC_CLIENT_ID',
  'POSTERN_OIDC_CLIENT_SECRET',
  'POSTERN_SCALEKIT_API',
  'POSTERN_LIMITS',
] as const;

export const googleEndpointVariables = [
  'GOOGLE_ISSUER',
  'GOOGLE_AUTHORIZATION_ENDPOINT',
  'GOOGLE_TOKEN_ENDPOINT',
  'GOOGLE_REVOCATION_ENDPOINT',
  'GMAIL_ROOT_URL',
  'PEOPLE_ROOT_URL',
] as const;

export const googleClientVariables = ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET', 'GOOGLE_CREDENTIALS_FILE'] as const;

type Variable =
  | (typeof posternVariables)[number]
  | (typeof googleEndpointVariables)[number]
  | (typeof googleClientVariables)[number];

export interface EnvironmentReader {
  /** The trimmed value; an empty one counts as unset (client configurations often carry empty strings). */
  text(variable: Variable): string | undefined;
  /** The parsed value; undefined when unset or faulty (a fault is then recorded, with `fix`). */
  parsed<T>(variable: Variable, schema: z.ZodType<T>, fix: string): T | undefined;
  fault(variable: string, problem: string, fix: string): void;
  readonly faults: Fault[];
  readonly warnings: string[];
}

export const createEnvironmentReader = (environment: Environment): EnvironmentReader => {
  const faults: Fault[] = [];
  const text = (variable: Variable) => environment[variable]?.trim() || undefined;
  const fault = (variable: string, problem: string, fix: string) => {
    faults.push({ variable, problem, fix });
  };
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('POSTERN_') || (posternVariables as readonly string[]).includes(name)) continue;
    const meant = nearestName(name, posternVariables);
    fault(name, 'is not a setting of Postern', meant ? `Did you mean ${meant}?` : 'Remove it.');
  }
  const parsed = <T>(variable: Variable, schema: z.ZodType<T>, fix: string): T | undefined => {
    const value = text(variable);
    if (value === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    fault(variable, result.error.issues[0]?.message ?? 'is not valid', fix);
    return undefined;
  };
  return { text, parsed, fault, faults, warnings: [] };
};

/** A TCP port, 1–65535. */
export const portSchema = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port number')
  .transform(Number)
  .refine((port) => port >= 1 && port <= 65_535, 'is not between 1 and 65535');

/** `1` or `0`. */
export const switchSchema = z
  .string()
  .regex(/^[01]$/, 'is neither 1 nor 0')
  .transform((value) => value === '1');

/** Where rate limits are counted. */
export const limitsSchema = z.enum(['memory', 'database'], 'is neither memory nor database');

/** A whole number of days. */
export const daysSchema = z
  .string()
  .regex(/^\d{1,4}$/, 'is not a number of days')
  .transform(Number)
  .refine((days) => days >= 1 && days <= 3650, 'is not between 1 and 3650');

/** An absolute http(s) URL without credentials, query or fragment. */
export const urlSchema = z.string().transform((value, context) => {
  const url = URL.parse(value);
  const fault =
    url === null || !['http:', 'https:'].includes(url.protocol)
      ? 'is not an http(s) URL'
      : url.username !== '' || url.password !== ''
        ? 'must not contain a user name or password'
        : url.search !== '' || url.hash !== ''
          ? 'must not contain a query or fragment'
          : undefined;
  if (url === null || fault !== undefined) {
    context.addIssue(fault ?? 'is not an http(s) URL');
    return z.NEVER;
  }
  return url;
});

const units: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 * 1024 };

/** A size in bytes: `26214400`, `512 KB`, `25MB` (1 KB is 1,024 bytes); at most 100 MB. */
export const sizeSchema = z
  .string()
  .regex(/^\d{1,9}\s*([kKmM]?[bB])?$/, 'is not a size')
  .transform((value) => {
    const unit = value.replace(/[\d\s]/g, '').toLowerCase();
    return Number.parseInt(value, 10) * (units[unit] ?? 1);
  })
  .refine((bytes) => bytes >= 1 && bytes <= 100 * 1024 * 1024, 'is not between 1 byte and 100 MB');

/** A host name or IP address to listen on. */
export const hostSchema = z
  .string()
  .refine((host) => isIP(host) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host), 'is not a host or IP address');

const isNetwork = (item: string): boolean => {
  const [address = '', prefix, ...rest] = item.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
};

/** Items separated by commas or white space. */
export const splitList = (value: string): string[] => value.split(/[\s,]+/).filter((item) => item !== '');

/** IP addresses and networks (`10.0.0.0/8`). */
export const networksSchema = z
  .string()
  .transform(splitList)
  .refine((items) => items.every(isNetwork), 'is not a list of IP addresses and networks');
