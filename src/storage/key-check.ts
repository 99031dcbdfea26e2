// Whether the configured keys are those of the database: rows that outlive a day are looked at for the key they name.
// Knows nothing of where keys come from.
import { sql } from 'kysely';
import type { Database } from './schema.ts';
import { macPrefix, type Sealer } from './sealer.ts';

/** How many rows were written under keys that are not ours. */
export interface UnderOtherKeys {
  readonly accounts: number;
  readonly apiKeys: number;
  /** What signed-in MCP clients stand on. */
  readonly others: number;
}

const prefixLength = macPrefix('0'.repeat(12)).length;

const countIn = async (db: Database, sealer: Sealer, table: string): Promise<number> => {
  const { rows } = await sql<{ prefix: string; rows: number }>`
    select substr(mac, 1, ${prefixLength}) as prefix, count(*) as rows from ${sql.table(table)}
    where mac is not null group by 1`.execute(db);
  return rows.reduce((sum, { prefix, rows: count }) => (sealer.namesOtherKey(prefix) ? sum + count : sum), 0);
};

/** Whether there is anything that a key was ever needed for. */
export const holdsAnything = async (db: Database): Promise<boolean> => {
  const { rows } = await sql<{ found: number }>`
    select exists (select 1 from accounts) or exists (select 1 from api_keys)
      or exists (select 1 from authorization_keys) as found`.execute(db);
  return rows[0]?.found === 1;
};

export const countUnderOtherKeys = async (db: Database, sealer: Sealer): Promise<UnderOtherKeys> => ({
  accounts: await countIn(db, sealer, 'accounts'),
  apiKeys: await countIn(db, sealer, 'api_keys'),
  others: (await countIn(db, sealer, 'authorization_records')) + (await countIn(db, sealer, 'authorization_keys')),
});
