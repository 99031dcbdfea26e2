// The tables as Kysely sees them; migrations.ts creates them. Sealed columns hold envelopes, times are milliseconds. A
// table with a `mac` grants or limits access; protected-tables.ts says what its MAC covers.
import type { Kysely } from 'kysely';
import type { PendingReason, RevokedReason } from '../model/account.ts';
import type { LinkPolicy } from '../model/caller.ts';
import type { CopiedFromTable, LeasesTable, ProcessesTable, RateLimitsTable } from './process-tables.ts';
import type { WebhookDeliveriesTable, WebhookEndpointsTable } from './webhooks/tables.ts';

/**
 * A null `access_token` means that there is no grant; then every other column of the grant is null too. A REVOKED
 * account keeps a grant that ended for no named reason for a day, in case that Google accepts it again.
 */
export interface AccountsTable {
  realm: string;
  identifier: string;
  version: number;
  status: 'PENDING' | 'ACTIVE' | 'REVOKED';
  reason: PendingReason | RevokedReason | null;
  /** JSON of the model's RevokedEvidence. */
  reason_evidence: string | null;
  state_since: number;
  created_at: number;
  connected_at: number | null;
  last_used_at: number | null;
  expected_email: string | null;
  expected_domain: string | null;
  expected_sub: string | null;
  google_sub: string | null;
  google_email: string | null;
  google_hosted_domain: string | null;
  grant_version: number;
  /** Sealed. */
  refresh_token: string | null;
  /** Sealed. */
  access_token: string | null;
  access_token_expires_at: number | null;
  refresh_token_expires_at: number | null;
  /** JSON array of scopes. */
  requested_scopes: string | null;
  /** JSON array of scopes. */
  granted_scopes: string | null;
  /** JSON of the model's Refusals; null where Google's APIs refuse nothing. */
  refused_capabilities: string | null;
  /** JSON array of capabilities. Not of the grant: it stays when that ends. */
  asked_capabilities: string | null;
  client_id: string | null;
  token_endpoint: string | null;
  granted_at: number | null;
  refreshed_at: number | null;
  refresh_token_prefix_hmac: string | null;
  refresh_token_double_sha512: string | null;
  /** How many refresh tokens Google gave this Postern for the same Google account and client; token-endpoint-store.ts. */
  refresh_tokens_issued: number | null;
  /** Since when Google refuses the grant for no reason that it names; null while it accepts it. */
  refused_since: number | null;
  /** When Google was last asked what works of the account. */
  checked_at: number | null;
  /** When it is to be asked again, while the account is ACTIVE. */
  check_due_at: number | null;
  /** While this is in the future, `lease_holder` is renewing the access token. */
  lease_until: number | null;
  lease_holder: string | null;
  /** Which of the connections it has, for life; null: the client of the environment. */
  connection: string | null;
  /** JSON array of the capabilities that its connection allows; null: all. */
  allowed_capabilities: string | null;
  mac: string | null;
}

/** One row per refresh token that Google gave; names nobody. */
interface RefreshTokensIssuedTable {
  /** HMAC of the Google account's `sub`. */
  google_account: string;
  client_id: string;
  issued_at: number;
}

/** What the token endpoint last said of the operator's client, apart from what accounts show. */
interface TokenEndpointAnswersTable {
  client_id: string;
  token_endpoint: string;
  /** It gave tokens that no account holds, or for a code. */
  accepted_at: number | null;
  /** It refused the code of a new authorization (`invalid_grant`). */
  code_refused_at: number | null;
  /** It refused the client (`invalid_client`). */
  client_refused_at: number | null;
}

export interface TicketsTable {
  hash: string;
  realm: string;
  identifier: string;
  status: 'open' | 'taken' | 'redeemed' | 'connected' | 'declined' | 'refused' | 'failed' | 'void';
  created_at: number;
  expires_at: number;
  /** JSON array of capabilities. */
  capabilities: string;
  link_policy: LinkPolicy;
  redirect_uri: string;
  replace_account: 0 | 1;
  /** Which API key made the link, or the session that made it. */
  api_key_id: string | null;
  /** The authorization round that its browser is on, or was on last. */
  state_hash: string | null;
  /** Where the browser goes back to, as it was checked when the link was made; without the parameters of the outcome. */
  return_url: string | null;
  return_state: string | null;
  login_hint: string | null;
  /** When an event said that it ran out; only in realms with a webhook endpoint. */
  expiry_noted_at: number | null;
  mac: string | null;
}

export interface ApiKeysTable {
  id: string;
  kind: 'user' | 'service';
  realm: string;
  identifier: string | null;
  label: string | null;
  secret_hash: string;
  unverified_links: 0 | 1;
  verify_url: string | null;
  /** JSON array of URLs. */
  return_urls: string | null;
  product_name: string | null;
  created_at: number;
  revoked_at: number | null;
  last_used_at: number | null;
  /** Which connection accounts get that are made with it; null: the realm's. */
  connection: string | null;
  mac: string | null;
}

/** A picture that is shown beside the name of a key's product. */
interface ProductLogosTable {
  api_key_id: string;
  media_type: 'image/png' | 'image/jpeg' | 'image/webp';
  /** Base64. */
  data: string;
  mac: string | null;
}

export interface SessionsTable {
  id: string;
  secret_hash: string;
  realm: string;
  identifier: string;
  api_key_id: string;
  created_at: number;
  expires_at: number;
  mac: string | null;
}

/** Only a waiting one has a grant; every end erases it. */
export interface PendingGrantsTable {
  hash: string;
  realm: string;
  identifier: string;
  ticket_hash: string;
  api_key_id: string;
  status: 'waiting' | 'confirmed' | 'refused' | 'expired' | 'void';
  created_at: number;
  expires_at: number;
  google_sub: string | null;
  /** Sealed: JSON of the grant. */
  sealed_grant: string | null;
  mac: string | null;
}

export interface DownloadsTable {
  hash: string;
  realm: string;
  identifier: string;
  grant_version: number;
  message_id: string;
  part_id: string;
  file_name: string;
  mime_type: string;
  size: number;
  expires_at: number;
  /** While this is in the future, somebody is fetching the file. */
  claimed_until: number | null;
  completed_at: number | null;
  /** One more than that of the account's link before: of those made within one millisecond too the oldest is known. */
  sequence: number;
  mac: string | null;
}

/** Which sealing key every process uses, by its id, so that none uses a new one before all know it. */
interface SealingKeyInUseTable {
  only_row: 1;
  key_id: string;
  /** When somebody who changes the key last asked which processes run. */
  asked_at: number | null;
}

/** OAuth clients at Google beside the environment's. */
export interface ConnectionsTable {
  name: string;
  client_id: string;
  /** Sealed. */
  sealed_secret: string;
  kind: 'desktop' | 'web';
  /** JSON array of addresses; null where it is not known. */
  redirect_uris: string | null;
  /** JSON array of the capabilities that its links may ask for; null: all. */
  capabilities: string | null;
  created_at: number;
  mac: string | null;
}

/** Which connection new accounts of a realm get; an empty realm stands for every other one. */
interface ConnectionDefaultsTable {
  realm: string;
  connection: string;
  mac: string | null;
}

/** Requests that came with an Idempotency-Key. */
export interface IdempotencyKeysTable {
  /** SHA-256 of the API key, the route and the key that was sent. */
  hash: string;
  api_key_id: string;
  body_hash: string;
  holder: string;
  lease_until: number;
  /** Whose account the answer is about; null while there is none, or where it is about nobody's. */
  realm: string | null;
  identifier: string | null;
  /** Sealed: JSON. Null while the request is under way. */
  sealed_answer: string | null;
  created_at: number;
  expires_at: number;
  /** One more than that of the API key's request before: the oldest are those with the smallest. */
  sequence: number;
  mac: string | null;
}

export interface Schema {
  idempotency_keys: IdempotencyKeysTable;
  accounts: AccountsTable;
  tickets: TicketsTable;
  api_keys: ApiKeysTable;
  product_logos: ProductLogosTable;
  sessions: SessionsTable;
  pending_grants: PendingGrantsTable;
  downloads: DownloadsTable;
  refresh_tokens_issued: RefreshTokensIssuedTable;
  token_endpoint_answers: TokenEndpointAnswersTable;
  leases: LeasesTable;
  copied_from: CopiedFromTable;
  rate_limits: RateLimitsTable;
  authorization_records: AuthorizationRecordsTable;
  authorization_keys: AuthorizationKeysTable;
  authorization_rounds: AuthorizationRoundsTable;
  browser_sessions: BrowserSessionsTable;
  sealing_key_in_use: SealingKeyInUseTable;
  processes: ProcessesTable;
  connections: ConnectionsTable;
  connection_defaults: ConnectionDefaultsTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
}

/** Queries on these tables. */
export type Database = Kysely<Schema>;

/** What the embedded authorization server keeps: codes, refresh tokens, grants, clients … Its ids are live credentials. */
export interface AuthorizationRecordsTable {
  /** SHA-256 of model and id. */
  id_hash: string;
  model: string;
  /** Sealed. */
  payload: string;
  grant_hash: string | null;
  uid_hash: string | null;
  /** Whose it is, once somebody signed in. */
  realm: string | null;
  identifier: string | null;
  created_at: number;
  expires_at: number | null;
  consumed_at: number | null;
  mac: string | null;
}

/** The authorization server's own keys. */
export interface AuthorizationKeysTable {
  id: string;
  purpose: 'signing' | 'cookies';
  /** Sealed. */
  sealed_key: string;
  created_at: number;
  mac: string | null;
}

/** A browser that was sent to Google or to an issuer and is to come back, for a link or to sign in. */
export interface AuthorizationRoundsTable {
  state_hash: string;
  /** Where it was sent: the realm of that provider's people. */
  realm: string;
  browser_hash: string;
  nonce: string;
  /** Sealed. Null once it was redeemed. */
  code_verifier: string | null;
  /** Sealed: JSON. */
  details: string;
  created_at: number;
  expires_at: number;
  redeemed_at: number | null;
  mac: string | null;
}

interface BrowserSessionsTable {
  hash: string;
  realm: string;
  identifier: string;
  created_at: number;
  expires_at: number;
  mac: string | null;
}
