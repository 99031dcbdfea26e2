// Links of accounts, found by the hash of their ticket only. Every step is a write that one caller wins. What a browser
// takes to Google and back is its authorization round (authorization-round-store.ts), which a ticket names.
import type { AccountKey } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, isCapability } from '../model/capability.ts';
import { accountLock } from './engine.ts';
import { hasAccount, type Rows } from './protected-rows.ts';
import type { TicketsTable } from './schema.ts';

/** open → taken (by one browser) → redeemed (by Google's callback) → one of the ends; `void`: another ticket was completed. */
type TicketStatus = TicketsTable['status'];

/** A link. Times in milliseconds since the epoch. */
export interface Ticket {
  /** SHA-256 of the ticket in hex; the ticket itself is never stored. */
  readonly hash: string;
  readonly key: AccountKey;
  readonly status: TicketStatus;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly capabilities: Capability[];
  readonly linkPolicy: LinkPolicy;
  readonly redirectUri: string;
  /** May become another Google account than the one connected before. */
  readonly replace: boolean;
  /** The API key that made the link, or the session that did; with link policy `verify_url` it alone may confirm it. */
  readonly apiKeyId?: string;
  /** Where the browser goes back to at the end: an address that the key was allowed when the link was made. */
  readonly returnUrl?: string;
  /** The product's own text, which goes back with it. */
  readonly returnState?: string;
  /** The address that Google is told to expect, where the account says none. */
  readonly loginHint?: string;
  /** Names the authorization round that its browser is on, or was on last. */
  readonly stateHash?: string;
}

/** Hashes are SHA-256 in hex, made by the caller; `now` is in milliseconds. */
export interface TicketStore {
  /**
   * `too_many` when the account has `maxOpen` tickets that are open or taken and not expired at `createdAt`; `no_account`
   * when there is none, also when it was deleted a moment ago.
   */
  open(ticket: Omit<Ticket, 'status' | 'stateHash'>, maxOpen: number): Promise<'opened' | 'too_many' | 'no_account'>;
  find(hash: string): Promise<Ticket | undefined>;
  /** For a browser's new round: an open ticket, or a taken one that is still on the round `former`. */
  take(
    hash: string,
    round: { readonly stateHash: string; readonly former?: string },
    now: number,
  ): Promise<Ticket | undefined>;
  /** One more round to Google for a ticket that was redeemed from the round `former`. */
  retake(
    hash: string,
    round: { readonly stateHash: string; readonly former: string },
    now: number,
  ): Promise<Ticket | undefined>;
  /** Google's callback of this round: exactly one call gets the ticket. */
  redeem(hash: string, stateHash: string, now: number): Promise<Ticket | undefined>;
  /** Ends a ticket that nobody redeemed yet as declined, if its browser is still on this round (absent: on none). */
  decline(hash: string, stateHash: string | undefined): Promise<Ticket | undefined>;
  /** How a ticket ended that did not connect its account. One that ended before keeps its end. */
  finish(hash: string, status: 'declined' | 'refused' | 'failed'): Promise<void>;
  /** Ends a ticket as the one that connected its account, and the account's other tickets that nobody redeemed yet. */
  connected(key: AccountKey, hash: string): Promise<void>;
  /** Whether a browser went to Google with a ticket made since `since`, and never came back while it lasted. */
  wasAbandoned(key: AccountKey, since: number, now: number): Promise<boolean>;
  /** Ends every ticket of the account, also one whose callback is being worked on. */
  voidAll(key: AccountKey): Promise<void>;
}

const pending: readonly TicketStatus[] = ['open', 'taken'];
const unfinished: readonly TicketStatus[] = [...pending, 'redeemed'];

/** A link that was made before an update may name what is no longer asked for by name; it lives an hour at most. */
const toCapabilities = (json: string): Capability[] => JSON.parse(json).filter(isCapability);

const toTicket = (row: TicketsTable): Ticket => ({
  hash: row.hash,
  key: { realm: row.realm, identifier: row.identifier },
  status: row.status,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  capabilities: toCapabilities(row.capabilities),
  linkPolicy: row.link_policy,
  redirectUri: row.redirect_uri,
  replace: row.replace_account === 1,
  apiKeyId: row.api_key_id ?? undefined,
  stateHash: row.state_hash ?? undefined,
  returnUrl: row.return_url ?? undefined,
  returnState: row.return_state ?? undefined,
  loginHint: row.login_hint ?? undefined,
});

export const createTicketStore = (rows: Rows): TicketStore => {
  const change = async (
    hash: string,
    decide: (ticket: TicketsTable) => Partial<TicketsTable> | undefined,
  ): Promise<Ticket | undefined> => {
    const row = await rows.change('tickets', { hash }, decide);
    return row && toTicket(row);
  };

  return {
    open: (ticket, maxOpen) => open(rows, ticket, maxOpen),
    find: async (hash) => {
      const row = await rows.find('tickets', { hash });
      return row && toTicket(row);
    },
    take: (hash, { stateHash, former = null }, now) =>
      change(hash, ({ status, state_hash, expires_at }) => {
        const mayTake = status === 'open' || (status === 'taken' && state_hash === former);
        return mayTake && expires_at > now ? { status: 'taken', state_hash: stateHash } : undefined;
      }),
    retake: (hash, { stateHash, former }, now) =>
      change(hash, ({ status, state_hash, expires_at }) => {
        const mayRetake = status === 'redeemed' && state_hash === former && expires_at > now;
        return mayRetake ? { status: 'taken', state_hash: stateHash } : undefined;
      }),
    redeem: (hash, stateHash, now) =>
      change(hash, ({ status, state_hash, expires_at }) =>
        status === 'taken' && state_hash === stateHash && expires_at > now ? { status: 'redeemed' } : undefined,
      ),
    decline: (hash, stateHash) =>
      change(hash, ({ status, state_hash }) =>
        pending.includes(status) && state_hash === (stateHash ?? null) ? { status: 'declined' } : undefined,
      ),
    finish: async (hash, status) => {
      await change(hash, (ticket) => (unfinished.includes(ticket.status) ? { status } : undefined));
    },
    connected: ({ realm, identifier }, hash) =>
      rows.changeAll('tickets', { realm, identifier }, (ticket): Partial<TicketsTable> | undefined => {
        if (ticket.hash === hash) return unfinished.includes(ticket.status) ? { status: 'connected' } : undefined;
        return pending.includes(ticket.status) ? { status: 'void' } : undefined;
      }),
    wasAbandoned: async ({ realm, identifier }, since, now) => {
      const taken = await rows.list('tickets', { realm, identifier, status: 'taken' });
      return taken.some((ticket) => ticket.created_at >= since && ticket.expires_at <= now);
    },
    // What is being saved for one of them at this moment is saved before this, or not at all.
    voidAll: ({ realm, identifier }) =>
      rows.transaction(accountLock({ realm, identifier }), (transaction) =>
        transaction.changeAll('tickets', { realm, identifier }, (ticket): Partial<TicketsTable> | undefined =>
          unfinished.includes(ticket.status) ? { status: 'void' } : undefined,
        ),
      ),
  };
};

/** Counts and inserts under one lock, so that two callers never both take the last place. */
const open = (rows: Rows, ticket: Omit<Ticket, 'status' | 'stateHash'>, maxOpen: number) =>
  rows.transaction(accountLock(ticket.key), async (transaction) => {
    const { realm, identifier } = ticket.key;
    if (!(await hasAccount(transaction, ticket.key))) return 'no_account';
    const { count } = await transaction.db
      .selectFrom('tickets')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('realm', '=', realm)
      .where('identifier', '=', identifier)
      .where('status', 'in', pending)
      .where('expires_at', '>', ticket.createdAt)
      .executeTakeFirstOrThrow();
    if (count >= maxOpen) return 'too_many';
    await transaction.insert('tickets', {
      hash: ticket.hash,
      realm,
      identifier,
      status: 'open',
      created_at: ticket.createdAt,
      expires_at: ticket.expiresAt,
      capabilities: JSON.stringify(ticket.capabilities),
      link_policy: ticket.linkPolicy,
      redirect_uri: ticket.redirectUri,
      replace_account: ticket.replace ? 1 : 0,
      api_key_id: ticket.apiKeyId ?? null,
      return_url: ticket.returnUrl ?? null,
      return_state: ticket.returnState ?? null,
      login_hint: ticket.loginHint ?? null,
    });
    return 'opened';
  });
