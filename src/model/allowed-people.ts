// Who may sign in with Google, as the operator wrote it down. Pure; knows no token and no page.
import { asciiLowerCase } from '../lib/e-mail-address.ts';

export interface AllowedPeople {
  /** Addresses, in lower case. */
  readonly emails: readonly string[];
  /** Domains of Google Workspace organisations, in lower case. */
  readonly domains: readonly string[];
  /** The operator wrote `*`. */
  readonly everybody: boolean;
}

/** What Google's id_token says about somebody. */
export interface SignedInPerson {
  readonly email: string;
  readonly emailVerified: boolean;
  /** Google's `hd`: the organisation that the account belongs to. */
  readonly hostedDomain?: string;
}

/**
 * Whether this person may sign in. A domain is compared with `hd` and never with the address, which anybody can have
 * for a Google account (https://developers.google.com/identity/openid-connect/openid-connect#hd-param).
 */
export const mayEnter = (person: SignedInPerson, { emails, domains, everybody }: AllowedPeople): boolean => {
  if (everybody) return true;
  if (person.emailVerified && emails.includes(asciiLowerCase(person.email))) return true;
  return person.hostedDomain !== undefined && domains.includes(asciiLowerCase(person.hostedDomain));
};
