// What `storage copy` takes of every table, in an order in which a row comes after the rows that it belongs to.
import { type ProtectedTable, protectedTableNames, protectedTables } from './protected-tables.ts';
import type { Schema } from './schema.ts';

type Column<T extends keyof Schema> = keyof Schema[T] & string;

/** A table that is copied. */
interface Copied<T extends keyof Schema> {
  /** The columns that name a row, in the order of their index; `all` where rows may be there several times. */
  readonly key: readonly Column<T>[] | 'all';
  /** Every column, where protected-tables.ts does not name them. */
  readonly columns?: T extends ProtectedTable ? never : readonly Column<T>[];
  /** Columns that are null in the copy. */
  readonly emptied?: readonly Column<T>[];
}

type Plan<T extends keyof Schema> = Copied<T> | { readonly stays: string };

/** Who renews a token or sends an event on the source does not do so on the copy, whose clock may be another one too. */
const lease = ['lease_until', 'lease_holder'] as const;

const plans: { readonly [T in keyof Schema]: Plan<T> } = {
  accounts: { key: ['realm', 'identifier'], emptied: lease },
  api_keys: { key: ['id'] },
  connections: { key: ['name'] },
  connection_defaults: { key: ['realm'] },
  product_logos: { key: ['api_key_id'] },
  sessions: { key: ['id'] },
  tickets: { key: ['hash'] },
  pending_grants: { key: ['hash'] },
  downloads: { key: ['hash'] },
  refresh_tokens_issued: { key: 'all', columns: ['google_account', 'client_id', 'issued_at'] },
  token_endpoint_answers: {
    key: ['client_id', 'token_endpoint'],
    columns: ['client_id', 'token_endpoint', 'accepted_at', 'code_refused_at', 'client_refused_at'],
  },
  authorization_records: { key: ['id_hash'] },
  authorization_keys: { key: ['id'] },
  authorization_rounds: { key: ['state_hash'] },
  browser_sessions: { key: ['hash'] },
  sealing_key_in_use: { key: ['only_row'], columns: ['only_row', 'key_id', 'asked_at'], emptied: ['asked_at'] },
  idempotency_keys: { key: ['hash'] },
  webhook_endpoints: { key: ['id'] },
  webhook_deliveries: { key: ['event_id', 'endpoint_id'], emptied: lease },
  processes: { stays: 'whoever runs on the source does not run on the copy' },
  leases: { stays: 'they end by themselves within minutes, and nobody on the copy holds one' },
  rate_limits: { stays: 'of the last minutes; whoever used up a limit begins anew' },
  copied_from: { stays: 'it is about the database that it is in' },
};

export interface CopiedTable {
  readonly table: keyof Schema;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly emptied: readonly string[];
  /** Rows that are equal are counted as one with their number: nothing else tells them apart. */
  readonly counted: boolean;
}

interface AnyCopied {
  readonly key: readonly string[] | 'all';
  readonly columns?: readonly string[] | undefined;
  readonly emptied?: readonly string[] | undefined;
}

const toCopiedTable = (table: keyof Schema, { key, columns: named = [], emptied = [] }: AnyCopied): CopiedTable => {
  const known = protectedTableNames.find((name) => name === table);
  const columns = known === undefined ? named : [...Object.keys(protectedTables[known]), 'mac'];
  return { table, key: key === 'all' ? columns : key, columns, emptied, counted: key === 'all' };
};

export const copiedTables: readonly CopiedTable[] = (Object.keys(plans) as (keyof Schema)[]).flatMap((table) => {
  const plan = plans[table];
  return 'stays' in plan ? [] : [toCopiedTable(table, plan)];
});
