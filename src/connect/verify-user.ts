// Links whose completion the product confirms (`verify_url`): the grant waits until the backend that
// made the link says, from its own session, whose browser came back.

import type { Client } from '../grants/clients.ts';
import type { AccountsOptions } from '../grants/options.ts';
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import type { Account } from '../model/account.ts';
import { authRequestParameter } from '../model/caller.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';
import type { Grant, PendingGrant, PendingGrantStatus, PendingGrantView, Ticket } from '../storage/index.ts';
import { accept } from './acceptance.ts';
import { returnOfConfirmed } from './link-return.ts';
import type { LinkOutcome } from './outcomes.ts';
import { type AccountWithGrant, readAccount, refreshTokenFor } from './save-grant.ts';

/** Milliseconds a product has to confirm. */
export const confirmWithinMs = 10 * 60_000;

/**
 * How a pending connection stands; deliberately not whose link it is: a backend that read the name here would prove
 * nothing. The mailbox is there to be shown to the person first, who may have been sent the address by somebody else.
 */
export interface AuthRequest {
  readonly status: PendingGrantStatus;
  /** While it waits. */
  readonly googleEmail?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

export type Confirmed =
  /** `returnUrl`: where the product sends the browser on to, if the link named an address. */
  | { readonly kind: 'connected'; readonly account: Account; readonly returnUrl: string | undefined }
  /** There is none, or it was made with another key. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ended'; readonly status: Exclude<PendingGrantStatus, 'waiting'> }
  /** Somebody else completed the link than the person it was made for. */
  | { readonly kind: 'identifier_mismatch' }
  /** The account was pinned, or joined to another Google account, while this one waited: it does not fit any more. */
  | { readonly kind: 'account_changed' }
  | { readonly kind: 'raced' };

export interface Verification {
  find(id: string, apiKeyId: string): Promise<AuthRequest | undefined>;
  /** Once: a match makes the grant the account's; a mismatch erases it and leaves the account's present grant alone. */
  confirm(id: string, by: { readonly apiKeyId: string; readonly identifier: string }): Promise<Confirmed>;
}

/** The API key that made the ticket, while it is good: where its browsers go, and who may confirm. */
const verifierOf = async ({ storage }: AccountsOptions, { apiKeyId }: Ticket) => {
  const key = apiKeyId === undefined ? undefined : await storage.apiKeys.find(apiKeyId);
  if (key?.verifyUrl === undefined || key.revokedAt !== undefined) return undefined;
  return { apiKeyId: key.id, url: key.verifyUrl };
};

/** Keeps an accepted grant aside and says where the browser goes. A present grant serves on. */
export const awaitConfirmation = async (
  options: AccountsOptions,
  ticket: Ticket,
  account: Account,
  granted: { readonly grant: Grant; readonly identity: VerifiedIdentity },
): Promise<LinkOutcome> => {
  const { storage, clock, random } = options;
  const verifier = await verifierOf(options, ticket);
  if (verifier === undefined) return { kind: 'unverifiable' };
  const id = newSecret(random);
  const now = clock.now();
  const kept = await storage.pendingGrants.add({
    hash: hashSecret(id),
    key: ticket.key,
    ticketHash: ticket.hash,
    apiKeyId: verifier.apiKeyId,
    createdAt: now,
    expiresAt: now + confirmWithinMs,
    grant: granted.grant,
    emailVerified: granted.identity.emailVerified,
  });
  if (!kept) return { kind: 'unknown' };
  // Where this loses a race, somebody just wrote what is truer than "awaiting".
  if (account.state.status !== 'ACTIVE')
    await storage.accounts.setState(ticket.key, account.version, {
      status: 'PENDING',
      reason: 'awaiting_verification',
    });
  const url = new URL(verifier.url);
  url.searchParams.set(authRequestParameter, id);
  // Of a link with an address to go back to, it is for there.
  if (ticket.returnUrl === undefined && ticket.returnState !== undefined)
    url.searchParams.set('state', ticket.returnState);
  return { kind: 'awaiting_verification', url: url.href };
};

export const createVerification = (options: AccountsOptions): Verification => {
  const { storage, clock, log } = options;

  const find = async (id: string, apiKeyId: string): Promise<PendingGrantView | undefined> => {
    const pending = isSecret(id) ? await storage.pendingGrants.find(hashSecret(id)) : undefined;
    return pending?.apiKeyId === apiKeyId ? pending : undefined;
  };
  const statusOf = ({ status, expiresAt }: PendingGrantView): PendingGrantStatus =>
    status === 'waiting' && expiresAt <= clock.now() ? 'expired' : status;

  return {
    find: async (id, apiKeyId) => {
      const pending = await find(id, apiKeyId);
      if (pending === undefined) return undefined;
      const { createdAt, expiresAt } = pending;
      const opened = await storage.pendingGrants.open(pending.hash, clock.now());
      if (opened === undefined) return { status: statusOf(pending), createdAt, expiresAt };
      return { status: statusOf(pending), googleEmail: opened.grant.google.email, createdAt, expiresAt };
    },
    confirm: async (id, { apiKeyId, identifier }) => {
      const pending = await find(id, apiKeyId);
      if (pending === undefined) return { kind: 'unknown' };
      const { key, ticketHash } = pending;
      const status = statusOf(pending);
      if (status !== 'waiting') return { kind: 'ended', status };
      const confirmed = key.identifier === identifier ? await save(options, pending) : await refuse(options, pending);
      log({ event: 'link_confirmed', key, cause: confirmed.kind });
      if (confirmed.kind === 'connected') {
        await storage.tickets.connected(key, ticketHash);
      }
      return confirmed;
    },
  };
};

const endedAs = async ({ storage }: AccountsOptions, { hash }: PendingGrantView): Promise<Confirmed> => {
  const { status = 'void' } = (await storage.pendingGrants.find(hash)) ?? {};
  return { kind: 'ended', status: status === 'waiting' ? 'expired' : status };
};

/** Erases a pending grant for good, unless another request ended it first. */
const erase = async (
  options: AccountsOptions,
  pending: PendingGrantView,
  outcome: Extract<Confirmed, { kind: 'identifier_mismatch' | 'account_changed' }>,
): Promise<Confirmed> => {
  const { pendingGrants, tickets } = options.storage;
  if (!(await pendingGrants.refuse(pending.hash))) return endedAs(options, pending);
  await tickets.finish(pending.ticketHash, 'refused');
  return outcome;
};

const refuse = (options: AccountsOptions, pending: PendingGrantView): Promise<Confirmed> =>
  erase(options, pending, { kind: 'identifier_mismatch' });

/** The same rules as for a grant that needs nobody's word, on the account as it is now. */
const save = async (options: AccountsOptions, view: PendingGrantView): Promise<Confirmed> => {
  const { storage, clock } = options;
  const confirmed = await retryLostWrites(async (): Promise<Confirmed | undefined> => {
    const pending = await storage.pendingGrants.open(view.hash, clock.now());
    const present = await readAccount(options, view.key);
    const ticket = await storage.tickets.find(view.ticketHash);
    // Disconnecting ends the ticket, then the pending grant, and then looks at what there is: a save misses none of them.
    if (pending === undefined || present === undefined || ticket?.status !== 'redeemed') return endedAs(options, view);
    const { account } = present;
    const identity: VerifiedIdentity = { ...pending.grant.google, emailVerified: pending.emailVerified };
    if (accept(identity, account, ticket).kind !== 'accepted') return erase(options, view, { kind: 'account_changed' });
    // Made with the client of the account's connection, or it is nothing to this account.
    const client = await options.clients.ofGrant({ ...pending.grant, connection: account.connection });
    const grant = client.ok ? await withRefreshToken(client.value, pending, present) : undefined;
    if (grant === undefined) return erase(options, view, { kind: 'account_changed' });
    const saved = await storage.pendingGrants.confirm(view.hash, account.version, grant, clock.now());
    if (saved === 'ended') return endedAs(options, view);
    if (saved === 'raced') return undefined;
    return { kind: 'connected', account: saved, returnUrl: returnOfConfirmed(ticket, saved) };
  });
  return confirmed ?? { kind: 'raced' };
};

/** The present grant's refresh token may have changed while this one waited, so it is taken now and not kept twice. */
const withRefreshToken = async (
  client: Client,
  { grant }: PendingGrant,
  present: AccountWithGrant,
): Promise<Grant | undefined> => {
  const refreshToken = await refreshTokenFor(client, present.grant, grant, grant.google.sub, grant.grantedScopes);
  return refreshToken === undefined ? undefined : { ...grant, refreshToken };
};
