// The OAuth clients of the one Cloud project the sandbox plays, and the project's settings.
// Knows nothing of grants or people.
import { randomBytes } from 'node:crypto';

export interface OAuthClient {
  readonly clientId: string;
  clientSecret: string;
  readonly redirectUris: readonly string[] | 'any';
}

export interface Project {
  readonly clients: Map<string, OAuthClient>;
  /** "Testing" publishing status: refresh tokens live seven days. */
  testingMode: boolean;
  /** Living refresh tokens per Google account and client before the oldest dies. */
  refreshTokenCap: number;
  /** Workspace domains whose admin blocked the app. */
  readonly blockedDomains: Set<string>;
  /** Workspace domains whose admin lets no app at Gmail. */
  readonly domainsWithoutGmailApps: Set<string>;
  /** APIs that are not enabled in the project, by Google's name of the service. */
  readonly disabledServices: Set<GoogleService>;
}

export type GoogleService = 'gmail.googleapis.com' | 'people.googleapis.com';

export const newClientId = (): string =>
  `${BigInt(`0x${randomBytes(5).toString('hex')}`)}-${randomBytes(16).toString('hex')}.apps.googleusercontent.com`;

export const newClientSecret = (): string => `GOCSPX-${randomBytes(21).toString('base64url')}`;

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Whether the client may be answered at this URI: exactly one of its list, or, for `any`, a desktop client's loopback
 * on any port and every https address (https://developers.google.com/identity/protocols/oauth2/native-app).
 */
export const redirectUriAllowed = (client: OAuthClient, redirectUri: string): boolean => {
  if (client.redirectUris !== 'any') return client.redirectUris.includes(redirectUri);
  if (!URL.canParse(redirectUri)) return false;
  const url = new URL(redirectUri);
  if (url.hash !== '' || url.username !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname));
};
