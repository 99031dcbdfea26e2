// Pending connections, found by hashes only. Every step is one UPDATE that one caller wins. Knows nothing of Google.
import { sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import type { Database } from './database.ts';
import type { Sealer } from './sealer.ts';
import {
  placeInTickets,
  type TakenTicket,
  type Ticket,
  type TicketStatus,
  ticketColumns,
  toTicket,
} from './ticket-rows.ts';

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

export const createTicketStore = (db: Database, sealer: Sealer): TicketStore => ({
  open: (ticket, maxOpen) => open(db, ticket, maxOpen),
  find: async (hash) => {
    const row = await db.selectFrom('tickets').select(ticketColumns).where('hash', '=', hash).executeTakeFirst();
    return row && toTicket(row);
  },
  findByState: async (stateHash) => {
    const query = db.selectFrom('tickets').select(ticketColumns).where('state_hash', '=', stateHash);
    const row = await query.executeTakeFirst();
    return row && toTicket(row);
  },
  take: async (hash, { browserHash, stateHash, nonce, codeVerifier }, now) => {
    const owner = await ownerOf(db, hash);
    if (owner === undefined) return undefined;
    const row = await db
      .updateTable('tickets')
      .set({
        status: 'taken',
        browser_hash: browserHash,
        state_hash: stateHash,
        nonce,
        code_verifier: sealer.seal(codeVerifier, placeInTickets(owner, hash)),
      })
      .where('hash', '=', hash)
      .where('expires_at', '>', now)
      .where(({ or, and, eb }) =>
        or([eb('status', '=', 'open'), and([eb('status', '=', 'taken'), eb('browser_hash', '=', browserHash)])]),
      )
      .returning(ticketColumns)
      .executeTakeFirst();
    return row && toTicket(row);
  },
  retake: async (hash, { stateHash, nonce, codeVerifier }, now) => {
    const owner = await ownerOf(db, hash);
    if (owner === undefined) return undefined;
    const row = await db
      .updateTable('tickets')
      .set({
        status: 'taken',
        asked_again: 1,
        state_hash: stateHash,
        nonce,
        code_verifier: sealer.seal(codeVerifier, placeInTickets(owner, hash)),
      })
      .where('hash', '=', hash)
      .where('expires_at', '>', now)
      .where('status', '=', 'redeemed')
      .where('asked_again', '=', 0)
      .returning(ticketColumns)
      .executeTakeFirst();
    return row && toTicket(row);
  },
  redeem: (stateHash, browserHash, now) => redeem(db, sealer, stateHash, browserHash, now),
  finish: async (hash, status) => {
    await db
      .updateTable('tickets')
      .set({ status, code_verifier: null })
      .where('hash', '=', hash)
      .where('status', 'in', [...pending, 'redeemed'])
      .execute();
  },
  wasAbandoned: async (key, since, now) => {
    const row = await db
      .selectFrom('tickets')
      .select('hash')
      .where('realm', '=', key.realm)
      .where('identifier', '=', key.identifier)
      .where('status', '=', 'taken')
      .where('created_at', '>=', since)
      .where('expires_at', '<=', now)
      .executeTakeFirst();
    return row !== undefined;
  },
  voidOthers: async (key, exceptHash) => {
    await db
      .updateTable('tickets')
      .set({ status: 'void', code_verifier: null })
      .where('realm', '=', key.realm)
      .where('identifier', '=', key.identifier)
      .where('hash', '!=', exceptHash)
      .where('status', 'in', pending)
      .execute();
  },
  voidAll: async (key) => {
    await db
      .updateTable('tickets')
      .set({ status: 'void', code_verifier: null })
      .where('realm', '=', key.realm)
      .where('identifier', '=', key.identifier)
      .where('status', 'in', [...pending, 'redeemed'])
      .execute();
  },
});

/** Whose ticket it is never changes, so it can be read before the statement that decides. */
const ownerOf = (db: Database, hash: string): Promise<AccountKey | undefined> =>
  db.selectFrom('tickets').select(['realm', 'identifier']).where('hash', '=', hash).executeTakeFirst();

/** Counts and inserts in one statement, so that two callers never both take the last place. */
const open = async (db: Database, ticket: Omit<Ticket, 'status'>, maxOpen: number): Promise<'opened' | 'too_many'> => {
  const { key } = ticket;
  const { numAffectedRows = 0n } = await sql`
    insert into tickets
      (hash, realm, identifier, status, created_at, expires_at, capabilities, link_policy, redirect_uri, replace_account, api_key_id)
    select ${ticket.hash}, ${key.realm}, ${key.identifier}, 'open', ${ticket.createdAt}, ${ticket.expiresAt},
      ${JSON.stringify(ticket.capabilities)}, ${ticket.linkPolicy}, ${ticket.redirectUri}, ${ticket.replace ? 1 : 0},
      ${ticket.apiKeyId ?? null}
    where ${maxOpen} > (
      select count(*) from tickets
      where realm = ${key.realm} and identifier = ${key.identifier}
        and status in ('open', 'taken') and expires_at > ${ticket.createdAt})`.execute(db);
  return numAffectedRows > 0n ? 'opened' : 'too_many';
};

const redeem = (
  db: Database,
  sealer: Sealer,
  stateHash: string,
  browserHash: string,
  now: number,
): Promise<TakenTicket | undefined> =>
  db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable('tickets')
      .set({ status: 'redeemed' })
      .where('state_hash', '=', stateHash)
      .where('browser_hash', '=', browserHash)
      .where('status', '=', 'taken')
      .where('expires_at', '>', now)
      .returning([...ticketColumns, 'nonce', 'code_verifier', 'asked_again'])
      .executeTakeFirst();
    if (row === undefined || row.nonce === null || row.code_verifier === null) return undefined;
    // RETURNING gives the values after the update, so the verifier is erased by a statement of its own.
    await transaction.updateTable('tickets').set({ code_verifier: null }).where('hash', '=', row.hash).execute();
    const codeVerifier = sealer.open(row.code_verifier, placeInTickets(row, row.hash));
    if (codeVerifier === undefined) return undefined;
    return { ...toTicket(row), nonce: row.nonce, codeVerifier, askedAgain: row.asked_again === 1 };
  });
