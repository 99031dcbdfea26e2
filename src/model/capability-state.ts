// What works of an account, by capability: as the grant says, and as Google's APIs answered since. Pure; asks nobody.
import { allows, type Capability, capabilities, capabilitiesOf } from './scope.ts';

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

export interface Refusal {
  readonly reason: RefusalReason;
  /** When Google first answered so; milliseconds since the epoch. */
  readonly since: number;
}

/** What Google's APIs refused since the grant came, and did not answer since. */
export type Refusals = Readonly<Partial<Record<Capability, Refusal>>>;

export type CapabilityState =
  | { readonly status: 'ready' }
  | { readonly status: 'not_granted' }
  | ({ readonly status: 'refused' } & Refusal);

export type CapabilityStates = Readonly<Record<Capability, CapabilityState>>;

/** What a grant with these scopes can do, where Google's APIs refused this much. */
export const capabilityStates = (grantedScopes: readonly string[], refusals: Refusals): CapabilityStates => {
  const granted = capabilitiesOf(grantedScopes);
  const stateOf = (capability: Capability): CapabilityState => {
    const refusal = refusals[capability];
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
