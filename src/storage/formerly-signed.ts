// What the MACs of rows covered under former schemas, so that a migration that changes signed values can check a row as it
// was before it signs it as it is (migrate.ts).
import type { ProtectedTable } from './protected-tables.ts';

/** The first schema whose rows have MACs. */
export const firstWithMacs = 4;

/** What the MACs of a table's rows covered up to a schema, where they cover something else since. */
export interface FormerlySigned {
  readonly table: ProtectedTable;
  readonly upTo: number;
  readonly columns: readonly string[];
  /** What the migrations make of a row: all that is signed anew, whatever the file says after them. */
  readonly migrated: (row: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

/** Rows that have such a MAC are signed anew by the migrations that change them; other rows are not. */
export const formerlySigned: readonly FormerlySigned[] = [
  {
    table: 'tickets',
    upTo: 7,
    migrated: (row) => ({ ...row, status: row.status === 'taken' ? 'void' : row.status }),
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
