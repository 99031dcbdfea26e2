// Whether the Google account that completed a connection is the one it was made for, and who may sign in with Google at all.

import { asciiLowerCase } from '../lib/e-mail-address.ts';
import type { Account, AllowedPeople, Pins } from '../model/account.ts';
import { googleRealm } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';

const hasPins = (pins: Pins): boolean =>
  pins.expectedEmail !== undefined || pins.expectedDomain !== undefined || pins.expectedSub !== undefined;

/**
 * Whether anything can prove that the person who completes a link is the one it is for. The Google account
 * connected before proves it too, unless the link is there to replace it.
 */
export const isVerifiable = (account: Account | undefined, policy: LinkPolicy, replace: boolean): boolean =>
  policy !== 'pinned' ||
  (account !== undefined && (hasPins(account.pins) || (account.google !== undefined && !replace)));

/** Whether an accepted grant still has to wait until the product confirms who completed the link; pins prove it at once. */
export const needsConfirmation = (account: Account, ticket: { readonly linkPolicy: LinkPolicy }): boolean =>
  ticket.linkPolicy === 'verify_url' && !hasPins(account.pins);

export type Acceptance =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unverifiable' }
  /** `expected` names what was pinned, for the page. */
  | { readonly kind: 'wrong_mailbox'; readonly expected: string };

const sameText = (a: string, b: string): boolean => asciiLowerCase(a) === asciiLowerCase(b);
const sameDomain = (hosted: string | undefined, expected: string): boolean =>
  hosted !== undefined && sameText(hosted, expected);

/** Every pin must match, and a reconnect must be the recorded Google account unless the link was made to replace it. */
export const accept = (
  identity: VerifiedIdentity,
  account: Account,
  ticket: { readonly linkPolicy: LinkPolicy; readonly replace: boolean },
): Acceptance => {
  const { pins, google } = account;
  if (!isVerifiable(account, ticket.linkPolicy, ticket.replace)) return { kind: 'unverifiable' };
  if (pins.expectedEmail !== undefined && !(identity.emailVerified && sameText(identity.email, pins.expectedEmail)))
    return { kind: 'wrong_mailbox', expected: pins.expectedEmail };
  if (pins.expectedDomain !== undefined && !sameDomain(identity.hostedDomain, pins.expectedDomain))
    return { kind: 'wrong_mailbox', expected: `an account of ${pins.expectedDomain}` };
  if (pins.expectedSub !== undefined && identity.sub !== pins.expectedSub)
    return { kind: 'wrong_mailbox', expected: 'the Google account it was made for' };
  if (google !== undefined && !ticket.replace && identity.sub !== google.sub)
    return { kind: 'wrong_mailbox', expected: google.email };
  // Whoever signs in with Google is named after their Google account: another mailbox is never theirs.
  if (account.key.realm === googleRealm && ticket.linkPolicy === 'signed_in' && identity.sub !== account.key.identifier)
    return { kind: 'wrong_mailbox', expected: 'the Google account you sign in with' };
  return { kind: 'accepted' };
};

/** Whether pins contradict the Google account that is recorded: connected now, or before. */
export const contradicts = (pins: Pins, { google }: Pick<Account, 'google'>): boolean =>
  google !== undefined &&
  ((pins.expectedEmail !== undefined && !sameText(pins.expectedEmail, google.email)) ||
    (pins.expectedDomain !== undefined && !sameDomain(google.hostedDomain, pins.expectedDomain)) ||
    (pins.expectedSub !== undefined && pins.expectedSub !== google.sub));

/** What Google's id_token says about somebody. */
interface SignedInPerson {
  readonly email: string;
  readonly emailVerified: boolean;
  /** Google's `hd`: the organisation that the account belongs to. */
  readonly hostedDomain?: string;
}

/**
 * Whether this person may sign in. A domain is compared with `hd` and never with the address, which anybody can have
 * for a Google account (https://developers.google.com/identity/openid-connect/openid-connect#hd-param).
 */
export const maySignIn = (person: SignedInPerson, { emails, domains, everybody }: AllowedPeople): boolean => {
  if (everybody) return true;
  if (person.emailVerified && emails.includes(asciiLowerCase(person.email))) return true;
  return person.hostedDomain !== undefined && domains.includes(asciiLowerCase(person.hostedDomain));
};
