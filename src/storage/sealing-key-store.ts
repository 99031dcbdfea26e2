// Which sealing key the processes on this database use, and which ones each of them knows: so that a new one is used when
// all know it, and the former one goes when nobody uses it. And whether the configured keys are those of the database at
// all: rows that outlive a day are looked at for the key they name.
import { sql } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { distinctValues } from './distinct-values.ts';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';
import { macPrefix, type Sealer } from './sealer.ts';

/** A process that runs on this database, as it last said. */
interface RunningProcess {
  readonly keyIds: readonly string[];
  readonly sealsWith: string;
  readonly rereadsKeys: boolean;
  /** False: it was asked and has not answered yet. One that goes on so was killed, or hangs. */
  readonly answers: boolean;
}

export interface SealingKeyStore {
  /**
   * Seals with the key that this database uses, if we have it; where none is named yet, it is ours.
   * @returns when somebody last asked which processes run: one that was seen before that is to announce itself
   */
  follow(): Promise<number | undefined>;
  /** Asks every process to announce itself. @returns when: what `running` is told */
  ask(): Promise<number>;
  /** From now on every process that knows this key seals with it. */
  use(keyId: string): Promise<void>;
  /** Names the key in use; undefined: nobody said so yet. */
  inUse(): Promise<string | undefined>;
  /** This process runs, and knows these keys. `id` is of its own choice. @returns when it was seen by that */
  announce(id: string, rereadsKeys: boolean): Promise<number>;
  leave(id: string): Promise<void>;
  /** For a database that no process has open. */
  forgetProcesses(): Promise<void>;
  /** Those that said so within the last three minutes. @param asked when they were asked */
  running(asked: number): Promise<RunningProcess[]>;
  /** Runs synchronous work while no other process runs any here. */
  exclusively(work: () => void): Promise<void>;
}

/** How long a process counts as running after it last said so; it does once a minute. Milliseconds. */
export const livesMs = 3 * 60_000;

export const createSealingKeyStore = (engine: Engine, sealer: Sealer, clock: Clock): SealingKeyStore => {
  const { db } = engine;
  const read = () => db.selectFrom('sealing_key_in_use').select(['key_id', 'asked_at']).executeTakeFirst();
  const inUse = async (): Promise<string | undefined> => (await read())?.key_id;

  const use = async (keyId: string): Promise<void> => {
    await db
      .insertInto('sealing_key_in_use')
      .values({ only_row: 1, key_id: keyId })
      .onConflict((conflict) => conflict.column('only_row').doUpdateSet({ key_id: keyId }))
      .execute();
    sealer.sealWith(keyId);
  };

  return {
    inUse,
    use,
    follow: async () => {
      const row = await read();
      if (row === undefined) await use(sealer.configuredKeyId);
      else sealer.sealWith(row.key_id);
      return row?.asked_at ?? undefined;
    },
    ask: async () => {
      const now = clock.now();
      await db.updateTable('sealing_key_in_use').set({ asked_at: now }).execute();
      return now;
    },
    announce: async (id, rereadsKeys) => {
      const row = {
        key_ids: JSON.stringify(sealer.keyIds),
        sealing_key_id: sealer.currentKeyId,
        rereads_keys: rereadsKeys ? 1 : 0,
        seen_at: clock.now(),
        answers: 1,
      } as const;
      await db
        .insertInto('processes')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      await db
        .deleteFrom('processes')
        .where('seen_at', '<', clock.now() - livesMs)
        .execute();
      return row.seen_at;
    },
    leave: async (id) => {
      await db.deleteFrom('processes').where('id', '=', id).execute();
    },
    forgetProcesses: async () => {
      await db.deleteFrom('processes').execute();
    },
    running: async (asked) => {
      const rows = await db
        .selectFrom('processes')
        .selectAll()
        .where('seen_at', '>=', clock.now() - livesMs)
        .execute();
      return rows.map((row) => ({
        keyIds: JSON.parse(row.key_ids),
        sealsWith: row.sealing_key_id,
        rereadsKeys: row.rereads_keys === 1,
        answers: row.answers === 0 || row.seen_at >= asked,
      }));
    },
    exclusively: (work) =>
      engine.transaction({ of: ['sealing keys'] }, async (begun) => {
        // The transaction is there once it was used.
        await sql`select 1`.execute(begun);
        work();
      }),
  };
};

/** How many rows were written under keys that are not ours. */
export interface UnderOtherKeys {
  readonly accounts: number;
  readonly apiKeys: number;
  /** What signed-in MCP clients stand on. */
  readonly others: number;
  readonly connections: number;
}

/** In a literal, as the index has it. */
const keyOfRow = sql`substr(mac, 1, ${sql.lit(macPrefix('0'.repeat(12)).length)})`;

const countIn = async ({ db, dialect }: Pick<Engine, 'db' | 'dialect'>, sealer: Sealer, table: string) => {
  const prefixes = await distinctValues(db, table, keyOfRow);
  const others = prefixes.filter((prefix) => sealer.namesOtherKey(prefix));
  if (others.length === 0) return 0;
  const { rows } = await sql<{ found: number }>`
    select count(*) as found from ${sql.table(table)} where ${dialect.isOneOf(keyOfRow, others)}`.execute(db);
  return rows[0]?.found ?? 0;
};

/** Whether there is anything that a key was ever needed for. */
export const holdsAnything = async (db: Database): Promise<boolean> => {
  const { rows } = await sql<{ found: number }>`
    select case when exists (select 1 from accounts) or exists (select 1 from api_keys)
      or exists (select 1 from authorization_keys) or exists (select 1 from connections) then 1 else 0 end as found`.execute(
    db,
  );
  return rows[0]?.found === 1;
};

export const countUnderOtherKeys = async (
  engine: Pick<Engine, 'db' | 'dialect'>,
  sealer: Sealer,
): Promise<UnderOtherKeys> => ({
  accounts: await countIn(engine, sealer, 'accounts'),
  apiKeys: await countIn(engine, sealer, 'api_keys'),
  others:
    (await countIn(engine, sealer, 'authorization_records')) + (await countIn(engine, sealer, 'authorization_keys')),
  connections: await countIn(engine, sealer, 'connections'),
});
