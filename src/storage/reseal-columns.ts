// Rotation of the sealing key in the tables that have one sealed column each. Knows where the envelopes lie, not how many
// are done at a time.
import { sql } from 'kysely';
import { placeInAuthorizationKeys } from './authorization-key-store.ts';
import { placeInAuthorizationRecords } from './authorization-record-store.ts';
import type { Database } from './database.ts';
import { placeInPendingGrants, toPendingGrantView } from './pending-grant-store.ts';
import { type ResealOutcome, type ResealRow, underOtherKey } from './reseal-row.ts';
import type { SealedPlace, Sealer } from './sealer.ts';
import { placeInSignIns } from './sign-in-store.ts';
import { placeInTickets } from './ticket-rows.ts';

interface SealedRow {
  readonly id: string;
  readonly envelope: string | null;
  readonly place: SealedPlace;
}

const tickets = async (db: Database, keyId: string): Promise<SealedRow[]> => {
  const columns = ['hash', 'realm', 'identifier', 'code_verifier'] as const;
  const query = db.selectFrom('tickets').select(columns).where(underOtherKey('code_verifier', keyId));
  return (await query.execute()).map((row) => ({
    id: row.hash,
    envelope: row.code_verifier,
    place: placeInTickets(row, row.hash),
  }));
};

const pendingGrants = async (db: Database, keyId: string): Promise<SealedRow[]> => {
  const query = db.selectFrom('pending_grants').selectAll().where(underOtherKey('sealed_grant', keyId));
  return (await query.execute()).map((row) => ({
    id: row.hash,
    envelope: row.sealed_grant,
    place: placeInPendingGrants(toPendingGrantView(row)),
  }));
};

const authorizationRecords = async (db: Database, keyId: string): Promise<SealedRow[]> => {
  const columns = ['id_hash', 'realm', 'identifier', 'payload'] as const;
  const query = db.selectFrom('authorization_records').select(columns).where(underOtherKey('payload', keyId));
  return (await query.execute()).map((row) => ({
    id: row.id_hash,
    envelope: row.payload,
    place: placeInAuthorizationRecords(row),
  }));
};

const authorizationKeys = async (db: Database, keyId: string): Promise<SealedRow[]> => {
  const query = db.selectFrom('authorization_keys').selectAll().where(underOtherKey('sealed_key', keyId));
  return (await query.execute()).map((row) => ({
    id: row.id,
    envelope: row.sealed_key,
    place: placeInAuthorizationKeys(row),
  }));
};

const signIns = async (db: Database, keyId: string): Promise<SealedRow[]> => {
  const query = db.selectFrom('sign_ins').selectAll().where(underOtherKey('details', keyId));
  return (await query.execute()).map((row) => ({
    id: row.state_hash,
    envelope: row.details,
    place: placeInSignIns(row),
  }));
};

const columns = [
  { idColumn: 'hash', pending: tickets },
  { idColumn: 'hash', pending: pendingGrants },
  { idColumn: 'id_hash', pending: authorizationRecords },
  { idColumn: 'id', pending: authorizationKeys },
  { idColumn: 'state_hash', pending: signIns },
] as const;

/** Every row of these tables that the current key of `sealer` did not seal. */
export const pendingColumns = async (db: Database, sealer: Sealer): Promise<ResealRow[]> => {
  const rows: ResealRow[] = [];
  for (const { idColumn, pending } of columns)
    for (const row of await pending(db, sealer.currentKeyId)) rows.push(() => resealRow(db, sealer, idColumn, row));
  return rows;
};

const resealRow = async (
  db: Database,
  sealer: Sealer,
  idColumn: string,
  { id, envelope, place }: SealedRow,
): Promise<ResealOutcome> => {
  const plaintext = sealer.open(envelope ?? '', place);
  if (plaintext === undefined) return 'unreadable';
  const { numAffectedRows = 0n } = await sql`
    update ${sql.table(place.table)} set ${sql.ref(place.column)} = ${sealer.seal(plaintext, place)}
    where ${sql.ref(idColumn)} = ${id} and ${sql.ref(place.column)} = ${envelope}`.execute(db);
  return numAffectedRows > 0n ? 'resealed' : 'raced';
};
