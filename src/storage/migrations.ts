// What was done to the schema, in order; migrate.ts runs it. A migration that changes signed values of rows that are there
// (protected-tables.ts), or takes a signed column away, needs an entry in formerly-signed.ts; one that adds a nullable column
// does not.
import { releasedMigrations } from './released-migrations.ts';

/** Number n brings schema n to n + 1. Those of released versions never change. */
export const migrations: readonly string[] = [
  ...releasedMigrations,
  `
  alter table accounts add column refused_since integer;
  create index accounts_refused on accounts (refused_since) where status = 'ACTIVE' and refused_since is not null;

  create table token_endpoint_answers (
    client_id text not null,
    token_endpoint text not null,
    accepted_at integer,
    code_refused_at integer,
    client_refused_at integer,
    primary key (client_id, token_endpoint)
  ) strict;
  `,
  // The MACs of the rows that are there are made by `adopt`, once (migrate.ts).
  `
  alter table accounts add column mac text;
  alter table tickets add column mac text;
  alter table api_keys add column mac text;
  alter table sessions add column mac text;
  alter table pending_grants add column mac text;
  alter table downloads add column mac text;
  alter table authorization_records add column mac text;
  alter table authorization_keys add column mac text;
  alter table sign_ins add column mac text;
  alter table browser_sessions add column mac text;
  `,
  `
  create table sealing_key_in_use (
    only_row integer primary key not null check (only_row = 1),
    key_id text not null
  ) strict;

  create table processes (
    id text primary key not null,
    key_ids text not null,
    sealing_key_id text not null,
    rereads_keys integer not null,
    seen_at integer not null
  ) strict;
  `,
  `
  alter table accounts add column checked_at integer;
  alter table accounts add column check_due_at integer;
  update accounts set check_due_at = refreshed_at + 24 * 60 * 60000 where status = 'ACTIVE';
  create index accounts_by_check on accounts (check_due_at) where status = 'ACTIVE';

  create table leases (
    name text primary key not null,
    holder text not null,
    until integer not null
  ) strict;
  `,
  `
  alter table accounts add column refused_capabilities text;
  alter table accounts add column asked_capabilities text;
  `,
  // What a browser takes to a provider and back is a row of its own now, for links and for sign-ins. Whoever is there at
  // this moment starts again: a link that was under way ends, so that it is not given out a second time.
  `
  create table authorization_rounds (
    state_hash text primary key not null,
    realm text not null,
    browser_hash text not null,
    nonce text not null,
    code_verifier text,
    details text not null,
    created_at integer not null,
    expires_at integer not null,
    redeemed_at integer,
    mac text,
    check ((redeemed_at is null) = (code_verifier is not null))
  ) strict;
  create index authorization_rounds_by_expiry on authorization_rounds (expires_at);
  drop table sign_ins;

  update tickets set status = 'void' where status = 'taken';
  alter table tickets drop column browser_hash;
  alter table tickets drop column nonce;
  alter table tickets drop column code_verifier;
  alter table tickets drop column asked_again;
  `,
  `
  create table connections (
    name text primary key not null,
    client_id text not null,
    sealed_secret text not null,
    kind text not null check (kind in ('desktop', 'web')),
    redirect_uris text,
    capabilities text,
    created_at integer not null,
    mac text
  ) strict;

  create table connection_defaults (
    realm text primary key not null,
    connection text not null,
    mac text
  ) strict;

  alter table accounts add column connection text;
  alter table accounts add column allowed_capabilities text;
  create index accounts_by_connection on accounts (connection) where connection is not null;
  alter table api_keys add column connection text;
  `,
  `
  alter table tickets add column return_url text;
  alter table tickets add column return_state text;
  alter table tickets add column login_hint text;
  alter table api_keys add column return_urls text;
  `,
  `
  alter table api_keys add column product_name text;

  create table product_logos (
    api_key_id text primary key not null references api_keys on delete cascade,
    media_type text not null check (media_type in ('image/png', 'image/jpeg', 'image/webp')),
    data text not null,
    mac text
  ) strict;
  `,
  `
  create table webhook_endpoints (
    id text primary key not null,
    realm text not null,
    url text not null,
    events text,
    allow_private integer not null,
    secret text not null,
    former_secret text,
    former_secret_until integer,
    created_at integer not null,
    disabled_at integer,
    disabled_because text,
    mac text,
    check ((former_secret is null) = (former_secret_until is null))
  ) strict;
  create index webhook_endpoints_by_realm on webhook_endpoints (realm);

  create table webhook_deliveries (
    sequence integer not null,
    event_id text not null,
    endpoint_id text not null references webhook_endpoints on delete cascade,
    realm text not null,
    identifier text not null,
    type text not null,
    payload text not null,
    created_at integer not null,
    attempts integer not null,
    first_attempt_at integer,
    next_attempt_at integer,
    last_error text,
    dead_at integer,
    lease_until integer,
    lease_holder text,
    mac text,
    primary key (event_id, endpoint_id)
  ) strict;
  create index webhook_deliveries_in_order on webhook_deliveries (sequence);
  create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where dead_at is null;
  create index webhook_deliveries_of_account on webhook_deliveries (endpoint_id, realm, identifier, sequence)
    where dead_at is null;
  create index webhook_deliveries_dead on webhook_deliveries (endpoint_id, sequence) where dead_at is not null;
  create index webhook_deliveries_by_age on webhook_deliveries (created_at);

  alter table tickets add column expiry_noted_at integer;
  `,
  `
  create index accounts_by_status on accounts (realm, status, identifier);
  create index accounts_by_mailbox on accounts (realm, lower(google_email), identifier);

  create table idempotency_keys (
    hash text primary key not null,
    api_key_id text not null references api_keys on delete cascade,
    body_hash text not null,
    holder text not null,
    lease_until integer not null,
    realm text,
    identifier text,
    sealed_answer text,
    created_at integer not null,
    expires_at integer not null,
    mac text,
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index idempotency_keys_by_account on idempotency_keys (realm, identifier);
  create index idempotency_keys_by_api_key on idempotency_keys (api_key_id);
  create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
  `,
  `
  alter table idempotency_keys add column sequence integer not null default 0;
  drop index idempotency_keys_by_api_key;
  create index idempotency_keys_by_api_key on idempotency_keys (api_key_id, sequence);
  `,
  `
  alter table downloads add column sequence integer not null default 0;
  `,
  `
  create table rate_limits (
    name text primary key not null,
    full_at integer not null
  ) strict;
  `,
  `
  alter table sealing_key_in_use add column asked_at integer;
  alter table processes add column answers integer not null default 0;
  `,
  `
  create table copied_from (
    only_row integer primary key not null check (only_row = 1),
    source text not null,
    finished integer not null
  ) strict;
  `,
  `
  create index api_keys_by_account on api_keys (realm, identifier) where identifier is not null;
  create index pending_grants_by_google_sub on pending_grants (google_sub) where google_sub is not null;
  create index refresh_tokens_issued_by_age on refresh_tokens_issued (issued_at);
  create index webhook_deliveries_due_of on webhook_deliveries (endpoint_id, next_attempt_at) where dead_at is null;
  `,
  // Of what is asked of many accounts at once, each is found by an index alone, however many there are, and whichever OAuth
  // client most of them have.
  `
  drop index accounts_by_refresh;
  create index accounts_by_refresh on accounts (client_id, refreshed_at) where status = 'ACTIVE';
  drop index accounts_by_check;
  create index accounts_by_check on accounts (client_id, check_due_at) where status = 'ACTIVE';
  drop index accounts_by_connection;
  create index accounts_by_connection on accounts (connection, realm);
  create index accounts_standing_refused on accounts (realm, identifier)
    where status = 'ACTIVE' and refused_since is not null;
  create index accounts_retained on accounts (realm, identifier) where status = 'REVOKED' and access_token is not null;
  create index accounts_without_grant on accounts (state_since) where status <> 'ACTIVE';
  create index accounts_by_key on accounts (substr(mac, 1, 16));
  create index api_keys_by_key on api_keys (substr(mac, 1, 16));
  create index authorization_records_by_key on authorization_records (substr(mac, 1, 16));
  `,
];
