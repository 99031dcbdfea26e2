// What rotation of the sealing key does with one row of whatever table.
import { type SqlBool, sql } from 'kysely';
import { envelopePrefix } from './sealer.ts';

/** `raced`: somebody else wrote the row meanwhile, with whichever key they have. */
export type ResealOutcome = 'resealed' | 'unreadable' | 'raced';

/** Seals one row anew that was found under another key, if it is still what it was. */
export type ResealRow = () => Promise<ResealOutcome>;

/** Whether the envelope in this column was sealed with another key than this one; a column without one is not found. */
export const underOtherKey = (column: string, keyId: string) => {
  const prefix = envelopePrefix(keyId);
  return sql<SqlBool>`substr(${sql.ref(column)}, 1, ${prefix.length}) <> ${prefix}`;
};
