// The outbox as whoever delivers sees it: one process at a time has a delivery, of one account and endpoint only the earliest
// is given out, and what was delivered is deleted at once. What nobody took in time is dead: it is listed, may be delivered
// again, and is swept after a week (backlog.ts).
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { AccountKey } from '../../model/account-key.ts';
import type { Rows } from '../protected-rows.ts';
import type { Database } from '../schema.ts';
import type { Sealer } from '../sealer.ts';
import { limitBacklogs } from './backlog.ts';
import { deliveriesLock } from './endpoint-store.ts';
import { addDelivery, makeNextDue, placeInWebhookDeliveries } from './outbox.ts';
import type { WebhookDeliveriesTable } from './tables.ts';

/** Times in milliseconds since the epoch. */
interface DeliveryView {
  readonly eventId: string;
  readonly endpointId: string;
  readonly type: string;
  readonly key: AccountKey;
  readonly createdAt: number;
  /** That came to their end. */
  readonly attempts: number;
}

/** One that the holder of its lease may send now. */
export interface WebhookDelivery extends DeliveryView {
  readonly payload: string;
  /** When it was sent for the first time; absent before. */
  readonly firstAttemptAt?: number;
}

export interface DeadLetter extends DeliveryView {
  readonly deadAt: number;
  /** Why the last attempt failed, in a word of ours. */
  readonly lastError: string;
}

/** Of one endpoint. */
export interface OutboxCount {
  readonly waiting: number;
  readonly dead: number;
}

/** Names a delivery. */
type Place = Pick<WebhookDeliveriesTable, 'event_id' | 'endpoint_id'>;

interface Lease {
  readonly holder: string;
  readonly now: number;
  readonly until: number;
}

export interface WebhookDeliveryStore {
  /** Endpoints for which something is due at `now`. A look into an index: it is asked every second. */
  endpointsDue(now: number): Promise<string[]>;
  /** Takes up to `most` deliveries of an endpoint that are due, the longest due first; nobody else gets them until the lease ends. */
  claim(endpointId: string, lease: Lease, most: number): Promise<WebhookDelivery[]>;
  /** Deletes it; the next of its account is due. False: the lease is somebody else's by now. */
  delivered(delivery: WebhookDelivery, holder: string): Promise<boolean>;
  /** It is due again at `next.at`, or dead, and then the next of its account is due. */
  failed(
    delivery: WebhookDelivery,
    holder: string,
    next: { readonly error: string; readonly at: number | 'never' },
  ): Promise<boolean>;
  /** Oldest first. */
  deadLetters(endpointId: string, most: number): Promise<DeadLetter[]>;
  count(endpointId: string): Promise<OutboxCount>;
  /** Puts dead letters of an endpoint behind all that waits: one, or up to `most`. @returns how many */
  redeliver(endpointId: string, eventId: string | undefined, most: number): Promise<number>;
  /** See backlog.ts. */
  limitBacklogs(now: number): Promise<void>;
  /** Writes the events of links that ran out since an endpoint of their realm is there. */
  noteExpiredLinks(now: number): Promise<void>;
}

/** A delivery under a sealing key that this process does not have yet waits so long. Milliseconds. */
const otherKeyMs = 60_000;
/** A callback from Google may still be worked on so long after its link ran out. Milliseconds. */
const callbackMs = 2 * 60_000;
/** How far back a link counts that ran out; then it is swept. Milliseconds. */
const noteWithinMs = 24 * 60 * 60_000;

const noLease = { lease_until: null, lease_holder: null };

const viewOf = (row: WebhookDeliveriesTable): DeliveryView => ({
  eventId: row.event_id,
  endpointId: row.endpoint_id,
  type: row.type,
  key: { realm: row.realm, identifier: row.identifier },
  createdAt: row.created_at,
  attempts: row.attempts,
});

/** No lease lasts so long: one that does was taken before the clock was put back. Milliseconds. */
const longerThanLeasesMs = 10 * 60_000;

const isFree = (now: number) =>
  sql<SqlBool>`(lease_until is null or lease_until <= ${now} or lease_until > ${now + longerThanLeasesMs})`;

export const createWebhookDeliveryStore = (rows: Rows, sealer: Sealer, clock: Clock): WebhookDeliveryStore => {
  const held = (db: Database, { eventId, endpointId }: DeliveryView, holder: string) => {
    const where = { event_id: eventId, endpoint_id: endpointId, lease_holder: holder } as const;
    return {
      remove: db.deleteFrom('webhook_deliveries').where(({ and }) => and(where)),
      update: db.updateTable('webhook_deliveries').where(({ and }) => and(where)),
    };
  };
  const end = (delivery: DeliveryView, change: (db: Database) => Promise<boolean>): Promise<boolean> =>
    rows.transaction(undefined, async (transaction) => {
      if (!(await change(transaction.db))) return false;
      await makeNextDue(transaction, delivery, clock.now());
      return true;
    });

  /** A row that does not count holds up nobody: it is dead, except under a key that this process may still learn. */
  const setAside = async (in_: Rows, at: Place, now: number): Promise<void> => {
    const mayLearn = (await in_.refusal('webhook_deliveries', at)) === 'unknown_key';
    const row = await in_.db
      .updateTable('webhook_deliveries')
      .set(
        mayLearn
          ? { next_attempt_at: now + otherKeyMs }
          : { dead_at: now, next_attempt_at: null, last_error: 'unreadable' },
      )
      .where(({ and }) => and(at))
      .returningAll()
      .executeTakeFirst();
    if (row !== undefined && !mayLearn) await makeNextDue(in_, viewOf(row), now);
  };

  const claimOne = async (in_: Rows, at: Place, lease: Lease): Promise<WebhookDelivery | undefined> => {
    const row = await in_.find('webhook_deliveries', at);
    const payload = row && sealer.open(row.payload, placeInWebhookDeliveries(row));
    if (row === undefined || payload === undefined) {
      await setAside(in_, at, lease.now);
      return undefined;
    }
    const { numUpdatedRows } = await in_.db
      .updateTable('webhook_deliveries')
      .set({
        lease_until: lease.until,
        lease_holder: lease.holder,
        first_attempt_at: row.first_attempt_at ?? lease.now,
      })
      .where(({ and }) => and(at))
      .where('dead_at', 'is', null)
      .executeTakeFirstOrThrow();
    // Its endpoint was disabled, or too many wait.
    if (numUpdatedRows === 0n) return undefined;
    return { ...viewOf(row), payload, firstAttemptAt: row.first_attempt_at ?? lease.now };
  };

  const redeliverOne = async (in_: Rows, at: Place): Promise<number> => {
    const row = await in_.find('webhook_deliveries', at);
    if (row === undefined || row.dead_at === null) return 0;
    const { event_id, endpoint_id, realm, identifier, type, payload } = row;
    await in_.db
      .deleteFrom('webhook_deliveries')
      .where(({ and }) => and(at))
      .execute();
    await addDelivery(in_, { event_id, endpoint_id, realm, identifier, type, payload, created_at: clock.now() });
    return 1;
  };

  return {
    endpointsDue: async (now) => {
      // One look into an index for each endpoint, however much waits for it.
      const due = await rows.db
        .selectFrom('webhook_endpoints')
        .select('id')
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('webhook_deliveries')
              .select('event_id')
              .whereRef('endpoint_id', '=', 'webhook_endpoints.id')
              .where('next_attempt_at', '<=', now)
              .where('dead_at', 'is', null)
              .where(isFree(now)),
          ),
        )
        .execute();
      return due.map(({ id }) => id);
    },
    claim: (endpointId, lease, most) =>
      rows.transaction(deliveriesLock(endpointId), async (transaction) => {
        const due = await transaction.db
          .selectFrom('webhook_deliveries')
          .select(['event_id', 'endpoint_id'])
          .where('endpoint_id', '=', endpointId)
          .where('next_attempt_at', '<=', lease.now)
          .where('dead_at', 'is', null)
          .where(isFree(lease.now))
          .orderBy('next_attempt_at')
          .orderBy('sequence')
          .limit(most)
          .execute();
        const claimed: WebhookDelivery[] = [];
        for (const at of due) {
          const delivery = await claimOne(transaction, at, lease);
          if (delivery !== undefined) claimed.push(delivery);
        }
        return claimed;
      }),
    delivered: async (delivery, holder) => {
      const ended = await end(
        delivery,
        async (db) => (await held(db, delivery, holder).remove.executeTakeFirst()).numDeletedRows > 0n,
      );
      rows.hooks.erased();
      return ended;
    },
    failed: async (delivery, holder, { error, at }) => {
      const attempted = { attempts: delivery.attempts + 1, last_error: error, ...noLease };
      const update = async (db: Database, change: Partial<WebhookDeliveriesTable>) =>
        (
          await held(db, delivery, holder)
            .update.set({ ...attempted, ...change })
            .executeTakeFirst()
        ).numUpdatedRows > 0n;
      if (at !== 'never') return update(rows.db, { next_attempt_at: at });
      return end(delivery, (db) => update(db, { dead_at: clock.now(), next_attempt_at: null }));
    },
    deadLetters: async (endpointId, most) => {
      const dead = sql<SqlBool>`endpoint_id = ${endpointId} and dead_at is not null and sequence in (
        select sequence from webhook_deliveries where endpoint_id = ${endpointId} and dead_at is not null
        order by sequence limit ${most})`;
      const found = await rows.list('webhook_deliveries', dead, ['sequence']);
      return found.map((row) => ({ ...viewOf(row), deadAt: row.dead_at ?? 0, lastError: row.last_error ?? '' }));
    },
    count: async (endpointId) => {
      // Two questions to two indexes: one for both would read every payload.
      const of = rows.db.selectFrom('webhook_deliveries').select(sql<number>`count(*)`.as('count'));
      const [waiting, dead] = await Promise.all(
        (['is', 'is not'] as const).map((is) =>
          of.where('endpoint_id', '=', endpointId).where('dead_at', is, null).executeTakeFirstOrThrow(),
        ),
      );
      return { waiting: waiting?.count ?? 0, dead: dead?.count ?? 0 };
    },
    limitBacklogs: (now) => limitBacklogs(rows, now),
    redeliver: (endpointId, eventId, most) =>
      rows.transaction(deliveriesLock(endpointId), async (transaction) => {
        const dead = await transaction.db
          .selectFrom('webhook_deliveries')
          .select(['event_id', 'endpoint_id'])
          .where('endpoint_id', '=', endpointId)
          .where('dead_at', 'is not', null)
          // One that nobody can open would keep its place before those that can be sent.
          .where('last_error', '!=', 'unreadable')
          .$if(eventId !== undefined, (query) => query.where('event_id', '=', eventId ?? ''))
          .orderBy('sequence')
          .limit(most)
          .execute();
        let redelivered = 0;
        for (const at of dead) redelivered += await redeliverOne(transaction, at);
        return redelivered;
      }),
    noteExpiredLinks: (now) =>
      rows.changeAll('tickets', ranOutUnnoticed(now), (ticket) =>
        ticket.expiry_noted_at === null ? { expiry_noted_at: now } : undefined,
      ),
  };
};

/**
 * Links that ran out since an endpoint of their realm is there. One that was redeemed ran out too where the process died
 * that worked on it: then nothing came of it, and nobody else says so.
 */
const ranOutUnnoticed = (now: number) => sql<SqlBool>`
  expires_at <= ${now} and expires_at > ${now - noteWithinMs} and expiry_noted_at is null
  and exists (
    select 1 from webhook_endpoints
    where webhook_endpoints.realm = tickets.realm and disabled_at is null and webhook_endpoints.created_at < expires_at)
  and (status in ('open', 'taken') or (status = 'redeemed' and expires_at <= ${now - callbackMs}
    and not exists (select 1 from pending_grants where ticket_hash = tickets.hash)
    and not exists (
      select 1 from accounts
      where accounts.realm = tickets.realm and accounts.identifier = tickets.identifier
        and connected_at >= tickets.created_at)))`;
