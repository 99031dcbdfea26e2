// What Google granted in one round becomes an account's grant, or not: whose mailbox it is, whether it is of use, one
// version-checked write. For links and for sign-ins; knows neither of their rows.

import type { AccountsOptions } from '../grants/options.ts';
import type { Account, GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, capabilitiesOf, missingCapabilities, scopesFor } from '../model/scope.ts';
import type { CodeOutcome, Tokens } from '../oauth/google-oauth.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';
import type { Grant } from '../storage/index.ts';
import { accept } from './acceptance.ts';
import type { DeadLink, Finish } from './link-outcome.ts';
import { refreshTokenFor } from './refresh-token-for.ts';

/** How often a save that lost a race is tried on the newer row. */
const saveAttempts = 5;

export type Granted = CodeOutcome & { kind: 'granted' };

export interface Accepted {
  readonly grant: Grant;
  readonly identity: VerifiedIdentity;
}

/** What was sent to Google, and what is to become of the answer. */
export interface Round {
  readonly key: AccountKey;
  readonly capabilities: readonly Capability[];
  readonly linkPolicy: LinkPolicy;
  readonly replace: boolean;
  /** The ticket that the save looks at once more. */
  readonly ticketHash?: string;
  /** A stored grant of the same Google account that allows something more stays. */
  readonly keepBetter: boolean;
  /** Why it may bring nothing any more. Asked before every try to save, after the account was read. */
  readonly over: () => Promise<DeadLink | undefined>;
  /** Google gave no refresh token, and none is stored that could serve. `email` is of the Google account that agreed. */
  readonly askAgain: (email: string) => Promise<Finish>;
  /** What happens to an accepted grant, with no refresh token but one Google gave now, instead of being saved. */
  readonly instead: (account: Account, accepted: Accepted) => Promise<Finish | undefined>;
}

/** Joins what Google granted to the account, or says why not. What is not accepted is forgotten, never revoked. */
export const join = async (options: AccountsOptions, round: Round, granted: Granted): Promise<Finish> => {
  const { tokens, identity } = granted;
  const grantedScopes = tokens.scopes ?? scopesFor(round.capabilities);
  const missing = missingCapabilities(round.capabilities, grantedScopes);
  if (!isUsable(options, grantedScopes)) return { kind: 'scope_missing', missing };
  for (let attempt = 0; attempt < saveAttempts; attempt++) {
    const account = await options.storage.accounts.find(round.key);
    const over = await round.over();
    if (account === undefined || over !== undefined) return over ?? { kind: 'unknown' };
    const verdict = accept(identity, account, round);
    if (verdict.kind === 'unverifiable') return verdict;
    if (verdict.kind === 'wrong_mailbox') return { ...verdict, got: identity.email };
    const google = googleIdentity(identity);
    if (round.keepBetter && (await storedIsBetter(options, round.key, identity.sub, grantedScopes)))
      return { kind: 'connected', account, google, missing: missingCapabilities(missing, account.grantedScopes) };
    const refreshToken = await refreshTokenFor(options, round.key, tokens, identity.sub, grantedScopes);
    if (refreshToken === undefined) return round.askAgain(identity.email);
    const grant = toGrant(options, round.capabilities, tokens, google);
    const instead = await round.instead(account, { grant, identity });
    if (instead !== undefined) return instead;
    const whole = { ...grant, refreshToken };
    const saved = await options.storage.accounts.saveGrant(round.key, account.version, whole, round.ticketHash);
    if (saved === undefined) continue;
    options.changed(round.key);
    return { kind: 'connected', account: saved, google, missing };
  }
  return { kind: 'google_unavailable' };
};

/** At least one thing that a tool can work with. */
export const isUsable = ({ requiredCapabilities }: AccountsOptions, grantedScopes: readonly string[]): boolean => {
  const granted = capabilitiesOf(grantedScopes);
  return requiredCapabilities.length === 0 || requiredCapabilities.some((capability) => granted.has(capability));
};

/** Whether the account has a grant of the same Google account and client that allows something the new one does not. */
const storedIsBetter = async (
  { storage, oauth }: AccountsOptions,
  key: AccountKey,
  sub: string,
  grantedScopes: readonly string[],
): Promise<boolean> => {
  const reading = await storage.accounts.readGrant(key);
  if (reading.kind !== 'grant') return false;
  const { grant } = reading;
  const same =
    grant.google.sub === sub && grant.clientId === oauth.clientId && grant.tokenEndpoint === oauth.tokenEndpoint;
  return same && missingCapabilities(capabilitiesOf(grant.grantedScopes), grantedScopes).length > 0;
};

export const googleIdentity = ({ sub, email, hostedDomain }: VerifiedIdentity): GoogleIdentity => ({
  sub,
  email,
  ...(hostedDomain === undefined ? {} : { hostedDomain }),
});

/** What Google gave, under the client and token endpoint that it came from. */
export const toGrant = (
  { oauth }: AccountsOptions,
  capabilities: readonly Capability[],
  tokens: Tokens,
  google: GoogleIdentity,
): Grant => ({
  ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
  accessToken: tokens.accessToken,
  accessTokenExpiresAt: tokens.accessTokenExpiresAt,
  ...(tokens.refreshTokenExpiresAt === undefined ? {} : { refreshTokenExpiresAt: tokens.refreshTokenExpiresAt }),
  requestedScopes: scopesFor(capabilities),
  grantedScopes: tokens.scopes ?? scopesFor(capabilities),
  google,
  clientId: oauth.clientId,
  tokenEndpoint: oauth.tokenEndpoint,
});
