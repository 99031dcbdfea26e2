// Rows of the tickets table ↔ tickets. Pure; runs no queries.
import type { AccountKey } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, isCapability } from '../model/scope.ts';
import type { TicketsTable } from './schema.ts';
import type { SealedPlace } from './sealer.ts';

/** open → taken (by one browser) → redeemed (by Google's callback) → one of the ends; `void`: another ticket was completed. */
export type TicketStatus = TicketsTable['status'];

/** A pending connection. Times in milliseconds since the epoch. */
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
  /** With link policy `verify_url`: the API key that made the link and alone may confirm it. */
  readonly apiKeyId?: string;
}

/** A ticket at the moment its callback came: with what the token request and the id_token check need. */
export interface TakenTicket extends Ticket {
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Google was asked once more already, because it gave no refresh token the first time. */
  readonly askedAgain: boolean;
}

/** A link that was made before an update may name what is no longer asked for by name; it lives ten minutes. */
const toCapabilities = (json: string): Capability[] => JSON.parse(json).filter(isCapability);

export const toTicket = (row: TicketsTable): Ticket => ({
  hash: row.hash,
  key: { realm: row.realm, identifier: row.identifier },
  status: row.status,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  capabilities: toCapabilities(row.capabilities),
  linkPolicy: row.link_policy,
  redirectUri: row.redirect_uri,
  replace: row.replace_account === 1,
  ...(row.api_key_id === null ? {} : { apiKeyId: row.api_key_id }),
});

export const placeInTickets = ({
  hash,
  realm,
  identifier,
}: Pick<TicketsTable, 'hash' | 'realm' | 'identifier'>): SealedPlace => ({
  table: 'tickets',
  column: 'code_verifier',
  key: { realm, identifier },
  grantVersion: 0,
  row: hash,
});
