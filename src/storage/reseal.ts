// Rotation of the sealing key: sealed columns that are not under the current key are opened and sealed anew, row by row,
// each write only if the row is still what was read. Knows nothing of where keys come from.
import type { Database } from './database.ts';
import { pendingAccounts } from './reseal-accounts.ts';
import { pendingColumns } from './reseal-columns.ts';
import type { ResealOutcome } from './reseal-row.ts';
import type { Sealer } from './sealer.ts';

export interface Resealed {
  readonly resealed: number;
  /** Rows still to be done; 0 when only unreadable ones are left. */
  readonly remaining: number;
  /** Rows that none of the keys opens, among those this run came by; they stay as they are. */
  readonly unreadable: number;
}

/** See OperationsStore.reseal. */
export const reseal = async (db: Database, sealer: Sealer, batch: number): Promise<Resealed> => {
  const pending = [...(await pendingAccounts(db, sealer)), ...(await pendingColumns(db, sealer))];
  const counts: Record<ResealOutcome, number> = { resealed: 0, unreadable: 0, raced: 0 };
  for (const resealRow of pending) {
    if (counts.resealed + counts.raced >= batch) break;
    counts[await resealRow()]++;
  }
  const { resealed, unreadable } = counts;
  return { resealed, unreadable, remaining: pending.length - resealed - unreadable };
};
