// Google's OAuth scopes in the words of Postern's capabilities: what a grant allows, whatever alias it was given under.
// Source: https://developers.google.com/identity/protocols/oauth2/scopes

const google = 'https://www.googleapis.com/auth/';

/**
 * What a tool can work with, by the names that everybody outside knows too. Tools ask for capabilities; consent asks
 * Google for the narrowest scope of each. In a fixed order, so that equal sets give equal scope strings.
 */
export const capabilities = ['mail', 'contacts', 'directory', 'other_contacts'] as const;
export type Capability = (typeof capabilities)[number];

export const isCapability = (text: unknown): text is Capability => capabilities.some((name) => name === text);

/** First in each list: the scope consent asks for. The others allow the same and more, or are older names of it. */
const scopesOf: Record<Capability, readonly [string, ...string[]]> = {
  mail: [`${google}gmail.readonly`, `${google}gmail.modify`, 'https://mail.google.com/'],
  contacts: [`${google}contacts.readonly`, `${google}contacts`, 'https://www.google.com/m8/feeds'],
  directory: [`${google}directory.readonly`],
  other_contacts: [`${google}contacts.other.readonly`],
};

/** Asked for in every consent: the grant must say whose mailbox it is. */
export const identityScopes: readonly string[] = ['openid', 'email'];

/** The scopes to request for these capabilities and the identity, in a stable order, without duplicates. */
export const scopesFor = (wanted: Iterable<Capability>): string[] => {
  const asked = new Set(wanted);
  return [...identityScopes, ...capabilities.filter((name) => asked.has(name)).map((name) => scopesOf[name][0])];
};

/** Whether a scope is one that allows this capability. */
export const allows = (scope: string, capability: Capability): boolean => scopesOf[capability].includes(scope);

/** What a list of granted scopes allows. */
export const capabilitiesOf = (scopes: Iterable<string>): Set<Capability> => {
  const granted = [...scopes];
  return new Set(capabilities.filter((capability) => granted.some((scope) => allows(scope, capability))));
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
    case 'mail':
      return 'read your e-mail, drafts and attachments';
    case 'contacts':
      return 'see your contacts';
    case 'directory':
      return "see your organisation's directory";
    case 'other_contacts':
      return 'see the people you have written to ("Other contacts")';
  }
};
