// Pending connections, found by hashes only. Every step is a write that one caller wins. Knows nothing of Google.
import { type SqlBool, sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import type { Rows } from './protected-rows.ts';
import type { TicketsTable } from './schema.ts';
import type { Sealer } from './sealer.ts';
import { placeInTickets, type TakenTicket, type Ticket, type TicketStatus, toTicket } from './ticket-rows.ts';

/** Hashes are SHA-256 in hex, made by the caller; `now` is in milliseconds. */
export interface TicketStore {
  /** `too_many` when the account has `maxOpen` tickets that are open or taken and not expired at `createdAt`. */
  open(ticket: Omit<Ticket, 'status'>, maxOpen: number): Promise<'opened' | 'too_many'>;
  find(hash: string): Promise<Ticket | undefined>;
  findByState(stateHash: string): Promise<Ticket | undefined>;
  /** For one browser: an open ticket, or one the same browser took before, whose former state then ends. */
  take(
    hash: string,
    browser: {
      readonly browserHash: string;
      readonly stateHash: string;
      readonly nonce: string;
      readonly codeVerifier: string;
    },
    now: number,
  ): Promise<Ticket | undefined>;
  /** One more round to Google for a ticket that was just redeemed, by the same browser; only once per ticket. */
  retake(
    hash: string,
    round: { readonly stateHash: string; readonly nonce: string; readonly codeVerifier: string },
    now: number,
  ): Promise<Ticket | undefined>;
  /** Google's callback: exactly one call for a state gets the ticket, and only from the browser that took it. */
  redeem(stateHash: string, browserHash: string, now: number): Promise<TakenTicket | undefined>;
  /** How a ticket ended. One that ended before keeps its end. */
  finish(hash: string, status: 'connected' | 'declined' | 'refused' | 'failed'): Promise<void>;
  /** Whether a browser went to Google with a ticket made since `since`, and never came back while it lasted. */
  wasAbandoned(key: AccountKey, since: number, now: number): Promise<boolean>;
  /** Ends the account's other tickets that nobody redeemed yet. */
  voidOthers(key: AccountKey, exceptHash: string): Promise<void>;
  /** Ends every ticket of the account, also one whose callback is being worked on. */
  voidAll(key: AccountKey): Promise<void>;
}

const pending: readonly TicketStatus[] = ['open', 'taken'];
const unfinished: readonly TicketStatus[] = [...pending, 'redeemed'];

const ended = { status: 'void', code_verifier: null } as const;
const redeemed = { status: 'redeemed', code_verifier: null } as const;

interface Round {
  readonly stateHash: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** What a ticket is like while its browser is at Google. */
const atGoogle = (
  sealer: Sealer,
  row: TicketsTable,
  { stateHash, nonce, codeVerifier }: Round,
): Partial<TicketsTable> => ({
  status: 'taken',
  state_hash: stateHash,
  nonce,
  code_verifier: sealer.seal(codeVerifier, placeInTickets(row)),
});

export const createTicketStore = (rows: Rows, sealer: Sealer): TicketStore => ({
  open: (ticket, maxOpen) => open(rows, ticket, maxOpen),
  find: async (hash) => {
    const row = await rows.find('tickets', { hash });
    return row && toTicket(row);
  },
  findByState: async (stateHash) => {
    const row = await rows.find('tickets', { state_hash: stateHash });
    return row && toTicket(row);
  },
  take: async (hash, browser, now) => {
    const { browserHash } = browser;
    const row = await rows.change('tickets', { hash }, (ticket) => {
      const mayTake = ticket.status === 'open' || (ticket.status === 'taken' && ticket.browser_hash === browserHash);
      if (!mayTake || ticket.expires_at <= now) return undefined;
      return { ...atGoogle(sealer, ticket, browser), browser_hash: browserHash };
    });
    return row && toTicket(row);
  },
  retake: async (hash, round, now) => {
    const row = await rows.change('tickets', { hash }, (ticket) => {
      if (ticket.status !== 'redeemed' || ticket.asked_again === 1 || ticket.expires_at <= now) return undefined;
      return { ...atGoogle(sealer, ticket, round), asked_again: 1 as const };
    });
    return row && toTicket(row);
  },
  redeem: (stateHash, browserHash, now) => redeem(rows, sealer, stateHash, browserHash, now),
  finish: async (hash, status) => {
    await rows.change('tickets', { hash }, (ticket) =>
      unfinished.includes(ticket.status) ? { status, code_verifier: null } : undefined,
    );
  },
  wasAbandoned: async ({ realm, identifier }, since, now) => {
    const taken = await rows.list('tickets', { realm, identifier, status: 'taken' });
    return taken.some((ticket) => ticket.created_at >= since && ticket.expires_at <= now);
  },
  voidOthers: ({ realm, identifier }, exceptHash) =>
    rows.changeAll('tickets', { realm, identifier }, (ticket) =>
      ticket.hash !== exceptHash && pending.includes(ticket.status) ? ended : undefined,
    ),
  voidAll: ({ realm, identifier }) =>
    rows.changeAll('tickets', { realm, identifier }, (ticket) =>
      unfinished.includes(ticket.status) ? ended : undefined,
    ),
});

/** Counts and inserts in one statement, so that two callers never both take the last place. */
const open = async (rows: Rows, ticket: Omit<Ticket, 'status'>, maxOpen: number): Promise<'opened' | 'too_many'> => {
  const { realm, identifier } = ticket.key;
  const opened = await rows.insert(
    'tickets',
    {
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
      asked_again: 0,
    },
    sql<SqlBool>`${maxOpen} > (
      select count(*) from tickets
      where realm = ${realm} and identifier = ${identifier}
        and status in ('open', 'taken') and expires_at > ${ticket.createdAt})`,
  );
  return opened ? 'opened' : 'too_many';
};

const redeem = async (
  rows: Rows,
  sealer: Sealer,
  stateHash: string,
  browserHash: string,
  now: number,
): Promise<TakenTicket | undefined> => {
  let taken: { readonly nonce: string; readonly codeVerifier: string } | undefined;
  const where = { state_hash: stateHash, browser_hash: browserHash };
  const row = await rows.change('tickets', where, (ticket) => {
    const { nonce, code_verifier: sealed } = ticket;
    if (ticket.status !== 'taken' || ticket.expires_at <= now || nonce === null || sealed === null) return undefined;
    const codeVerifier = sealer.open(sealed, placeInTickets(ticket));
    taken = codeVerifier === undefined ? undefined : { nonce, codeVerifier };
    return redeemed;
  });
  return row && taken && { ...toTicket(row), ...taken, askedAgain: row.asked_again === 1 };
};
