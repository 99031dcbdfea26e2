// From Google's callback to a saved grant: exchange the code, check whose mailbox it is, write once. Knows no browser.

import type { GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { capabilitiesOf, missingCapabilities, scopesFor } from '../model/scope.ts';
import type { CodeOutcome, Tokens } from '../oauth/google-oauth.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';
import type { TokenFailure } from '../oauth/token-client.ts';
import type { Grant, TakenTicket, Ticket } from '../storage/index.ts';
import { accept, needsConfirmation } from './acceptance.ts';
import { authorization } from './authorization.ts';
import type { Callback, Finish } from './finish.ts';
import type { AccountsOptions } from './options.ts';
import { refreshTokenFor } from './refresh-token-for.ts';
import { awaitConfirmation } from './verification.ts';

/** How often a save that lost a race is tried on the newer row. */
const saveAttempts = 5;

/** What a callback that owns its ticket comes to. */
export const complete = async (options: AccountsOptions, ticket: TakenTicket, callback: Callback): Promise<Finish> => {
  if (callback.error !== undefined) return refusedByGoogle(options, ticket.key, callback.error);
  if (callback.code === undefined) return { kind: 'operator_fault' };
  const { codeVerifier, redirectUri, nonce } = ticket;
  const outcome = await options.oauth.exchangeCode({ code: callback.code, codeVerifier, redirectUri, nonce });
  if (outcome.kind === 'failed') return exchangeFailed(outcome.failure);
  if (outcome.kind === 'identity_rejected') {
    options.log({ event: 'identity_rejected', key: ticket.key, cause: outcome.check });
    return { kind: 'operator_fault' };
  }
  return join(options, ticket, outcome);
};

/** RFC 6749 §4.1.2.1 and Google's own codes. */
const refusedByGoogle = async ({ storage }: AccountsOptions, key: AccountKey, error: string): Promise<Finish> => {
  switch (error) {
    case 'access_denied': {
      const account = await storage.accounts.find(key);
      if (account?.state.status === 'PENDING')
        await storage.accounts.setState(key, account.version, { status: 'PENDING', reason: 'consent_declined' });
      return { kind: 'declined' };
    }
    case 'admin_policy_enforced':
    case 'org_internal':
      return { kind: 'admin_blocked' };
    case 'server_error':
    case 'temporarily_unavailable':
      return { kind: 'google_unavailable' };
    default:
      return { kind: 'operator_fault' };
  }
};

const exchangeFailed = (failure: TokenFailure): Finish => {
  switch (failure.kind) {
    case 'grant_ended':
      // A code that Google does not know under this verifier: used before, too late, or not from this round.
      return failure.error === 'admin_policy_enforced' ? { kind: 'admin_blocked' } : { kind: 'expired' };
    case 'rate_limited':
    case 'unavailable':
      return { kind: 'google_unavailable' };
    case 'client_invalid':
    case 'refused':
      return { kind: 'operator_fault' };
  }
};

type Granted = CodeOutcome & { kind: 'granted' };

/** Joins what Google granted to the account, or says why not. What is not accepted is forgotten, never revoked. */
const join = async (options: AccountsOptions, ticket: TakenTicket, granted: Granted): Promise<Finish> => {
  const { tokens, identity } = granted;
  const grantedScopes = tokens.scopes ?? scopesFor(ticket.capabilities);
  const missing = missingCapabilities(ticket.capabilities, grantedScopes);
  if (!usable(options, grantedScopes)) return { kind: 'scope_missing', missing };
  for (let attempt = 0; attempt < saveAttempts; attempt++) {
    const account = await options.storage.accounts.find(ticket.key);
    const current = await options.storage.tickets.find(ticket.hash);
    if (account === undefined || current === undefined) return { kind: 'unknown' };
    // The save looks at the ticket once more: a disconnect may end it in between.
    if (current.status !== 'redeemed') return { kind: 'expired' };
    const verdict = accept(identity, account, ticket);
    if (verdict.kind === 'unverifiable') return verdict;
    if (verdict.kind === 'wrong_mailbox') return { ...verdict, got: identity.email };
    const refreshToken = await refreshTokenFor(options, ticket.key, tokens, identity.sub, grantedScopes);
    if (refreshToken === undefined) return askAgain(options, ticket);
    const google = googleIdentity(identity);
    if (needsConfirmation(account, ticket)) {
      const grant = toGrant(options, ticket, tokens, grantedScopes, google);
      return awaitConfirmation(options, ticket, account, { grant, identity });
    }
    const grant = toGrant(options, ticket, { ...tokens, refreshToken }, grantedScopes, google);
    const saved = await options.storage.accounts.saveGrant(ticket.key, account.version, grant, ticket.hash);
    if (saved === undefined) continue;
    options.changed(ticket.key);
    return { kind: 'connected', account: saved, google, missing };
  }
  return { kind: 'google_unavailable' };
};

/** At least one thing that a tool can work with. */
const usable = ({ requiredCapabilities }: AccountsOptions, grantedScopes: readonly string[]): boolean => {
  const granted = capabilitiesOf(grantedScopes);
  return requiredCapabilities.length === 0 || requiredCapabilities.some((capability) => granted.has(capability));
};

const googleIdentity = ({ sub, email, hostedDomain }: VerifiedIdentity): GoogleIdentity => ({
  sub,
  email,
  ...(hostedDomain === undefined ? {} : { hostedDomain }),
});

/** Once more with `prompt=consent`, in the same browser and on the same ticket; a second time would be no help. */
const askAgain = async (options: AccountsOptions, ticket: TakenTicket): Promise<Finish> => {
  if (ticket.askedAgain) return { kind: 'google_unavailable' };
  const sent = authorization(options, ticket, true);
  const retaken = await options.storage.tickets.retake(ticket.hash, sent.kept, options.clock.now());
  return retaken ? { kind: 'again', url: await sent.url() } : { kind: 'expired' };
};

const toGrant = (
  { oauth }: AccountsOptions,
  ticket: Ticket,
  tokens: Tokens,
  grantedScopes: readonly string[],
  google: GoogleIdentity,
): Grant => ({
  ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
  accessToken: tokens.accessToken,
  accessTokenExpiresAt: tokens.accessTokenExpiresAt,
  ...(tokens.refreshTokenExpiresAt === undefined ? {} : { refreshTokenExpiresAt: tokens.refreshTokenExpiresAt }),
  requestedScopes: scopesFor(ticket.capabilities),
  grantedScopes,
  google,
  clientId: oauth.clientId,
  tokenEndpoint: oauth.tokenEndpoint,
});
