// Where envelopes lie: which columns of which tables are sealed, and for what place. Runs no queries.
import { placeInAccounts } from './account-rows.ts';
import { placeInAuthorizationKeys } from './authorization-key-store.ts';
import { placeInAuthorizationRecords } from './authorization-record-store.ts';
import { placeInAuthorizationRounds } from './authorization-round-store.ts';
import { placeInPendingGrants, toPendingGrantView } from './pending-grant-store.ts';
import type { ProtectedTable } from './protected-tables.ts';
import { refreshTokenIdentifiers } from './refresh-token-identifiers.ts';
import type { RowValues } from './row-mac.ts';
import type { Schema } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

type Places = { [T in ProtectedTable]?: { [C in keyof Schema[T]]?: (row: Schema[T]) => SealedPlace } };

const places: Places = {
  accounts: {
    access_token: (row) => placeInAccounts(row, 'access_token', row.grant_version),
    refresh_token: (row) => placeInAccounts(row, 'refresh_token', row.grant_version),
  },
  pending_grants: { sealed_grant: (row) => placeInPendingGrants(toPendingGrantView(row)) },
  authorization_records: { payload: placeInAuthorizationRecords },
  authorization_keys: { sealed_key: placeInAuthorizationKeys },
  authorization_rounds: {
    code_verifier: (row) => placeInAuthorizationRounds(row, 'code_verifier'),
    details: (row) => placeInAuthorizationRounds(row, 'details'),
  },
};

/** The sealed columns of a table. */
export const sealedColumns = (table: ProtectedTable): readonly string[] => Object.keys(places[table] ?? {});

export interface Envelope {
  readonly column: string;
  readonly envelope: string;
  readonly place: SealedPlace;
}

/** The envelopes in a row; a column that holds nothing has none. */
export const envelopesIn = (table: ProtectedTable, row: RowValues): Envelope[] => {
  const columns = places[table] as Record<string, (row: RowValues) => SealedPlace> | undefined;
  return Object.entries(columns ?? {}).flatMap(([column, placeOf]) => {
    const envelope = row[column];
    return typeof envelope === 'string' ? [{ column, envelope, place: placeOf(row) }] : [];
  });
};

/** The sealed columns of a row, sealed anew with the current key; undefined where one of them does not open. */
export const sealedAnew = (table: ProtectedTable, row: RowValues, sealer: Sealer): RowValues | undefined => {
  const change: Record<string, unknown> = {};
  for (const { column, envelope, place } of envelopesIn(table, row)) {
    const plaintext = sealer.open(envelope, place);
    if (plaintext === undefined) return undefined;
    change[column] = sealer.seal(plaintext, place);
    if (column === 'refresh_token') Object.assign(change, refreshTokenIdentifiers(plaintext, sealer));
  }
  return change;
};
