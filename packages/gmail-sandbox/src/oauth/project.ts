// The Cloud projects that the sandbox plays: their OAuth clients, the settings that they share here, and the scopes that Google knows, how it
// spells them in answers and what its consent page says about each
// (https://developers.google.com/identity/protocols/oauth2/scopes).
import { randomBytes } from 'node:crypto';
import { domainOf, type GoogleAccount } from '../accounts.ts';

export interface OAuthClient {
  readonly clientId: string;
  clientSecret: string;
  readonly redirectUris: readonly string[] | 'any';
}

export interface Project {
  readonly clients: Map<string, OAuthClient>;
  /** "Testing" publishing status: refresh tokens live seven days. */
  testingMode: boolean;
  /** Working refresh tokens per Google account and client before the oldest ends. */
  refreshTokenCap: number;
  /** Workspace domains whose admin blocked the app. */
  readonly blockedDomains: Set<string>;
  /** Workspace domains whose admin lets no app at Gmail. */
  readonly domainsWithoutGmailApps: Set<string>;
  /** APIs that are not enabled in the project, by Google's name of the service. */
  readonly disabledServices: Set<GoogleService>;
}

export type GoogleService = 'gmail.googleapis.com' | 'people.googleapis.com';

const newProjectNumber = (): string => String(BigInt(`0x${randomBytes(5).toString('hex')}`));

/** Google's ids of clients begin with the number of their project. */
export const projectOf = (clientId: string): string => clientId.split('-', 1)[0] ?? '';

/** @param project the number of the client's project; a new one when absent */
export const newClientId = (project: string = newProjectNumber()): string =>
  `${project}-${randomBytes(16).toString('hex')}.apps.googleusercontent.com`;

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

const auth = 'https://www.googleapis.com/auth/';

/** Signing in: shown on the consent page, but nobody can untick them. */
const identityTexts: Record<string, string> = {
  openid: 'Associate you with your personal info on Google',
  [`${auth}userinfo.email`]: 'See your primary Google Account email address',
  [`${auth}userinfo.profile`]: "See your personal info, including any personal info you've made publicly available",
};

const accessTexts: Record<string, string> = {
  'https://mail.google.com/': 'Read, compose, send and permanently delete all your email from Gmail',
  [`${auth}gmail.readonly`]: 'View your email messages and settings',
  [`${auth}gmail.modify`]: 'Read, compose and send emails from your Gmail account',
  [`${auth}gmail.metadata`]: 'View your email message metadata such as labels and headers, but not the email body',
  [`${auth}gmail.labels`]: 'See and edit your email labels',
  [`${auth}gmail.compose`]: 'Manage drafts and send emails',
  [`${auth}gmail.send`]: 'Send email on your behalf',
  [`${auth}contacts`]: 'See, edit, download and permanently delete your contacts',
  [`${auth}contacts.readonly`]: 'See and download your contacts',
  [`${auth}contacts.other.readonly`]: 'See and download contact info automatically saved in your "Other contacts"',
  [`${auth}directory.readonly`]: "See and download your organization's Google Workspace directory",
  'https://www.google.com/m8/feeds': 'See, edit, download and permanently delete your contacts',
};

const aliases: Record<string, string> = {
  email: `${auth}userinfo.email`,
  profile: `${auth}userinfo.profile`,
};

const canonical = (scope: string): string => aliases[scope] ?? scope;

/** The scopes of a space-separated list that Google has never heard of. */
export const unknownScopes = (scopes: readonly string[]): string[] =>
  scopes.filter((scope) => !(canonical(scope) in identityTexts) && !(canonical(scope) in accessTexts));

/**
 * The scopes as Google lists them in a token response: short names spelled out, `openid` added wherever a sign-in
 * scope is, no duplicates. (Google's order is arbitrary; here it is alphabetical.)
 */
export const canonicalScopes = (scopes: readonly string[]): string[] => {
  const all = new Set(scopes.map(canonical));
  if ([...all].some(isIdentityScope)) all.add('openid');
  return [...all].sort();
};

export const isIdentityScope = (scope: string): boolean => canonical(scope) in identityTexts;

/** Gmail's scopes: a changed password ends grants that carry one of them. */
export const isGmailScope = (scope: string): boolean =>
  scope === 'https://mail.google.com/' || scope.startsWith(`${auth}gmail.`);

export const scopeText = (scope: string): string => identityTexts[scope] ?? accessTexts[scope] ?? scope;

export const emailScope: string = `${auth}userinfo.email`;
export const profileScope: string = `${auth}userinfo.profile`;

/** Whether the admin of this account's Workspace domain has blocked the app. */
export const isBlockedByAdmin = (project: Project, account: GoogleAccount): boolean =>
  project.blockedDomains.has(domainOf(account));
