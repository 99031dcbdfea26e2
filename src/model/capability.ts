// What a tool can work with: each capability, the scopes of Google's that allow it, and what works of it for an account, as
// its grant says and as Google's APIs answered since.

const google = 'https://www.googleapis.com/auth/';

/**
 * What a tool can work with, by the names that everybody outside knows too. Tools ask for capabilities; consent asks
 * Google for the narrowest scope of each. In a fixed order, so that equal sets give equal scope strings.
 */
export const capabilities = ['mail', 'contacts', 'directory', 'other_contacts'] as const;
export type Capability = (typeof capabilities)[number];

export const isCapability = (text: unknown): text is Capability => capabilities.some((name) => name === text);

/**
 * https://developers.google.com/identity/protocols/oauth2/scopes. First in each list: the scope consent asks for. The others allow the same and more, or are older names of it.
 */
const scopesOf: Record<Capability, readonly [string, ...string[]]> = {
  mail: [`${google}gmail.readonly`, `${google}gmail.modify`, 'https://mail.google.com/'],
  contacts: [`${google}contacts.readonly`, `${google}contacts`, 'https://www.google.com/m8/feeds'],
  directory: [`${google}directory.readonly`],
  other_contacts: [`${google}contacts.other.readonly`],
};

/** Asked for in every consent: the grant must say whose mailbox it is. */
const identityScopes: readonly string[] = ['openid', 'email'];

/** The scopes to request for these capabilities and the identity, in a stable order, without duplicates. */
export const scopesFor = (wanted: Iterable<Capability>): string[] => {
  const asked = new Set(wanted);
  return [...identityScopes, ...capabilities.filter((name) => asked.has(name)).map((name) => scopesOf[name][0])];
};

/** Whether a scope is one that allows this capability. */
const allows = (scope: string, capability: Capability): boolean => scopesOf[capability].includes(scope);

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

/**
 * Why Google refuses what the person allowed: Gmail is off for the account, it has no directory, the admin's policy, the
 * operator's project, a permission that was taken back without a word, and whatever Google gives no reason for.
 */
export const refusalReasons = [
  'no_mailbox',
  'no_directory',
  'domain_policy',
  'api_not_enabled',
  'scope_missing',
  'forbidden',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

interface Refusal {
  readonly reason: RefusalReason;
  /** When Google first answered so; milliseconds since the epoch. */
  readonly since: number;
}

/** What Google's APIs refused since the grant came, and did not answer since. */
export type Refusals = Readonly<Partial<Record<Capability, Refusal>>>;

export type CapabilityState =
  | { readonly status: 'ready' }
  /** With a reason where its connection does not allow it: no link asks for it. */
  | { readonly status: 'not_granted'; readonly reason?: 'not_allowed_by_connection' }
  | ({ readonly status: 'refused' } & Refusal);

export type CapabilityStates = Readonly<Record<Capability, CapabilityState>>;

/**
 * What a grant with these scopes can do, where Google's APIs refused this much.
 * @param allowed by the connection, whatever was granted; undefined: everything
 */
export const capabilityStates = (
  grantedScopes: readonly string[],
  refusals: Refusals,
  allowed?: readonly Capability[],
): CapabilityStates => {
  const granted = capabilitiesOf(grantedScopes);
  const stateOf = (capability: Capability): CapabilityState => {
    const refusal = refusals[capability];
    if (allowed?.includes(capability) === false) return { status: 'not_granted', reason: 'not_allowed_by_connection' };
    if (!granted.has(capability)) return { status: 'not_granted' };
    return refusal === undefined ? { status: 'ready' } : { status: 'refused', ...refusal };
  };
  return {
    mail: stateOf('mail'),
    contacts: stateOf('contacts'),
    directory: stateOf('directory'),
    other_contacts: stateOf('other_contacts'),
  };
};

/** The granted scopes that are of use: not those of what Google refuses. */
export const livingScopes = (grantedScopes: readonly string[], states: CapabilityStates): string[] =>
  grantedScopes.filter(
    (scope) => !capabilities.some((capability) => states[capability].status === 'refused' && allows(scope, capability)),
  );

/** Which of Google's APIs a capability is read through. */
export const apiOf = (capability: Capability): 'Gmail API' | 'People API' =>
  capability === 'mail' ? 'Gmail API' : 'People API';

/** What an API answered: that a capability works, or why it is refused. */
export type CapabilityAnswer = 'works' | RefusalReason;

/** One such answer, and the grant that was asked with: what an older one is refused says nothing of a newer one. */
export interface AnsweredCapability {
  readonly capability: Capability;
  readonly answer: CapabilityAnswer;
  readonly grantVersion: number;
}

/**
 * What is known after an answer; the same object where nothing is new, so that nothing has to be written. An API that
 * is not enabled in the operator's project is so for everything that is read through it, and enabled again likewise.
 * @param now milliseconds since the epoch
 */
export const withAnswer = (
  known: Refusals,
  capability: Capability,
  answer: CapabilityAnswer,
  now: number,
): Refusals => {
  const ofOneApi = capabilities.filter((other) => apiOf(other) === apiOf(capability));
  const changed: Partial<Record<Capability, Refusal>> = { ...known };
  if (answer === 'works') {
    for (const other of ofOneApi)
      if (other === capability || known[other]?.reason === 'api_not_enabled') delete changed[other];
    return Object.keys(changed).length === Object.keys(known).length ? known : changed;
  }
  const about = answer === 'api_not_enabled' ? ofOneApi : [capability];
  if (about.every((other) => known[other]?.reason === answer)) return known;
  for (const other of about) if (known[other]?.reason !== answer) changed[other] = { reason: answer, since: now };
  return changed;
};
