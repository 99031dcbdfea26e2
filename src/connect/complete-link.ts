// From Google's callback of a link to a saved grant: redeem its round, exchange the code, save what it brought.

import type { Client } from '../grants/clients.ts';
import type { AccountsOptions } from '../grants/options.ts';
import { isSecret } from '../lib/secrets.ts';
import type { Account, PendingReason } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { scopesFor } from '../model/capability.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { Ticket } from '../storage/index.ts';
import { needsConfirmation } from './acceptance.ts';
import { type ConnectPurpose, isRoundOf, type OwnedRound, type Round, sendToGoogle } from './authorization-round.ts';
import { deadLink } from './links.ts';
import {
  type AuthorizationResponse,
  type CallbackFailure,
  type DeadLink,
  exchangeFailedBecause,
  type LinkOutcome,
  refusedBecause,
} from './outcomes.ts';
import { type Granted, saveGranted } from './save-grant.ts';
import { awaitConfirmation } from './verify-user.ts';

type LinkRound = OwnedRound<ConnectPurpose>;

/** What only finishing a link needs. */
export interface FinishOptions extends AccountsOptions {
  /** Asks Google whether the new grant reads mail, for as long as a person waits on a page. */
  readonly probeNewGrant: (account: Account) => Promise<Account>;
  /** Sees to it that a pending grant that nobody confirms is erased in time. */
  readonly eraseUnconfirmedLater: () => void;
}

/** What a callback of a link comes to. A link ends with it, unless Google has to ask again or a product to confirm. */
export const finishLink = async (
  options: FinishOptions,
  found: Round<ConnectPurpose>,
  response: AuthorizationResponse,
): Promise<LinkOutcome> => {
  const { tickets } = options.storage;
  const { browser } = response;
  // Another browser is told nothing of it.
  if (browser === undefined || !isSecret(browser)) return { kind: 'unknown' };
  const { ticketHash } = found.purpose;
  const codeVerifier = await found.redeem(browser, options.clock.now());
  const ticket = codeVerifier && (await tickets.redeem(ticketHash, found.stateHash, options.clock.now()));
  if (!codeVerifier || !ticket)
    return deadLink(await tickets.find(ticketHash), options.clock.now()) ?? { kind: 'unknown' };
  const outcome = await complete(options, ticket, { ...found, codeVerifier }, response);
  const ended = ticketEnd(outcome);
  if (ended !== undefined) await tickets.finish(ticket.hash, ended);
  if (outcome.kind === 'awaiting_verification') options.eraseUnconfirmedLater();
  options.log({ event: 'link_finished', key: ticket.key, cause: outcome.kind });
  if (outcome.kind !== 'connected') return outcome;
  // Whoever waits for the link, such as a command that ends with it and takes this page along, waits for the probe too.
  const account = await options.probeNewGrant(outcome.account);
  await tickets.connected(ticket.key, ticket.hash);
  return { ...outcome, account };
};

/** How a ticket ended that connected nothing; undefined: it did, or goes on at Google or at the product that confirms it. */
const ticketEnd = (outcome: LinkOutcome): 'declined' | 'refused' | 'failed' | undefined => {
  switch (outcome.kind) {
    case 'again':
    case 'awaiting_verification':
    case 'connected':
      return undefined;
    case 'declined':
      return outcome.kind;
    case 'wrong_mailbox':
    case 'unverifiable':
    case 'scope_missing':
      return 'refused';
    default:
      return 'failed';
  }
};

const complete = async (
  options: AccountsOptions,
  ticket: Ticket,
  round: LinkRound,
  { code, error }: AuthorizationResponse,
): Promise<LinkOutcome> => {
  const account = await options.storage.accounts.find(ticket.key);
  if (account === undefined) return { kind: 'unknown' };
  const client = await options.clients.of(account);
  if (!client.ok) {
    logNoClient(options, account);
    return { kind: 'operator_fault' };
  }
  const { oauth } = client.value;
  // Its connection got another client meanwhile: what Google gave for one is never shown to another.
  if (!isRoundOf(options, round, oauth)) return { kind: 'expired' };
  const ending = { ticket, clientId: oauth.clientId };
  if (error !== undefined) return notConnected(options, ending, refusedBecause(error));
  if (code === undefined) return { kind: 'operator_fault' };
  const { codeVerifier, redirectUri, nonce } = round;
  const outcome = await oauth.exchangeCode({ code, codeVerifier, redirectUri, nonce });
  if (outcome.kind === 'failed') return notConnected(options, ending, exchangeFailedBecause(outcome.failure));
  if (outcome.kind === 'identity_rejected') {
    options.log({ event: 'identity_rejected', key: ticket.key, cause: outcome.check });
    return { kind: 'operator_fault' };
  }
  return saveByTicket(options, client.value, { ticket, round }, outcome);
};

/** What somebody has to know who opens the next link, where it is not connected yet. */
const pendingReasons: Readonly<Partial<Record<CallbackFailure, PendingReason>>> = {
  declined: 'consent_declined',
  admin_blocked: 'admin_blocked',
};

/** The page says that the operator has to see to it, and the operator reads here what it is. */
export const logNoClient = ({ log }: AccountsOptions, { key, connection = '' }: Account): void =>
  log({ event: 'connection_unavailable', key, cause: connection, level: 'error' });

/** Writes down why an account is not connected yet. */
export const noteNotConnected = async (
  { storage }: AccountsOptions,
  key: AccountKey,
  kind: CallbackFailure,
): Promise<void> => {
  const reason = pendingReasons[kind];
  const account = reason && (await storage.accounts.find(key));
  if (account?.state.status === 'PENDING' && reason !== undefined)
    await storage.accounts.setState(key, account.version, { status: 'PENDING', reason });
};

const notConnected = async (
  options: AccountsOptions,
  { ticket: { key, capabilities }, clientId }: { readonly ticket: Ticket; readonly clientId: string },
  kind: CallbackFailure,
): Promise<LinkOutcome> => {
  await noteNotConnected(options, key, kind);
  return kind === 'admin_blocked' ? { kind, clientId, scopes: scopesFor(capabilities) } : { kind };
};

const saveByTicket = (
  options: AccountsOptions,
  client: Client,
  { ticket, round }: { readonly ticket: Ticket; readonly round: LinkRound },
  granted: Granted,
): Promise<LinkOutcome> => {
  const { key, capabilities, linkPolicy, replace, hash } = ticket;
  return saveGranted(
    options,
    {
      key,
      client,
      capabilities,
      linkPolicy,
      replace,
      ticketHash: hash,
      keepBetter: false,
      ended: () => endedMeanwhile(options, hash),
      askAgain: (email) => askAgain(options, client.oauth, { ticket, round }, email),
      holdBack: async (account, accepted) =>
        needsConfirmation(account, ticket) ? awaitConfirmation(options, ticket, account, accepted) : undefined,
    },
    granted,
  );
};

/** The save looks at the ticket once more: a disconnect may end it in between. */
const endedMeanwhile = async ({ storage }: AccountsOptions, hash: string): Promise<DeadLink | undefined> => {
  const current = await storage.tickets.find(hash);
  if (current === undefined) return { kind: 'unknown' };
  return current.status === 'redeemed' ? undefined : { kind: 'expired' };
};

/** Once more with `prompt=consent`, in the same browser and on the same ticket; a second time would be no help. */
const askAgain = async (
  options: AccountsOptions,
  oauth: GoogleOAuth,
  { ticket, round }: { readonly ticket: Ticket; readonly round: LinkRound },
  email: string,
): Promise<LinkOutcome> => {
  if (round.askedAgain) return { kind: 'no_refresh_token' };
  const { tickets, authorizationRounds } = options.storage;
  const { purpose, browserHash, redirectUri } = round;
  const { url, stateHash } = await sendToGoogle(options, oauth, {
    purpose,
    browserHash,
    redirectUri,
    capabilities: ticket.capabilities,
    expiresAt: ticket.expiresAt,
    askedAgain: true,
    promptConsent: true,
    loginHint: email,
  });
  const former = round.stateHash;
  if (!(await tickets.retake(ticket.hash, { stateHash, former }, options.clock.now()))) return { kind: 'expired' };
  await authorizationRounds.remove(former);
  return { kind: 'again', url };
};
