// Where envelopes lie: which columns of which tables are sealed, and for what place. And the rotation of the sealing key:
// rows that are not yet signed and sealed with the current key are sealed and signed anew, row by row, each write only if
// the row is still what was read.

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { placeInAccounts, refreshTokenIdentifiers } from './account-rows.ts';
import { placeInAuthorizationKeys } from './authorization-key-store.ts';
import { placeInAuthorizationRecords } from './authorization-record-store.ts';
import { placeInAuthorizationRounds } from './authorization-round-store.ts';
import { placeInConnections } from './connection-store.ts';
import { placeInIdempotencyKeys } from './idempotency-store.ts';
import { placeInPendingGrants, toPendingGrantView } from './pending-grant-store.ts';
import type { Rows } from './protected-rows.ts';
import { type ProtectedTable, protectedTableNames } from './protected-tables.ts';
import type { RowValues } from './row-macs.ts';
import type { Schema } from './schema.ts';
import { envelopePrefix, macPrefix, type SealedPlace, type Sealer } from './sealer.ts';
import { placeInWebhookEndpoints } from './webhooks/endpoint-store.ts';
import { placeInWebhookDeliveries } from './webhooks/outbox.ts';

type SealedPlaces = { [T in ProtectedTable]?: { [C in keyof Schema[T]]?: (row: Schema[T]) => SealedPlace } };

const sealedPlaces: SealedPlaces = {
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
  connections: { sealed_secret: placeInConnections },
  idempotency_keys: { sealed_answer: placeInIdempotencyKeys },
  webhook_endpoints: {
    secret: (row) => placeInWebhookEndpoints(row, 'secret'),
    former_secret: (row) => placeInWebhookEndpoints(row, 'former_secret'),
  },
  webhook_deliveries: { payload: placeInWebhookDeliveries },
};

/** The sealed columns of a table. */
const sealedColumns = (table: ProtectedTable): readonly string[] => Object.keys(sealedPlaces[table] ?? {});

export interface Envelope {
  readonly column: string;
  readonly envelope: string;
  readonly place: SealedPlace;
}

/** The envelopes in a row; a column that holds nothing has none. */
export const envelopesIn = (table: ProtectedTable, row: RowValues): Envelope[] => {
  const columns = sealedPlaces[table] as Record<string, (row: RowValues) => SealedPlace> | undefined;
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

/** The row behind which a rotation goes on; names tables and keys, no secret. */
export interface ResealPosition {
  readonly table: ProtectedTable;
  readonly after: RowValues;
}

export interface Resealed {
  readonly resealed: number;
  /** Rows that none of the keys opens, among those this run came by; they stay as they are. */
  readonly unreadable: number;
  /** Undefined: it came to the end. */
  readonly next: ResealPosition | undefined;
}

const beginsOtherwise = (column: string, prefix: string): RawBuilder<SqlBool> =>
  sql<SqlBool>`substr(${sql.ref(column)}, 1, ${prefix.length}) <> ${prefix}`;

/** Rows with anything that the current key did not make; a column that holds nothing does not count. */
const underOtherKey = (table: ProtectedTable, keyId: string): RawBuilder<SqlBool> => {
  const sealed = sealedColumns(table).map((column) => beginsOtherwise(column, envelopePrefix(keyId)));
  return sql<SqlBool>`(mac is null or ${sql.join([beginsOtherwise('mac', macPrefix(keyId)), ...sealed], sql` or `)})`;
};

/** False where the row is refused or does not open. One that is gone meanwhile counts as done. */
const resealRow = async (rows: Rows, table: ProtectedTable, key: RowValues, sealer: Sealer): Promise<boolean> => {
  const where: RowValues = { ...key };
  let opens = true;
  const changed = await rows.change(table, where, (row) => {
    const sealed = sealedAnew(table, { ...row }, sealer);
    opens = sealed !== undefined;
    return sealed;
  });
  if (changed !== undefined) return true;
  return opens && (await rows.refusal(table, where)) === undefined;
};

/** See OperationsStore.reseal. */
export const reseal = async (
  rows: Rows,
  sealer: Sealer,
  batch: number,
  from: ResealPosition | undefined,
): Promise<Resealed> => {
  let [resealed, unreadable] = [0, 0];
  const begin = from === undefined ? 0 : protectedTableNames.indexOf(from.table);
  for (const table of protectedTableNames.slice(begin)) {
    const isPending = sql`case when ${underOtherKey(table, sealer.currentKeyId)} then 1 else 0 end as pending`;
    const after = table === from?.table ? from.after : undefined;
    for await (const page of rows.pages(table, isPending, after))
      for (const { pending, ...key } of page) {
        if (pending !== 1) continue;
        if (await resealRow(rows, table, key, sealer)) resealed++;
        else unreadable++;
        if (resealed + unreadable >= batch) return { resealed, unreadable, next: { table, after: key } };
      }
  }
  return { resealed, unreadable, next: undefined };
};
