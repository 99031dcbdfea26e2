// The lease of an account's refresh: columns that no MAC covers, since they change with every refresh, and so each statement
// names what it goes by.
import type { AccountKey } from '../model/account-key.ts';
import type { Database } from './schema.ts';

/** What a write of a refresh is based on. */
export interface LeaseAt {
  readonly accountVersion: number;
  readonly grantVersion: number;
  readonly holder: string;
}

/** A process that was held up, or waited for a lock, may ask with a time this much in the past. Milliseconds. */
const clockPutBackMs = 60_000;

/** See RefreshStore. */
export const takeLease = async (
  db: Database,
  key: AccountKey,
  { accountVersion, grantVersion, holder }: LeaseAt,
  now: number,
  milliseconds: number,
): Promise<boolean> => {
  const until = now + milliseconds;
  const taken = await db
    .updateTable('accounts')
    .set({ lease_until: until, lease_holder: holder })
    .where('realm', '=', key.realm)
    .where('identifier', '=', key.identifier)
    .where('version', '=', accountVersion)
    .where('grant_version', '=', grantVersion)
    .where(({ or, eb }) =>
      or([eb('lease_until', 'is', null), eb('lease_until', '<=', now), eb('lease_until', '>', until + clockPutBackMs)]),
    )
    .returning('version')
    .executeTakeFirst();
  return taken !== undefined;
};

/** False when somebody else has taken it meanwhile. */
export const prolongLease = async (db: Database, key: AccountKey, holder: string, until: number): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set({ lease_until: until })
    .where('realm', '=', key.realm)
    .where('identifier', '=', key.identifier)
    .where('lease_holder', '=', holder)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};

/**
 * Keeps the lease for this holder until the end of the transaction. The MAC of a row does not cover it: where the row was only
 * read, another process could take the lease of one that ran out before this one writes, and its answer would be lost.
 */
export const keepLease = async (db: Database, { realm, identifier }: AccountKey, holder: string): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set(({ ref }) => ({ lease_holder: ref('lease_holder') }))
    .where('realm', '=', realm)
    .where('identifier', '=', identifier)
    .where('lease_holder', '=', holder)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};
