// Rotation of the sealing key in the accounts table, where one row holds two sealed tokens and a hash that depends on the
// key. Knows nothing of how many rows are done at a time.
import { placeInAccounts } from './account-rows.ts';
import type { Database } from './database.ts';
import { refreshTokenIdentifiers } from './refresh-token-identifiers.ts';
import { type ResealOutcome, type ResealRow, underOtherKey } from './reseal-row.ts';
import type { AccountsTable } from './schema.ts';
import type { Sealer } from './sealer.ts';

type SealedAccount = Pick<
  AccountsTable,
  'realm' | 'identifier' | 'version' | 'grant_version' | 'access_token' | 'refresh_token'
>;

/** Every account with a token that the current key of `sealer` did not seal. */
export const pendingAccounts = async (db: Database, sealer: Sealer): Promise<ResealRow[]> => {
  const rows = await db
    .selectFrom('accounts')
    .select(['realm', 'identifier', 'version', 'grant_version', 'access_token', 'refresh_token'])
    .where(({ or }) =>
      or([underOtherKey('access_token', sealer.currentKeyId), underOtherKey('refresh_token', sealer.currentKeyId)]),
    )
    .execute();
  return rows.map((row) => () => resealAccount(db, sealer, row));
};

/** Both tokens in one statement, and with them the keyed hash, which depends on the key too. */
const resealAccount = async (db: Database, sealer: Sealer, row: SealedAccount): Promise<ResealOutcome> => {
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
