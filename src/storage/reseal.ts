// Rotation of the sealing key: sealed columns that are not under the current key are opened and sealed anew, row by row,
// each write only if the row is still what was read. Knows nothing of where keys come from.
import { type SqlBool, sql } from 'kysely';
import { placeInAccounts, type SealedAccountColumn } from './account-rows.ts';
import type { Database } from './database.ts';
import { placeInPendingGrants, toPendingGrantView } from './pending-grant-store.ts';
import { refreshTokenIdentifiers } from './refresh-token-identifiers.ts';
import type { AccountsTable, PendingGrantsTable, TicketsTable } from './schema.ts';
import { envelopePrefix, type Sealer } from './sealer.ts';
import { placeInTickets } from './ticket-rows.ts';

export interface Resealed {
  readonly resealed: number;
  /** Rows still to be done; 0 when only unreadable ones are left. */
  readonly remaining: number;
  /** Rows that none of the keys opens, among those this run came by; they stay as they are. */
  readonly unreadable: number;
}

/** `raced`: somebody else wrote the row meanwhile, with whichever key they have. */
type Outcome = 'resealed' | 'unreadable' | 'raced';

type SealedAccount = Pick<
  AccountsTable,
  'realm' | 'identifier' | 'version' | 'grant_version' | 'access_token' | 'refresh_token'
>;
type SealedTicket = Pick<TicketsTable, 'hash' | 'realm' | 'identifier' | 'code_verifier'>;

const underOtherKey = (column: SealedAccountColumn | 'code_verifier' | 'sealed_grant', keyId: string) => {
  const prefix = envelopePrefix(keyId);
  return sql<SqlBool>`substr(${sql.ref(column)}, 1, ${prefix.length}) <> ${prefix}`;
};

const pendingAccounts = (db: Database, sealer: Sealer): Promise<SealedAccount[]> =>
  db
    .selectFrom('accounts')
    .select(['realm', 'identifier', 'version', 'grant_version', 'access_token', 'refresh_token'])
    .where(({ or }) =>
      or([underOtherKey('access_token', sealer.currentKeyId), underOtherKey('refresh_token', sealer.currentKeyId)]),
    )
    .execute();

const pendingTickets = (db: Database, sealer: Sealer): Promise<SealedTicket[]> =>
  db
    .selectFrom('tickets')
    .select(['hash', 'realm', 'identifier', 'code_verifier'])
    .where(underOtherKey('code_verifier', sealer.currentKeyId))
    .execute();

const waitingGrants = (db: Database, sealer: Sealer): Promise<PendingGrantsTable[]> =>
  db.selectFrom('pending_grants').selectAll().where(underOtherKey('sealed_grant', sealer.currentKeyId)).execute();

/** Both tokens in one statement, and with them the keyed hash, which depends on the key too. */
const resealAccount = async (db: Database, sealer: Sealer, row: SealedAccount): Promise<Outcome> => {
  const change: Partial<AccountsTable> = {};
  for (const column of ['access_token', 'refresh_token'] as const) {
    const envelope = row[column];
    if (envelope === null) continue;
    const place = placeInAccounts(row, column, row.grant_version);
    const token = sealer.open(envelope, place);
    if (token === undefined) return 'unreadable';
    change[column] = sealer.seal(token, place);
    if (column === 'refresh_token') Object.assign(change, refreshTokenIdentifiers(token, sealer));
  }
  // The version stays: a refresh under way elsewhere may still be saved.
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set(change)
    .where('realm', '=', row.realm)
    .where('identifier', '=', row.identifier)
    .where('version', '=', row.version)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? 'resealed' : 'raced';
};

const resealTicket = async (db: Database, sealer: Sealer, row: SealedTicket): Promise<Outcome> => {
  const place = placeInTickets(row, row.hash);
  const codeVerifier = sealer.open(row.code_verifier ?? '', place);
  if (codeVerifier === undefined) return 'unreadable';
  const { numUpdatedRows } = await db
    .updateTable('tickets')
    .set({ code_verifier: sealer.seal(codeVerifier, place) })
    .where('hash', '=', row.hash)
    .where('code_verifier', '=', row.code_verifier)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? 'resealed' : 'raced';
};

const resealPendingGrant = async (db: Database, sealer: Sealer, row: PendingGrantsTable): Promise<Outcome> => {
  const place = placeInPendingGrants(toPendingGrantView(row));
  const grant = sealer.open(row.sealed_grant ?? '', place);
  if (grant === undefined) return 'unreadable';
  const { numUpdatedRows } = await db
    .updateTable('pending_grants')
    .set({ sealed_grant: sealer.seal(grant, place) })
    .where('hash', '=', row.hash)
    .where('sealed_grant', '=', row.sealed_grant)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? 'resealed' : 'raced';
};

/** See OperationsStore.reseal. */
export const reseal = async (db: Database, sealer: Sealer, batch: number): Promise<Resealed> => {
  const accounts = await pendingAccounts(db, sealer);
  const tickets = await pendingTickets(db, sealer);
  const grants = await waitingGrants(db, sealer);
  const pending = [
    ...accounts.map((row) => () => resealAccount(db, sealer, row)),
    ...tickets.map((row) => () => resealTicket(db, sealer, row)),
    ...grants.map((row) => () => resealPendingGrant(db, sealer, row)),
  ];
  const counts: Record<Outcome, number> = { resealed: 0, unreadable: 0, raced: 0 };
  for (const resealRow of pending) {
    if (counts.resealed + counts.raced >= batch) break;
    counts[await resealRow()]++;
  }
  const { resealed, unreadable } = counts;
  return { resealed, unreadable, remaining: pending.length - resealed - unreadable };
};
