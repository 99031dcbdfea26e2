// Which Google: the operator's client and the addresses of Google's services. Sends nothing anywhere.

import { isLoopbackHost } from '../lib/loopback-host.ts';
import { type EnvironmentReader, googleEndpointVariables } from './environment.ts';
import { clientWarnings, type GoogleClient, type GoogleClientKind, readGoogleClient } from './google-client.ts';
import { urlSchema } from './values.ts';

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
