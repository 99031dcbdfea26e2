// What was done to the schema, in order. A migration that changes signed values of rows that are there (protected-tables.ts),
// or takes a signed column away, needs an entry in `formerlySigned`; one that adds a nullable column does not. migrate.ts
// runs them.

import type { ProtectedTable } from './protected-tables.ts';
import { releasedMigrations } from './released-migrations.ts';

/** Number n brings schema n to n + 1. Released ones are never changed, only added to. */
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
  // The MACs of the rows that are there are made by `adopt`, once (adopt-rows.ts).
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
];

/** The first schema whose rows have MACs. */
export const firstWithMacs = 4;

/** What the MACs of a table's rows covered up to a schema, where they cover something else since. */
export interface FormerlySigned {
  readonly table: ProtectedTable;
  readonly upTo: number;
  readonly columns: readonly string[];
}

/** Rows that have such a MAC are signed anew by the migrations that change them; other rows are not. */
export const formerlySigned: readonly FormerlySigned[] = [
  {
    table: 'tickets',
    upTo: 7,
    columns: [
      'api_key_id',
      'asked_again',
      'browser_hash',
      'capabilities',
      'code_verifier',
      'created_at',
      'expires_at',
      'hash',
      'identifier',
      'link_policy',
      'nonce',
      'realm',
      'redirect_uri',
      'replace_account',
      'state_hash',
      'status',
    ],
  },
];
