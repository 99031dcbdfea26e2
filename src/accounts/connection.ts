// The browser's half of connecting: look at a ticket, take it, come back from Google. Changes an account only at the
// very end, in one version-checked write; the present grant serves until the new one is accepted.

import type { Account, GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, capabilitiesOf, missingCapabilities, scopesFor } from '../model/scope.ts';
import type { CodeOutcome, Tokens } from '../oauth/google-oauth.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';
import type { TokenFailure } from '../oauth/token-client.ts';
import type { Grant, TakenTicket, Ticket } from '../storage/index.ts';
import { accept } from './acceptance.ts';
import type { AccountsOptions } from './index.ts';
import { hashSecret, isSecret, newSecret } from './secrets.ts';

export type DeadLink = { readonly kind: 'used' } | { readonly kind: 'expired' } | { readonly kind: 'unknown' };

export type LinkView =
  | {
      readonly kind: 'confirm';
      readonly account: Account;
      readonly capabilities: Capability[];
      readonly expiresAt: number;
      readonly linkPolicy: LinkPolicy;
      readonly clientId: string;
      readonly scopes: string[];
    }
  | DeadLink;

export type Begin =
  | { readonly kind: 'redirect'; readonly url: string }
  | { readonly kind: 'taken_elsewhere' }
  | DeadLink;

export type Finish =
  | {
      readonly kind: 'connected';
      readonly account: Account;
      readonly google: GoogleIdentity;
      readonly missing: Capability[];
    }
  /** Google has to ask once more, because it gave no refresh token: send the same browser there again. */
  | { readonly kind: 'again'; readonly url: string }
  | { readonly kind: 'declined' }
  | { readonly kind: 'wrong_mailbox'; readonly expected: string; readonly got: string }
  | { readonly kind: 'scope_missing'; readonly missing: Capability[] }
  | { readonly kind: 'unverifiable' }
  | { readonly kind: 'admin_blocked' }
  | { readonly kind: 'google_unavailable' }
  | { readonly kind: 'operator_fault' }
  | DeadLink;

export interface Callback {
  readonly state?: string;
  readonly code?: string;
  readonly error?: string;
  /** The secret of this ticket's cookie. */
  readonly browser?: string;
}

export interface Connection {
  /** What a link is about. Changes nothing: chat apps preview links. */
  view(ticket: string): Promise<LinkView>;
  /** Takes the ticket for this browser and says where Google is. `browser` is the secret in the ticket's cookie. */
  begin(ticket: string, browser: string): Promise<Begin>;
  /** A name for the cookie that binds a ticket to a browser; undefined for an unknown ticket or state. */
  cookieOf(of: { readonly ticket: string } | { readonly state: string }): Promise<string | undefined>;
  /** Google's redirect back: exactly one callback per ticket gets as far as the code exchange. */
  finish(callback: Callback): Promise<Finish>;
}

const saveAttempts = 5;

/** The link is over, or why it is not. */
const deadOr = (ticket: Ticket | undefined, now: number): DeadLink | undefined => {
  if (ticket === undefined) return { kind: 'unknown' };
  if (ticket.status !== 'open' && ticket.status !== 'taken') return { kind: 'used' };
  return ticket.expiresAt > now ? undefined : { kind: 'expired' };
};

export const createConnection = (options: AccountsOptions): Connection => {
  const { storage, oauth, clock } = options;
  const { tickets } = storage;

  const findByTicket = (secret: string) =>
    isSecret(secret) ? tickets.find(hashSecret(secret)) : Promise.resolve(undefined);
  const findByState = (state: string) =>
    isSecret(state) ? tickets.findByState(hashSecret(state)) : Promise.resolve(undefined);

  return {
    view: async (secret) => {
      const ticket = await findByTicket(secret);
      const dead = deadOr(ticket, clock.now());
      if (dead || ticket === undefined) return dead ?? { kind: 'unknown' };
      const account = await storage.accounts.find(ticket.key);
      if (account === undefined) return { kind: 'unknown' };
      const { capabilities, expiresAt, linkPolicy } = ticket;
      const scopes = scopesFor(capabilities);
      return { kind: 'confirm', account, capabilities, expiresAt, linkPolicy, clientId: oauth.clientId, scopes };
    },

    begin: async (secret, browser) => {
      const ticket = await findByTicket(secret);
      const dead = deadOr(ticket, clock.now());
      if (dead || ticket === undefined) return dead ?? { kind: 'unknown' };
      const sent = authorization(options, ticket);
      const taken = await tickets.take(ticket.hash, { browserHash: hashSecret(browser), ...sent.kept }, clock.now());
      if (taken) return { kind: 'redirect', url: await sent.url() };
      return deadOr(await tickets.find(ticket.hash), clock.now()) ?? { kind: 'taken_elsewhere' };
    },

    cookieOf: async (of) => {
      const ticket = 'ticket' in of ? await findByTicket(of.ticket) : await findByState(of.state);
      return ticket === undefined ? undefined : `postern_link_${ticket.hash.slice(0, 16)}`;
    },

    finish: async (callback) => {
      const { state = '', browser = '' } = callback;
      const found = await findByState(state);
      if (found === undefined || !isSecret(browser)) return { kind: 'unknown' };
      const taken = await tickets.redeem(hashSecret(state), hashSecret(browser), clock.now());
      if (taken === undefined) return deadOr(found, clock.now()) ?? { kind: 'unknown' };
      const finish = await complete(options, taken, callback);
      if (finish.kind !== 'again') await tickets.finish(taken.hash, ticketEnd(finish));
      if (finish.kind === 'connected') await tickets.voidOthers(taken.key, taken.hash);
      options.log({ event: 'link_finished', key: taken.key, cause: finish.kind });
      return finish;
    },
  };
};

const ticketEnd = (finish: Finish): 'connected' | 'declined' | 'refused' | 'failed' => {
  switch (finish.kind) {
    case 'connected':
    case 'declined':
      return finish.kind;
    case 'wrong_mailbox':
    case 'unverifiable':
    case 'scope_missing':
      return 'refused';
    default:
      return 'failed';
  }
};

/** One round to Google: fresh state, nonce and verifier, so that nothing of an earlier round can be replayed. */
const authorization = ({ oauth, random, storage }: AccountsOptions, ticket: Ticket, promptConsent = false) => {
  const state = newSecret(random);
  const kept = { stateHash: hashSecret(state), nonce: newSecret(random), codeVerifier: oauth.newCodeVerifier() };
  const url = async (): Promise<string> => {
    const account = await storage.accounts.find(ticket.key);
    const loginHint = account?.pins.expectedEmail ?? (ticket.replace ? undefined : account?.google?.email);
    return oauth.authorizationUrl({
      redirectUri: ticket.redirectUri,
      scopes: scopesFor(ticket.capabilities),
      state,
      nonce: kept.nonce,
      codeVerifier: kept.codeVerifier,
      promptConsent,
      ...(loginHint === undefined ? {} : { loginHint }),
    });
  };
  return { kept, url };
};

const complete = async (options: AccountsOptions, ticket: TakenTicket, callback: Callback): Promise<Finish> => {
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
    if (account === undefined) return { kind: 'unknown' };
    const verdict = accept(identity, account, ticket);
    if (verdict.kind === 'unverifiable') return verdict;
    if (verdict.kind === 'wrong_mailbox') return { ...verdict, got: identity.email };
    const refreshToken = await refreshTokenFor(options, ticket.key, tokens, identity, grantedScopes);
    if (refreshToken === undefined) return askAgain(options, ticket);
    const google = googleIdentity(identity);
    const grant = toGrant(options, ticket, { ...tokens, refreshToken }, grantedScopes, google);
    const saved = await options.storage.accounts.saveGrant(ticket.key, account.version, grant);
    if (saved === undefined) continue;
    options.changed(ticket.key);
    return { kind: 'connected', account: saved, google, missing };
  }
  return { kind: 'google_unavailable' };
};

/** At least one thing that a tool can work with. */
const usable = ({ baseCapabilities }: AccountsOptions, grantedScopes: readonly string[]): boolean => {
  const granted = capabilitiesOf(grantedScopes);
  return baseCapabilities.length === 0 || baseCapabilities.some((capability) => granted.has(capability));
};

const googleIdentity = ({ sub, email, hostedDomain }: VerifiedIdentity): GoogleIdentity => ({
  sub,
  email,
  ...(hostedDomain === undefined ? {} : { hostedDomain }),
});

/** Google gives no refresh token where it did not ask; the stored one serves on if it covers the same. */
const refreshTokenFor = async (
  { storage, oauth }: AccountsOptions,
  key: AccountKey,
  tokens: Tokens,
  identity: VerifiedIdentity,
  grantedScopes: readonly string[],
): Promise<string | undefined> => {
  if (tokens.refreshToken !== undefined) return tokens.refreshToken;
  const reading = await storage.accounts.readGrant(key);
  if (reading.kind !== 'grant') return undefined;
  const { grant } = reading;
  const same =
    grant.google.sub === identity.sub &&
    grant.clientId === oauth.clientId &&
    grant.tokenEndpoint === oauth.tokenEndpoint &&
    missingCapabilities(capabilitiesOf(grantedScopes), grant.grantedScopes).length === 0;
  return same ? grant.refreshToken : undefined;
};

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
  tokens: Tokens & { readonly refreshToken: string },
  grantedScopes: readonly string[],
  google: GoogleIdentity,
): Grant => ({
  refreshToken: tokens.refreshToken,
  accessToken: tokens.accessToken,
  accessTokenExpiresAt: tokens.accessTokenExpiresAt,
  ...(tokens.refreshTokenExpiresAt === undefined ? {} : { refreshTokenExpiresAt: tokens.refreshTokenExpiresAt }),
  requestedScopes: scopesFor(ticket.capabilities),
  grantedScopes,
  google,
  clientId: oauth.clientId,
  tokenEndpoint: oauth.tokenEndpoint,
});
