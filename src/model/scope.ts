// Google's OAuth scopes in the words of Postern's capabilities: what a grant allows, whatever alias it was given under.
// Source: https://developers.google.com/identity/protocols/oauth2/scopes

const google = 'https://www.googleapis.com/auth/';

/** A thing a grant may allow. Tools ask for capabilities; consent asks Google for the narrowest scope of each. */
export type Capability = 'openid' | 'email' | 'mail' | 'contacts' | 'otherContacts' | 'directory';

/** First in each list: the scope consent asks for. The others allow the same and more, or are older names of it. */
const scopesOf: Record<Capability, readonly [string, ...string[]]> = {
  openid: ['openid'],
  email: ['email', `${google}userinfo.email`],
  mail: [`${google}gmail.readonly`, `${google}gmail.modify`, 'https://mail.google.com/'],
  contacts: [`${google}contacts.readonly`, `${google}contacts`, 'https://www.google.com/m8/feeds'],
  otherContacts: [`${google}contacts.other.readonly`],
  directory: [`${google}directory.readonly`],
};

/** In a fixed order, so that equal sets give equal scope strings. */
const allCapabilities = Object.keys(scopesOf) as Capability[];

/** Identity is asked for in every consent: the grant must say whose mailbox it is. */
export const identityCapabilities: readonly Capability[] = ['openid', 'email'];

/** The scopes to request for these capabilities, in a stable order, without duplicates. */
export const scopesFor = (capabilities: Iterable<Capability>): string[] => {
  const wanted = new Set(capabilities);
  return allCapabilities.filter((capability) => wanted.has(capability)).map((capability) => scopesOf[capability][0]);
};

/** What a list of granted scopes allows. */
export const capabilitiesOf = (scopes: Iterable<string>): Set<Capability> => {
  const granted = new Set(scopes);
  return new Set(allCapabilities.filter((capability) => scopesOf[capability].some((scope) => granted.has(scope))));
};

/** The capabilities among `wanted` that the granted scopes do not allow. */
export const missingCapabilities = (wanted: Iterable<Capability>, grantedScopes: Iterable<string>): Capability[] => {
  const granted = capabilitiesOf(grantedScopes);
  return [...new Set(wanted)].filter((capability) => !granted.has(capability));
};

/** A space-separated scope string (RFC 6749 §3.3) as a list. */
export const splitScope = (scope: string): string[] => scope.split(/\s+/).filter((item) => item !== '');

/** What a capability means to the person who is asked for it. */
export const capabilityText = (capability: Capability): string => {
  switch (capability) {
    case 'openid':
    case 'email':
      return 'see which Google account this is';
    case 'mail':
      return 'read your e-mail, drafts and attachments';
    case 'contacts':
      return 'see your contacts';
    case 'otherContacts':
      return 'see the people you have written to ("Other contacts")';
    case 'directory':
      return "see your organisation's directory";
  }
};
