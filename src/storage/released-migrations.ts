// The schemas of released versions, as they were made: these never change (migrations.ts).
export const releasedMigrations: readonly string[] = [
  `
  create table accounts (
    realm text not null,
    identifier text not null,
    version integer not null,
    status text not null check (status in ('PENDING', 'ACTIVE', 'REVOKED')),
    reason text,
    reason_evidence text,
    state_since integer not null,
    created_at integer not null,
    connected_at integer,
    last_used_at integer,
    expected_email text,
    expected_domain text,
    expected_sub text,
    google_sub text,
    google_email text,
    google_hosted_domain text,
    grant_version integer not null,
    refresh_token text,
    access_token text,
    access_token_expires_at integer,
    refresh_token_expires_at integer,
    requested_scopes text,
    granted_scopes text,
    client_id text,
    token_endpoint text,
    granted_at integer,
    refreshed_at integer,
    refresh_token_prefix_hmac text,
    refresh_token_double_sha512 text,
    refresh_tokens_issued integer,
    lease_until integer,
    lease_holder text,
    primary key (realm, identifier),
    check ((status = 'ACTIVE') = (reason is null)),
    check (status = 'REVOKED' or (status = 'ACTIVE') = (access_token is not null)),
    check (status = 'REVOKED' or reason_evidence is null),
    check ((lease_until is null) = (lease_holder is null)),
    check (access_token is not null or refresh_token is null)
  ) strict;
  create index accounts_by_google_sub on accounts (google_sub) where access_token is not null;
  create index accounts_by_refresh on accounts (refreshed_at) where status = 'ACTIVE';
  create index accounts_just_ended on accounts (state_since) where status = 'REVOKED' and access_token is not null;

  create table refresh_tokens_issued (
    google_account text not null,
    client_id text not null,
    issued_at integer not null
  ) strict;
  create index refresh_tokens_issued_to on refresh_tokens_issued (google_account, client_id, issued_at);

  create table tickets (
    hash text primary key not null,
    realm text not null,
    identifier text not null,
    status text not null,
    created_at integer not null,
    expires_at integer not null,
    capabilities text not null,
    link_policy text not null,
    redirect_uri text not null,
    replace_account integer not null,
    api_key_id text,
    browser_hash text,
    state_hash text unique,
    nonce text,
    code_verifier text,
    asked_again integer not null default 0,
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index tickets_by_account on tickets (realm, identifier);
  create index tickets_by_expiry on tickets (expires_at);

  create table api_keys (
    id text primary key not null,
    kind text not null check (kind in ('user', 'service')),
    realm text not null,
    identifier text,
    label text,
    secret_hash text not null,
    unverified_links integer not null,
    verify_url text,
    created_at integer not null,
    revoked_at integer,
    last_used_at integer,
    check ((kind = 'user') = (identifier is not null)),
    check (verify_url is null or (kind = 'service' and unverified_links = 0))
  ) strict;

  create table sessions (
    id text primary key not null,
    secret_hash text not null,
    realm text not null,
    identifier text not null,
    api_key_id text not null references api_keys on delete cascade,
    created_at integer not null,
    expires_at integer not null,
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index sessions_by_account on sessions (realm, identifier);
  create index sessions_by_api_key on sessions (api_key_id);
  create index sessions_by_expiry on sessions (expires_at);

  create table pending_grants (
    hash text primary key not null,
    realm text not null,
    identifier text not null,
    ticket_hash text not null,
    api_key_id text not null,
    status text not null check (status in ('waiting', 'confirmed', 'refused', 'expired', 'void')),
    created_at integer not null,
    expires_at integer not null,
    google_sub text,
    sealed_grant text,
    check ((status = 'waiting') = (sealed_grant is not null)),
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index pending_grants_by_account on pending_grants (realm, identifier);
  create index pending_grants_by_expiry on pending_grants (expires_at);

  create table downloads (
    hash text primary key not null,
    realm text not null,
    identifier text not null,
    grant_version integer not null,
    message_id text not null,
    part_id text not null,
    file_name text not null,
    mime_type text not null,
    size integer not null,
    expires_at integer not null,
    claimed_until integer,
    completed_at integer,
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index downloads_by_account on downloads (realm, identifier);
  create index downloads_by_expiry on downloads (expires_at);
  `,
  `
  create table authorization_records (
    id_hash text primary key not null,
    model text not null,
    payload text not null,
    grant_hash text,
    uid_hash text,
    realm text,
    identifier text,
    created_at integer not null,
    expires_at integer,
    consumed_at integer,
    check ((realm is null) = (identifier is null)),
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index authorization_records_by_grant on authorization_records (grant_hash);
  create index authorization_records_by_uid on authorization_records (uid_hash);
  create index authorization_records_by_account on authorization_records (realm, identifier);
  create index authorization_records_by_expiry on authorization_records (expires_at);
  create index authorization_records_by_model on authorization_records (model, created_at);

  create table authorization_keys (
    id text primary key not null,
    purpose text not null check (purpose in ('signing', 'cookies')),
    sealed_key text not null,
    created_at integer not null
  ) strict;

  create table sign_ins (
    state_hash text primary key not null,
    realm text not null,
    browser_hash text not null,
    nonce text not null,
    details text not null,
    created_at integer not null,
    expires_at integer not null,
    redeemed_at integer
  ) strict;
  create index sign_ins_by_expiry on sign_ins (expires_at);

  create table browser_sessions (
    hash text primary key not null,
    realm text not null,
    identifier text not null,
    created_at integer not null,
    expires_at integer not null,
    foreign key (realm, identifier) references accounts on delete cascade
  ) strict;
  create index browser_sessions_by_account on browser_sessions (realm, identifier);
  create index browser_sessions_by_expiry on browser_sessions (expires_at);
  `,
];
