// Which Google: the operator's OAuth client (two variables, or the JSON file that Google's console downloads) and the
// addresses of Google's services. Sends nothing anywhere.

import { z } from 'zod';
import { pathErrorOf, readSettingsFile } from '../lib/checked-paths.ts';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import {
  createEnvironmentReader,
  type Environment,
  type EnvironmentReader,
  googleEndpointVariables,
  urlSchema,
} from './environment.ts';

export interface GoogleSettings {
  readonly client: GoogleClient;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  /** Ends with `/`, as Google's libraries demand. */
  readonly gmailRootUrl: string;
  readonly peopleRootUrl: string;
  /** Which of them are not Google's own; logged at start. */
  readonly overridden: readonly { readonly variable: string; readonly url: string }[];
}

const googleDefaults = {
  GOOGLE_ISSUER: 'https://accounts.google.com',
  GOOGLE_AUTHORIZATION_ENDPOINT: 'https://accounts.google.com/o/oauth2/v2/auth',
  GOOGLE_TOKEN_ENDPOINT: 'https://oauth2.googleapis.com/token',
  GOOGLE_REVOCATION_ENDPOINT: 'https://oauth2.googleapis.com/revoke',
  GMAIL_ROOT_URL: 'https://gmail.googleapis.com/',
  PEOPLE_ROOT_URL: 'https://people.googleapis.com/',
} as const;

const readEndpoints = (reader: EnvironmentReader) => {
  const urls: Record<(typeof googleEndpointVariables)[number], string> = { ...googleDefaults };
  const overridden: { variable: string; url: string }[] = [];
  for (const variable of googleEndpointVariables) {
    const url = reader.parsed(variable, urlSchema, "Give the whole URL, or remove the variable to use Google's own.");
    if (url === undefined) continue;
    // An issuer is compared as a string: it stays as it was written.
    const text = variable === 'GOOGLE_ISSUER' ? (reader.text(variable) ?? url.href) : url.href;
    urls[variable] = variable.endsWith('_ROOT_URL') && !text.endsWith('/') ? `${text}/` : text;
    overridden.push({ variable, url: urls[variable] });
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      reader.warnings.push(`${variable} is not https: what is sent to ${url.host} travels in the clear.`);
    }
  }
  return { urls, overridden };
};

/** @returns Google's settings; `client` is undefined when it is missing or faulty (the faults are recorded). */
export const readGoogleSettings = (
  reader: EnvironmentReader,
  credentialsFile: string | undefined,
  kindOfVariables: GoogleClientKind,
): Omit<GoogleSettings, 'client'> & { readonly client: GoogleClient | undefined } => {
  const client = readGoogleClient(reader, credentialsFile, kindOfVariables);
  const { urls, overridden } = readEndpoints(reader);
  const isGoogle = overridden.every(({ variable }) => variable !== 'GOOGLE_TOKEN_ENDPOINT');
  if (client !== undefined) reader.warnings.push(...clientWarnings(client, isGoogle));
  return {
    client,
    issuer: urls.GOOGLE_ISSUER,
    authorizationEndpoint: urls.GOOGLE_AUTHORIZATION_ENDPOINT,
    tokenEndpoint: urls.GOOGLE_TOKEN_ENDPOINT,
    revocationEndpoint: urls.GOOGLE_REVOCATION_ENDPOINT,
    gmailRootUrl: urls.GMAIL_ROOT_URL,
    peopleRootUrl: urls.PEOPLE_ROOT_URL,
    overridden,
  };
};

/** Google's words: a "Desktop app" may use any loopback port, a "Web application" only redirect URIs registered before. */
export type GoogleClientKind = 'desktop' | 'web';

export interface GoogleClient {
  readonly id: string;
  readonly secret: string;
  readonly kind: GoogleClientKind;
  /** As registered, when the console's file says so. */
  readonly redirectUris?: readonly string[];
}

const section = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  redirect_uris: z.array(z.string()).optional(),
});
const downloadedFile = z.object({
  installed: section.optional(),
  web: section.optional(),
  type: z.string().optional(),
});

const getAnother =
  'In the Google Cloud console, APIs & Services → Credentials, download the JSON of an OAuth client ID (Desktop app or Web application).';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export type CredentialsFile =
  | { readonly kind: 'client'; readonly client: GoogleClient }
  /** What is wrong with the file, as the end of a sentence, and what to do. */
  | { readonly kind: 'fault'; readonly problem: string; readonly fix: string };

/** Reads the JSON file that Google's console downloads for an OAuth client, of either kind. */
export const readCredentialsFile = (path: string): CredentialsFile => {
  const fault = (problem: string, fix: string): CredentialsFile => ({ kind: 'fault', problem, fix });
  let text: string;
  try {
    text = readSettingsFile(path);
  } catch (error) {
    return fault(
      `names a file that cannot be read: ${path}: ${pathErrorOf(error).message}`,
      'Correct the path, or the permissions of the file.',
    );
  }
  const parsed = downloadedFile.safeParse(parseJson(text));
  const { installed, web, type } = parsed.success ? parsed.data : {};
  if (type === 'service_account') return fault('is the key of a service account, which has no mailbox', getAnother);
  if (installed && web)
    return fault(
      'contains a desktop client ("installed") and a web client ("web")',
      'Leave one of the two in the file.',
    );
  const found = installed ?? web;
  if (!found) return fault("is not the file that Google's console downloads for an OAuth client", getAnother);
  return {
    kind: 'client',
    client: {
      id: found.client_id,
      secret: found.client_secret,
      kind: installed ? 'desktop' : 'web',
      ...(found.redirect_uris ? { redirectUris: found.redirect_uris } : {}),
    },
  };
};

const fromFile = (path: string, reader: EnvironmentReader): GoogleClient | undefined => {
  const read = readCredentialsFile(path);
  if (read.kind === 'client') return read.client;
  reader.fault('GOOGLE_CREDENTIALS_FILE', read.problem, read.fix);
  return undefined;
};

/**
 * The OAuth client, or undefined with the faults recorded.
 * @param kindOfVariables what a client given as two variables counts as: they do not say it themselves.
 */
const readGoogleClient = (
  reader: EnvironmentReader,
  path: string | undefined,
  kindOfVariables: GoogleClientKind,
): GoogleClient | undefined => {
  const id = reader.text('GOOGLE_CLIENT_ID');
  const secret = reader.text('GOOGLE_CLIENT_SECRET');
  if (path !== undefined && (id !== undefined || secret !== undefined)) {
    reader.fault(
      'GOOGLE_CREDENTIALS_FILE',
      'is set together with GOOGLE_CLIENT_ID or GOOGLE_CLIENT_SECRET',
      'Set the file, or the two variables, not both.',
    );
    return undefined;
  }
  if (path !== undefined) return fromFile(path, reader);
  const orFile =
    'or set GOOGLE_CREDENTIALS_FILE to the file it downloads. Without a Google project, try `postern demo`.';
  if (id === undefined) {
    reader.fault('GOOGLE_CLIENT_ID', 'is not set', `Copy the client ID from the Google Cloud console, ${orFile}`);
  }
  if (secret === undefined) {
    reader.fault(
      'GOOGLE_CLIENT_SECRET',
      'is not set',
      `Copy the client secret from the Google Cloud console, ${orFile}`,
    );
  }
  return id !== undefined && secret !== undefined ? { id, secret, kind: kindOfVariables } : undefined;
};

/** The OAuth client of the environment, where it is set and whole; for commands that do without. */
export const readEnvironmentClient = (environment: Environment): GoogleClient | undefined => {
  const reader = createEnvironmentReader(environment);
  return readGoogleClient(reader, reader.text('GOOGLE_CREDENTIALS_FILE'), 'web');
};

const looksLikeId = (text: string): boolean => text.endsWith('.apps.googleusercontent.com');
const looksLikeSecret = (text: string): boolean => text.startsWith('GOCSPX-');

/**
 * What Google's own ids and secrets look like shows that two were exchanged, or that one was cut while it was copied.
 * @param isGoogle whether Google itself is asked, and not a stand-in with ids of its own.
 */
const clientWarnings = ({ id, secret }: GoogleClient, isGoogle: boolean): string[] => {
  if (looksLikeSecret(id) && looksLikeId(secret))
    return ['GOOGLE_CLIENT_ID holds the client secret and GOOGLE_CLIENT_SECRET the client ID: exchange the two.'];
  if (!isGoogle) return [];
  return [
    ...(looksLikeId(id)
      ? []
      : ['The OAuth client ID does not end with .apps.googleusercontent.com, as Google’s do: copy it again.']),
    ...(looksLikeId(secret) ? ['The OAuth client secret looks like a client ID: copy the secret again.'] : []),
  ];
};
