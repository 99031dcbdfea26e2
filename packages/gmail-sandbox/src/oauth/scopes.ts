// The scopes the fake Google knows, how it spells them in answers and what its consent page says about each.
// Source: https://developers.google.com/identity/protocols/oauth2/scopes

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
