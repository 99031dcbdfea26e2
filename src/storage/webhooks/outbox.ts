// Writes events for endpoints into the outbox, in the transaction of the change that they tell of: whoever commits the change
// commits them. Where a realm has no endpoint, nothing is written.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Clock, RandomBytes } from '../../lib/clock.ts';
import { type AccountKey, accountKeyText } from '../../model/account-key.ts';
import { webhookPayload } from '../../model/webhook-event.ts';
import { toAccount } from '../account-rows.ts';
import type { EventsOfWrite, Rows } from '../protected-rows.ts';
import type { SealedPlace, Sealer } from '../sealer.ts';
import { endpointsLock, toWebhookEndpoint } from './endpoint-store.ts';
import { type RowEvent, rowEvents } from './events.ts';
import type { WebhookDeliveriesTable } from './tables.ts';

type Bound = Pick<WebhookDeliveriesTable, 'realm' | 'identifier' | 'event_id' | 'endpoint_id' | 'type'>;

/** A payload opens for this endpoint and this event only. */
export const placeInWebhookDeliveries = (row: Bound): SealedPlace => ({
  table: 'webhook_deliveries',
  column: 'payload',
  key: { realm: row.realm, identifier: row.identifier },
  grantVersion: 0,
  row: JSON.stringify([row.event_id, row.endpoint_id, row.type]),
});

/** One byte of a hash says which lock an account shares with others. */
const lockNumberOf = ({ realm, identifier }: AccountKey): number =>
  createHash('sha256').update(accountKeyText({ realm, identifier })).digest().readUInt8();

/**
 * Whether an event waits for an earlier one, and which is next when that has ended, is decided by one at a time for each
 * account: else both might leave it to the other. Locks are 256 in all, however many accounts one transaction is about: a
 * PostgreSQL server has some thousand for everybody, and whoever finds none left fails.
 */
export const lockOutboxes = async (rows: Rows, keys: readonly AccountKey[]): Promise<void> => {
  // In an order, so that two who do this wait for each other instead of both.
  const numbers = [...new Set(keys.map(lockNumberOf))].sort((one, other) => one - other);
  for (const number of numbers) await rows.lock({ of: ['outbox', String(number)] });
};

type NewDelivery = Bound & Pick<WebhookDeliveriesTable, 'payload' | 'created_at'>;

/** Puts one behind all others; in a transaction. Its turn comes once no earlier one of its account waits for this endpoint. */
export const addDelivery = async (rows: Rows, delivery: NewDelivery): Promise<void> => {
  await lockOutboxes(rows, [delivery]);
  const earlier = await rows.db
    .selectFrom('webhook_deliveries')
    .select('sequence')
    .where('endpoint_id', '=', delivery.endpoint_id)
    .where('realm', '=', delivery.realm)
    .where('identifier', '=', delivery.identifier)
    .where('dead_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  await rows.insert('webhook_deliveries', {
    ...delivery,
    sequence: await rows.nextDelivery(),
    attempts: 0,
    next_attempt_at: earlier === undefined ? delivery.created_at : null,
  });
};

/** In the transaction that ended an earlier one of the same account and endpoint. */
export const makeNextDue = async (
  rows: Rows,
  { endpointId, key }: { readonly endpointId: string; readonly key: AccountKey },
  now: number,
): Promise<void> => {
  const { realm, identifier } = key;
  await lockOutboxes(rows, [key]);
  await sql`
    update webhook_deliveries set next_attempt_at = ${now}
    where next_attempt_at is null and dead_at is null and sequence = (
      select min(sequence) from webhook_deliveries
      where endpoint_id = ${endpointId} and realm = ${realm} and identifier = ${identifier} and dead_at is null)`.execute(
    rows.db,
  );
};

export const createEventsOfWrite = (sealer: Sealer, clock: Clock, random: RandomBytes): EventsOfWrite => {
  const write = async (rows: Rows, event: RowEvent): Promise<void> => {
    const { type, key } = event;
    const { realm, identifier } = key;
    // An endpoint that is being disabled, or added, is so before the event or after it.
    await rows.lock({ ...endpointsLock(realm), shared: true });
    const endpoints = (await rows.list('webhook_endpoints', { realm })).filter(
      (row) => row.disabled_at === null && (toWebhookEndpoint(row).events?.includes(type) ?? true),
    );
    if (endpoints.length === 0) return;
    const row = event.account === undefined ? await rows.find('accounts', { realm, identifier }) : undefined;
    const account = event.account ?? (row && toAccount(row));
    const event_id = `evt_${Buffer.from(random(16)).toString('base64url')}`;
    const created_at = clock.now();
    const text = webhookPayload(event_id, { ...event, account }, created_at);
    for (const { id: endpoint_id } of endpoints) {
      const bound = { realm, identifier, event_id, endpoint_id, type };
      const payload = sealer.seal(text, placeInWebhookDeliveries(bound));
      await addDelivery(rows, { ...bound, payload, created_at });
    }
  };
  return (table, change) => {
    const events = rowEvents(table, change);
    if (events.length === 0) return undefined;
    return async (rows) => {
      for (const event of events) await write(rows, event);
    };
  };
};
