// The operator's OAuth client: two variables, or the JSON file that Google's console downloads. Sends nothing anywhere.
import { z } from 'zod';
import { pathErrorOf, readSettingsFile } from '../lib/checked-paths.ts';
import type { EnvironmentReader } from './environment.ts';

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

const fromFile = (path: string, reader: EnvironmentReader): GoogleClient | undefined => {
  const variable = 'GOOGLE_CREDENTIALS_FILE';
  let text: string;
  try {
    text = readSettingsFile(path);
  } catch (error) {
    reader.fault(
      variable,
      `names a file that cannot be read: ${path}: ${pathErrorOf(error).message}`,
      'Correct the path, or the permissions of the file.',
    );
    return undefined;
  }
  const parsed = downloadedFile.safeParse(parseJson(text));
  const { installed, web, type } = parsed.success ? parsed.data : {};
  if (type === 'service_account') {
    reader.fault(variable, 'is the key of a service account, which has no mailbox', getAnother);
  } else if (installed && web) {
    reader.fault(
      variable,
      'contains a desktop client ("installed") and a web client ("web")',
      'Leave one of the two in the file.',
    );
  } else if (!installed && !web) {
    reader.fault(variable, "is not the file that Google's console downloads for an OAuth client", getAnother);
  } else {
    const found = installed ?? web;
    if (found) {
      return {
        id: found.client_id,
        secret: found.client_secret,
        kind: installed ? 'desktop' : 'web',
        ...(found.redirect_uris ? { redirectUris: found.redirect_uris } : {}),
      };
    }
  }
  return undefined;
};

/**
 * The OAuth client, or undefined with the faults recorded.
 * @param kindOfVariables what a client given as two variables counts as: they do not say it themselves.
 */
export const readGoogleClient = (
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

const looksLikeId = (text: string): boolean => text.endsWith('.apps.googleusercontent.com');
const looksLikeSecret = (text: string): boolean => text.startsWith('GOCSPX-');

/**
 * What Google's own ids and secrets look like shows that two were exchanged, or that one was cut while it was copied.
 * @param isGoogle whether Google itself is asked, and not a stand-in with ids of its own.
 */
export const clientWarnings = ({ id, secret }: GoogleClient, isGoogle: boolean): string[] => {
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
