// What Google granted in one round becomes an account's grant, or not: whose mailbox it is, whether it is of use, one
// version-checked write. For links and for sign-ins.

import type { Client } from '../grants/clients.ts';
import type { AccountsOptions } from '../grants/options.ts';
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import type { Account, GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, capabilitiesOf, missingCapabilities, scopesFor } from '../model/capability.ts';
import type { CodeOutcome, Tokens } from '../oauth/google-oauth.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';
import type { Grant, StoredGrant } from '../storage/index.ts';
import { accept } from './acceptance.ts';
import type { DeadLink, LinkOutcome } from './outcomes.ts';

export type Granted = CodeOutcome & { kind: 'granted' };

interface Accepted {
  readonly grant: Grant;
  readonly identity: VerifiedIdentity;
}

/** An account as it was read, with its grant where there is one that opens. */
export interface AccountWithGrant {
  readonly account: Account;
  readonly grant?: StoredGrant;
}

/** What was requested of Google, and what the save has to observe. */
export interface SaveRequest {
  readonly key: AccountKey;
  /** What it was requested with. */
  readonly client: Client;
  readonly capabilities: readonly Capability[];
  readonly linkPolicy: LinkPolicy;
  readonly replace: boolean;
  /** The ticket that the save looks at once more. */
  readonly ticketHash?: string;
  /** A stored grant of the same Google account that allows something more stays. */
  readonly keepBetter: boolean;
  /** The account, where it was read just now, and `ended` was asked after that. */
  readonly present?: AccountWithGrant;
  /** Why it may bring nothing any more. Asked before every try to save, after the account was read. */
  readonly ended: () => Promise<DeadLink | undefined>;
  /** Google gave no refresh token, and none is stored that could serve. `email` is of the Google account that agreed. */
  readonly askAgain: (email: string) => Promise<LinkOutcome>;
  /** What happens to an accepted grant, with no refresh token but one Google gave now, where it is not saved yet. */
  readonly holdBack?: (account: Account, accepted: Accepted) => Promise<LinkOutcome | undefined>;
}

/** Saves what Google granted to the account, or says why not. What is not accepted is forgotten, never revoked. */
export const saveGranted = async (
  options: AccountsOptions,
  request: SaveRequest,
  granted: Granted,
): Promise<LinkOutcome> => {
  const { tokens, identity } = granted;
  const grantedScopes = tokens.scopes ?? scopesFor(request.capabilities);
  const missing = missingCapabilities(request.capabilities, grantedScopes);
  if (!isUsable(options, grantedScopes)) return { kind: 'scope_missing', missing };
  let justRead = request.present;
  const outcome = await retryLostWrites(async (): Promise<LinkOutcome | undefined> => {
    const { account, grant: stored } = justRead ?? (await readAccount(options, request.key)) ?? {};
    const ended = justRead === undefined ? await request.ended() : undefined;
    justRead = undefined;
    if (account === undefined || ended !== undefined) return ended ?? { kind: 'unknown' };
    // Deleted and made anew meanwhile: a grant of one connection is never another's.
    if (account.connection !== request.client.connection) return { kind: 'expired' };
    const verdict = accept(identity, account, request);
    if (verdict.kind === 'unverifiable') return verdict;
    if (verdict.kind === 'wrong_mailbox') return { ...verdict, got: identity.email };
    const google = googleIdentity(identity);
    if (request.keepBetter && storedIsBetter(request.client, stored, identity.sub, grantedScopes))
      return { kind: 'connected', account, google, missing: missingCapabilities(missing, account.grantedScopes) };
    const refreshToken = await refreshTokenFor(request.client, stored, tokens, identity.sub, grantedScopes);
    if (refreshToken === undefined) return request.askAgain(identity.email);
    const grant = toGrant(request.client, request.capabilities, tokens, google);
    const heldBack = await request.holdBack?.(account, { grant, identity });
    if (heldBack !== undefined) return heldBack;
    const whole = { ...grant, refreshToken };
    const saved = await options.storage.accounts.saveGrant(request.key, account.version, whole, request.ticketHash);
    return saved && { kind: 'connected', account: saved, google, missing };
  });
  return outcome ?? { kind: 'google_unavailable' };
};

/** An account whose grant does not open is one without a grant here: connecting again repairs it. */
export const readAccount = async (
  { storage }: Pick<AccountsOptions, 'storage'>,
  key: AccountKey,
): Promise<AccountWithGrant | undefined> => {
  const reading = await storage.accounts.readGrant(key);
  const account = reading.kind === 'refused' ? await storage.accounts.find(key) : reading.account;
  if (account === undefined) return undefined;
  return { account, grant: reading.kind === 'grant' ? reading.grant : undefined };
};

/** At least one thing that a tool can work with. */
const isUsable = ({ requiredCapabilities }: AccountsOptions, grantedScopes: readonly string[]): boolean => {
  const granted = capabilitiesOf(grantedScopes);
  return requiredCapabilities.length === 0 || requiredCapabilities.some((capability) => granted.has(capability));
};

/** Whether a stored grant is of this Google account, and came through this client. */
const isOfSame = ({ oauth }: Client, grant: StoredGrant, sub: string): boolean =>
  grant.google.sub === sub && grant.clientId === oauth.clientId && grant.tokenEndpoint === oauth.tokenEndpoint;

/** Whether the account has a grant of the same Google account and client that allows something the new one does not. */
const storedIsBetter = (
  client: Client,
  stored: StoredGrant | undefined,
  sub: string,
  grantedScopes: readonly string[],
): boolean =>
  stored !== undefined &&
  isOfSame(client, stored, sub) &&
  missingCapabilities(capabilitiesOf(stored.grantedScopes), grantedScopes).length > 0;

/**
 * Which refresh token a new grant goes on with. Google gives none where it did not ask; the stored one serves on if it covers
 * the same and Google does not refuse it: after a change of the password the consent is still there, and every token dead.
 * @returns undefined where there is none to go on with: Google has to be asked again.
 */
export const refreshTokenFor = async (
  client: Client,
  stored: StoredGrant | undefined,
  tokens: { readonly refreshToken?: string },
  sub: string,
  grantedScopes: readonly string[],
): Promise<string | undefined> => {
  if (tokens.refreshToken !== undefined) return tokens.refreshToken;
  if (stored?.refreshToken === undefined || !isOfSame(client, stored, sub)) return undefined;
  if (missingCapabilities(capabilitiesOf(grantedScopes), stored.grantedScopes).length > 0) return undefined;
  const outcome = await client.oauth.refresh(stored.refreshToken);
  return outcome.kind === 'failed' && outcome.failure.kind === 'grant_ended' ? undefined : stored.refreshToken;
};

export const googleIdentity = ({ sub, email, hostedDomain }: VerifiedIdentity): GoogleIdentity => ({
  sub,
  email,
  hostedDomain,
});

/** What Google gave, under the client and token endpoint that it came from. */
export const toGrant = (
  { oauth }: Client,
  capabilities: readonly Capability[],
  tokens: Tokens,
  google: GoogleIdentity,
): Grant => ({
  refreshToken: tokens.refreshToken,
  accessToken: tokens.accessToken,
  accessTokenExpiresAt: tokens.accessTokenExpiresAt,
  refreshTokenExpiresAt: tokens.refreshTokenExpiresAt,
  requestedScopes: scopesFor(capabilities),
  grantedScopes: tokens.scopes ?? scopesFor(capabilities),
  google,
  clientId: oauth.clientId,
  tokenEndpoint: oauth.tokenEndpoint,
});
