// What the MAC of a row covers, column by column. A table is protected when it has a `mac` column; then every other
// column has to be named here, so that a new one cannot be forgotten.
import type { Schema } from './schema.ts';

/** Tables whose rows grant or limit access. */
export type ProtectedTable = {
  [T in keyof Schema]: 'mac' extends keyof Schema[T] ? T : never;
}[keyof Schema];

/**
 * `key` columns name the row, `signed` ones mean something; both are covered. The others carry the reason why nobody
 * gains anything by changing them.
 */
type Use = 'key' | 'signed' | { readonly unsigned: string };

const lease = {
  unsigned: 'says only which process renews a token just now; wrongly set, a renewal waits or comes twice',
};
const attempt = { unsigned: 'when an event is sent; wrongly set, it is sent sooner, later, twice or not' };
const lastUse = { unsigned: 'is only shown; it changes with every use' };

/** A new nullable column may be added as `signed` at any time: a null is not part of the MAC. */
export const protectedTables = {
  accounts: {
    realm: 'key',
    identifier: 'key',
    version: 'signed',
    status: 'signed',
    reason: 'signed',
    reason_evidence: 'signed',
    state_since: 'signed',
    created_at: 'signed',
    connected_at: 'signed',
    last_used_at: lastUse,
    expected_email: 'signed',
    expected_domain: 'signed',
    expected_sub: 'signed',
    google_sub: 'signed',
    google_email: 'signed',
    google_hosted_domain: 'signed',
    grant_version: 'signed',
    refresh_token: 'signed',
    access_token: 'signed',
    access_token_expires_at: 'signed',
    refresh_token_expires_at: 'signed',
    requested_scopes: 'signed',
    granted_scopes: 'signed',
    refused_capabilities: 'signed',
    asked_capabilities: 'signed',
    client_id: 'signed',
    token_endpoint: 'signed',
    granted_at: 'signed',
    refreshed_at: 'signed',
    refresh_token_prefix_hmac: 'signed',
    refresh_token_double_sha512: 'signed',
    refresh_tokens_issued: { unsigned: 'a count, for a warning; it changes with other accounts of the same mailbox' },
    refused_since: {
      unsigned: 'since when Google refuses the grant; wrongly set, a suspended end comes sooner or later',
    },
    checked_at: { unsigned: 'is only shown' },
    check_due_at: { unsigned: 'when Google is asked next; wrongly set, it is asked sooner or later' },
    lease_until: lease,
    lease_holder: lease,
    connection: 'signed',
    allowed_capabilities: 'signed',
  },
  tickets: {
    hash: 'key',
    realm: 'signed',
    identifier: 'signed',
    status: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
    capabilities: 'signed',
    link_policy: 'signed',
    redirect_uri: 'signed',
    replace_account: 'signed',
    api_key_id: 'signed',
    state_hash: 'signed',
    return_url: 'signed',
    return_state: 'signed',
    login_hint: 'signed',
    expiry_noted_at: 'signed',
  },
  api_keys: {
    id: 'key',
    kind: 'signed',
    realm: 'signed',
    identifier: 'signed',
    label: 'signed',
    secret_hash: 'signed',
    unverified_links: 'signed',
    verify_url: 'signed',
    return_urls: 'signed',
    product_name: 'signed',
    created_at: 'signed',
    revoked_at: 'signed',
    last_used_at: lastUse,
    connection: 'signed',
  },
  product_logos: {
    api_key_id: 'key',
    media_type: 'signed',
    data: 'signed',
  },
  sessions: {
    id: 'key',
    secret_hash: 'signed',
    realm: 'signed',
    identifier: 'signed',
    api_key_id: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
  },
  pending_grants: {
    hash: 'key',
    realm: 'signed',
    identifier: 'signed',
    ticket_hash: 'signed',
    api_key_id: 'signed',
    status: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
    google_sub: 'signed',
    sealed_grant: 'signed',
  },
  downloads: {
    hash: 'key',
    realm: 'signed',
    identifier: 'signed',
    grant_version: 'signed',
    message_id: 'signed',
    part_id: 'signed',
    file_name: 'signed',
    mime_type: 'signed',
    size: 'signed',
    expires_at: 'signed',
    claimed_until: 'signed',
    completed_at: 'signed',
    sequence: { unsigned: 'says which links end first; whoever can change it can delete them' },
  },
  authorization_records: {
    id_hash: 'key',
    model: 'signed',
    payload: 'signed',
    grant_hash: 'signed',
    uid_hash: 'signed',
    realm: 'signed',
    identifier: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
    consumed_at: 'signed',
  },
  authorization_keys: {
    id: 'key',
    purpose: 'signed',
    sealed_key: 'signed',
    created_at: 'signed',
  },
  authorization_rounds: {
    state_hash: 'key',
    realm: 'signed',
    browser_hash: 'signed',
    nonce: 'signed',
    code_verifier: 'signed',
    details: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
    redeemed_at: 'signed',
  },
  browser_sessions: {
    hash: 'key',
    realm: 'signed',
    identifier: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
  },
  idempotency_keys: {
    hash: 'key',
    api_key_id: 'signed',
    body_hash: 'signed',
    holder: 'signed',
    lease_until: 'signed',
    realm: 'signed',
    identifier: 'signed',
    sealed_answer: 'signed',
    created_at: 'signed',
    expires_at: 'signed',
    sequence: { unsigned: 'says which rows are forgotten first; whoever can change it can delete them' },
  },
  connections: {
    name: 'key',
    client_id: 'signed',
    sealed_secret: 'signed',
    kind: 'signed',
    redirect_uris: 'signed',
    capabilities: 'signed',
    created_at: 'signed',
  },
  connection_defaults: {
    realm: 'key',
    connection: 'signed',
  },
  webhook_endpoints: {
    id: 'key',
    realm: 'signed',
    url: 'signed',
    events: 'signed',
    allow_private: 'signed',
    secret: 'signed',
    former_secret: 'signed',
    former_secret_until: 'signed',
    created_at: 'signed',
    disabled_at: 'signed',
    disabled_because: 'signed',
  },
  webhook_deliveries: {
    sequence: 'signed',
    event_id: 'key',
    endpoint_id: 'key',
    realm: 'signed',
    identifier: 'signed',
    type: 'signed',
    payload: 'signed',
    created_at: 'signed',
    attempts: attempt,
    first_attempt_at: attempt,
    next_attempt_at: attempt,
    last_error: attempt,
    dead_at: attempt,
    lease_until: attempt,
    lease_holder: attempt,
  },
} as const satisfies { [T in ProtectedTable]: { [C in Exclude<keyof Schema[T], 'mac'>]: Use } };

export const protectedTableNames = Object.keys(protectedTables) as ProtectedTable[];

const columnsOf = (table: ProtectedTable, wanted: (use: Use) => boolean): readonly string[] =>
  Object.entries<Use>(protectedTables[table])
    .filter(([, use]) => wanted(use))
    .map(([column]) => column)
    .sort();

const byTable = (wanted: (use: Use) => boolean): ReadonlyMap<ProtectedTable, readonly string[]> =>
  new Map(protectedTableNames.map((table) => [table, columnsOf(table, wanted)]));

const keys = byTable((use) => use === 'key');
const signed = byTable((use) => typeof use === 'string');

/** The columns that name a row of this table. */
export const keyColumns = (table: ProtectedTable): readonly string[] => keys.get(table) ?? [];

/** The same in the order of the primary key, as they stand in the source: rows are read in it by that index alone. */
export const primaryKey = (table: ProtectedTable): readonly string[] =>
  Object.keys(protectedTables[table]).filter((column) => keyColumns(table).includes(column));

/** The columns that the MAC of a row covers, by name: the order in which they stand in the source means nothing. */
export const signedColumns = (table: ProtectedTable): readonly string[] => signed.get(table) ?? [];
