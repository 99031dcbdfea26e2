// The way back from a link to the product that made it: where the browser goes at the end, and what it brings. Only an
// address that was checked when the link was made, and that lies with the ticket under its MAC, and only while the key that
// it was checked for is good. What is brought are closed words and the product's own `state`: nothing of Google's, no
// mailbox, nobody's name. It says how the link ended and proves nothing: anybody can open such an address.

import type { AccountsOptions } from '../grants/options.ts';
import { findReturnUrl, withReturnParameters } from '../lib/return-url.ts';
import { hashSecret } from '../lib/secrets.ts';
import type { Account } from '../model/account.ts';
import type { Caller } from '../model/caller.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { ApiKeyRecord, Ticket } from '../storage/index.ts';
import type { ConnectPurpose, Round } from './authorization-round.ts';
import type { LinkOutcome } from './outcomes.ts';

/** Where a product wants the browser back. */
export interface WantedReturn {
  readonly url: string;
  /** Comes back unchanged. */
  readonly state?: string;
}

/** How a link ended, in the words that a product gets. */
interface LinkEnd {
  readonly status: 'connected' | 'declined' | 'failed';
  readonly reason?: /** Connected, but not all that was asked for works: the account's capabilities say what. */
    | 'incomplete'
    | 'consent_declined'
    | 'wrong_mailbox'
    | 'scope_missing'
    | 'admin_blocked'
    | 'google_unavailable'
    | 'no_refresh_token'
    | 'operator_fault'
    | 'link_not_verifiable'
    | 'link_expired'
    | 'link_used';
  /** Whether the browser goes by itself; not where the person has to read first what no address should hold. */
  readonly automatic: boolean;
}

/** Where the browser goes back to. */
export interface ReturnAddress {
  readonly url: string;
  readonly automatic: boolean;
}

/** A product as the operator named it. */
interface Product {
  readonly name: string;
  /** A data: URI of a PNG, JPEG or WebP. */
  readonly logo?: string;
}

/** Who made a link, for its pages. */
export interface LinkMaker {
  readonly product?: Product;
  readonly returnTo?: ReturnAddress;
}

const keyOf = async (
  { storage }: Pick<AccountsOptions, 'storage'>,
  apiKeyId: string | undefined,
): Promise<ApiKeyRecord | undefined> => {
  const key = apiKeyId === undefined ? undefined : await storage.apiKeys.find(apiKeyId);
  return key?.revokedAt === undefined ? key : undefined;
};

/** What is kept with a ticket of where its browser may go back to; a problem for every address that its key is not for. */
export const checkReturn = async (
  options: Pick<AccountsOptions, 'storage'>,
  { apiKeyId }: Caller,
  { returnTo: wanted, verifyState }: { readonly returnTo?: WantedReturn; readonly verifyState?: string },
): Promise<Result<Pick<Ticket, 'returnUrl' | 'returnState'>>> => {
  if (wanted === undefined) return ok(verifyState === undefined ? {} : { returnState: verifyState });
  const registered = (await keyOf(options, apiKeyId))?.returnUrls ?? [];
  const returnUrl = findReturnUrl(wanted.url, registered);
  if (returnUrl === undefined) return failed({ kind: 'return_url_not_registered', registered });
  return ok({ returnUrl, returnState: wanted.state });
};

/** Whether all that the link asked for works; only a company's account has a directory. */
const isComplete = ({ capabilities }: Account, ticket: Ticket): boolean =>
  ticket.capabilities.every((name) => {
    const state = capabilities[name];
    return state.status === 'ready' || (state.status === 'refused' && state.reason === 'no_directory');
  });

const endOfConnected = (account: Account, ticket: Ticket): LinkEnd =>
  isComplete(account, ticket)
    ? { status: 'connected', automatic: true }
    : { status: 'connected', reason: 'incomplete', automatic: false };

/** A link that ended before, opened once more; undefined while its end is not known. */
const endOfUsed = ({ status }: Ticket): LinkEnd | undefined => {
  switch (status) {
    case 'connected':
    case 'declined':
      return { status, reason: 'link_used', automatic: false };
    case 'refused':
    case 'failed':
    case 'void':
      return { status: 'failed', reason: 'link_used', automatic: false };
    case 'open':
    case 'taken':
    case 'redeemed':
      return undefined;
  }
};

/** Undefined where the link goes on, or nobody knows what the browser came from. */
const endOf = (outcome: LinkOutcome, ticket: Ticket): LinkEnd | undefined => {
  switch (outcome.kind) {
    case 'connected':
      return endOfConnected(outcome.account, ticket);
    case 'declined':
      return { status: 'declined', reason: 'consent_declined', automatic: true };
    case 'google_unavailable':
    case 'operator_fault':
      return { status: 'failed', reason: outcome.kind, automatic: true };
    case 'wrong_mailbox':
    case 'scope_missing':
    case 'admin_blocked':
    case 'no_refresh_token':
      return { status: 'failed', reason: outcome.kind, automatic: false };
    case 'unverifiable':
      return { status: 'failed', reason: 'link_not_verifiable', automatic: false };
    case 'expired':
      return { status: 'failed', reason: 'link_expired', automatic: true };
    case 'used':
      return endOfUsed(ticket);
    case 'again':
    case 'awaiting_verification':
    case 'unknown':
      return undefined;
  }
};

const returnAddress = ({ returnUrl, returnState }: Ticket, end: LinkEnd | undefined): ReturnAddress | undefined => {
  if (returnUrl === undefined || end === undefined) return undefined;
  const { status, reason, automatic } = end;
  return { url: withReturnParameters(returnUrl, { status, reason, state: returnState }), automatic };
};

const productOf = async (
  { storage }: Pick<AccountsOptions, 'storage'>,
  { id, productName: name }: ApiKeyRecord,
): Promise<Product | undefined> => {
  if (name === undefined) return undefined;
  const logo = await storage.apiKeys.findLogo(id);
  return { name, ...(logo === undefined ? {} : { logo: `data:${logo.mediaType};base64,${logo.data}` }) };
};

const makerOf = async (
  options: Pick<AccountsOptions, 'storage'>,
  ticket: Ticket | undefined,
  ended: LinkOutcome,
): Promise<LinkMaker> => {
  const key = await keyOf(options, ticket?.apiKeyId);
  if (ticket === undefined || key === undefined) return {};
  return { product: await productOf(options, key), returnTo: returnAddress(ticket, endOf(ended, ticket)) };
};

/**
 * Who made this link, and where its browser goes back to where it ended so. Looked up anew: the ticket is gone with a
 * deleted account, and a revoked key sends nobody anywhere. Links are passed on: once a browser went on to Google, the way
 * back is for that one alone, also after the end.
 */
export const makerOfLink = async (
  options: Pick<AccountsOptions, 'storage'>,
  ticketHash: string,
  ended: LinkOutcome,
  browser: string | undefined,
): Promise<LinkMaker> => {
  const { tickets, authorizationRounds } = options.storage;
  const ticket = await tickets.find(ticketHash);
  const maker = await makerOf(options, ticket, ended);
  if (maker.returnTo === undefined || ticket?.stateHash === undefined) return maker;
  const round = await authorizationRounds.find(ticket.stateHash);
  return isBrowserOf(round, browser) ? maker : { product: maker.product };
};

/** The same of a link that Google answered: to the browser that was sent there, and to no other. */
export const makerOfRound = async (
  options: Pick<AccountsOptions, 'storage'>,
  round: Round<ConnectPurpose>,
  ended: LinkOutcome,
  browser: string | undefined,
): Promise<LinkMaker> =>
  isBrowserOf(round, browser)
    ? makerOf(options, await options.storage.tickets.find(round.purpose.ticketHash), ended)
    : {};

const isBrowserOf = (round: { readonly browserHash: string } | undefined, browser: string | undefined): boolean =>
  browser !== undefined && round?.browserHash === hashSecret(browser);

/** Where a product sends the browser on to that it confirmed; undefined where the link named no address. */
export const returnOfConfirmed = (ticket: Ticket, account: Account): string | undefined =>
  returnAddress(ticket, endOfConnected(account, ticket))?.url;
