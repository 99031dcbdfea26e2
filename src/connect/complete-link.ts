// From Google's callback of a link to a saved grant: exchange the code, then join what it brought. Knows no browser.

import type { AccountsOptions } from '../grants/options.ts';
import type { PendingReason } from '../model/account.ts';
import { scopesFor } from '../model/scope.ts';
import type { TakenTicket } from '../storage/index.ts';
import { needsConfirmation } from './acceptance.ts';
import { authorization } from './authorization.ts';
import { type CallbackFailure, exchangeFailedBecause, refusedBecause } from './callback-errors.ts';
import type { Callback, DeadLink, Finish } from './link-outcome.ts';
import { type Granted, join } from './save-grant.ts';
import { awaitConfirmation } from './verify-user.ts';

/** What a callback that owns its ticket comes to. */
export const complete = async (options: AccountsOptions, ticket: TakenTicket, callback: Callback): Promise<Finish> => {
  if (callback.error !== undefined) return notConnected(options, ticket, refusedBecause(callback.error));
  if (callback.code === undefined) return { kind: 'operator_fault' };
  const { codeVerifier, redirectUri, nonce } = ticket;
  const outcome = await options.oauth.exchangeCode({ code: callback.code, codeVerifier, redirectUri, nonce });
  if (outcome.kind === 'failed') return notConnected(options, ticket, exchangeFailedBecause(outcome.failure));
  if (outcome.kind === 'identity_rejected') {
    options.log({ event: 'identity_rejected', key: ticket.key, cause: outcome.check });
    return { kind: 'operator_fault' };
  }
  return joinByTicket(options, ticket, outcome);
};

/** What somebody has to know who opens the next link, where it is not connected yet. */
const pendingReasons: Readonly<Partial<Record<CallbackFailure, PendingReason>>> = {
  declined: 'consent_declined',
  admin_blocked: 'admin_blocked',
};

const notConnected = async (
  { storage, oauth }: AccountsOptions,
  { key, capabilities }: TakenTicket,
  kind: CallbackFailure,
): Promise<Finish> => {
  const reason = pendingReasons[kind];
  const account = reason && (await storage.accounts.find(key));
  if (account?.state.status === 'PENDING' && reason !== undefined)
    await storage.accounts.setState(key, account.version, { status: 'PENDING', reason });
  return kind === 'admin_blocked' ? { kind, clientId: oauth.clientId, scopes: scopesFor(capabilities) } : { kind };
};

const joinByTicket = (options: AccountsOptions, ticket: TakenTicket, granted: Granted): Promise<Finish> => {
  const { key, capabilities, linkPolicy, replace, hash: ticketHash } = ticket;
  return join(
    options,
    {
      ...{ key, capabilities, linkPolicy, replace, ticketHash },
      keepBetter: false,
      over: () => over(options, ticketHash),
      askAgain: (email) => askAgain(options, ticket, email),
      instead: async (found, accepted) =>
        needsConfirmation(found, ticket) ? awaitConfirmation(options, ticket, found, accepted) : undefined,
    },
    granted,
  );
};

/** The save looks at the ticket once more: a disconnect may end it in between. */
const over = async ({ storage }: AccountsOptions, hash: string): Promise<DeadLink | undefined> => {
  const current = await storage.tickets.find(hash);
  if (current === undefined) return { kind: 'unknown' };
  return current.status === 'redeemed' ? undefined : { kind: 'expired' };
};

/** Once more with `prompt=consent`, in the same browser and on the same ticket; a second time would be no help. */
const askAgain = async (options: AccountsOptions, ticket: TakenTicket, email: string): Promise<Finish> => {
  if (ticket.askedAgain) return { kind: 'no_refresh_token' };
  const sent = authorization(options, ticket, { consentOf: email });
  const retaken = await options.storage.tickets.retake(ticket.hash, sent.kept, options.clock.now());
  return retaken ? { kind: 'again', url: await sent.url() } : { kind: 'expired' };
};
