// Reads variables one by one and remembers every fault, so that all of them can be reported at once.
// Knows the names of the variables, not what they are used for.
import type { z } from 'zod';
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

export type Variable =
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
