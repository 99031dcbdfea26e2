// How much an outbox may hold: what nobody takes would fill the database. Beyond the bounds the oldest go first, as a receiver
// that comes back needs the latest state of an account most.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type AccountKey, accountKeyText } from '../../model/account-key.ts';
import { deleteInBatches } from '../delete-in-batches.ts';
import type { Rows } from '../protected-rows.ts';
import type { Database } from '../schema.ts';
import { lockOutboxes } from './outbox.ts';

/** Events that may wait for one endpoint. */
export const mostWaiting = 100_000;
/** Dead letters that are kept of one endpoint. */
const mostDead = 100_000;
/** Events that one transaction takes; what is left has its turn at the next look. */
const takenAtOnce = 10_000;
/** How long a dead letter is kept. Milliseconds. */
const keepDeadMs = 7 * 24 * 60 * 60_000;
/** How long anything is kept that nobody tries to deliver: no `http` process runs. Milliseconds. */
const keepWaitingMs = 8 * 24 * 60 * 60_000;

/** Of each account that one of these deliveries of an endpoint was of; under the locks of their outboxes. */
const makeNextOfAccountsDue = async (
  { db, dialect }: Rows,
  endpointId: string,
  ended: readonly AccountKey[],
  now: number,
): Promise<void> => {
  const accounts = new Map(
    ended.map(({ realm, identifier }) => [accountKeyText({ realm, identifier }), { realm, identifier }]),
  );
  if (accounts.size === 0) return;
  const given = dialect.givenRows('webhook_deliveries', ['realm', 'identifier'], [...accounts.values()]);
  await sql`
    update webhook_deliveries set next_attempt_at = ${now}
    where next_attempt_at is null and dead_at is null and endpoint_id = ${endpointId} and sequence in (
      select min(sequence) from webhook_deliveries
      where endpoint_id = ${endpointId} and dead_at is null and (realm, identifier) in (${given})
      group by realm, identifier)`.execute(db);
};

/** Kills the oldest of an endpoint's deliveries; the next of their accounts are due. In a transaction. */
const killOldest = async (rows: Rows, endpointId: string, most: number, now: number): Promise<void> => {
  const { rows: dead } = await sql<AccountKey>`
    update webhook_deliveries set dead_at = ${now}, last_error = 'too_many_waiting', next_attempt_at = null,
      lease_until = null, lease_holder = null
    where endpoint_id = ${endpointId} and dead_at is null and sequence in (
      select sequence from webhook_deliveries where endpoint_id = ${endpointId} and dead_at is null
      order by sequence limit ${most})
    returning realm, identifier`.execute(rows.db);
  await lockOutboxes(rows, dead);
  await makeNextOfAccountsDue(rows, endpointId, dead, now);
};

/** Endpoints of which more deliveries fit than `most`, and how many more. */
const endpointsBeyond = async (db: Database, fits: RawBuilder<SqlBool>, most: number) => {
  const { rows } = await sql<{ id: string; beyond: number }>`
    select id, held - ${most} as beyond from (
      select id, (
        select count(*) from webhook_deliveries where endpoint_id = webhook_endpoints.id and ${fits}) as held
      from webhook_endpoints) as endpoints
    where held > ${most}`.execute(db);
  return rows;
};

/** Makes dead letters of the oldest events of an endpoint for which too many wait, and deletes the oldest of too many dead. */
export const limitBacklogs = async (rows: Rows, now: number): Promise<void> => {
  for (const { id, beyond } of await endpointsBeyond(rows.db, sql`dead_at is null`, mostWaiting))
    await rows.transaction(undefined, (transaction) => killOldest(transaction, id, Math.min(beyond, takenAtOnce), now));
  for (const { id, beyond } of await endpointsBeyond(rows.db, sql`dead_at is not null`, mostDead))
    await sql`
      delete from webhook_deliveries where endpoint_id = ${id} and sequence in (
        select sequence from webhook_deliveries where endpoint_id = ${id} and dead_at is not null
        order by sequence limit ${Math.min(beyond, takenAtOnce)})`.execute(rows.db);
};

/** Deletes dead letters after a week, and what nobody even tried to deliver a day later. `now` in milliseconds. */
export const sweepDeliveries = async (rows: Rows, now: number): Promise<void> => {
  await limitBacklogs(rows, now);
  const died = sql<SqlBool>`dead_at is not null and dead_at < ${now - keepDeadMs}`;
  await deleteInBatches(rows, 'webhook_deliveries', died);
  while ((await deleteOldest(rows, now)) === takenAtOnce);
};

/** Those that nobody took for too long. @returns how many; there are more where it took as many as it takes at once */
const deleteOldest = (rows: Rows, now: number): Promise<number> =>
  rows.transaction(undefined, async (transaction) => {
    const { dialect } = transaction;
    const { rows: ended } = await sql<AccountKey & { readonly endpoint_id: string }>`
      delete from webhook_deliveries where ${dialect.isAddressIn(sql`
        select ${dialect.rowAddress} from webhook_deliveries where created_at < ${now - keepWaitingMs}
        limit ${takenAtOnce}`)}
      returning endpoint_id, realm, identifier`.execute(transaction.db);
    await lockOutboxes(transaction, ended);
    for (const [endpointId, ofEndpoint] of Map.groupBy(ended, ({ endpoint_id }) => endpoint_id))
      await makeNextOfAccountsDue(transaction, endpointId, ofEndpoint, now);
    return ended.length;
  });
