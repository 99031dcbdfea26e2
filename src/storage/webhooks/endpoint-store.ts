// Where events are sent: the endpoints of each realm. Their secrets are sealed; while one is being replaced there are two.
import { type SqlBool, sql } from 'kysely';
import { type WebhookEventType, webhookEventTypes } from '../../model/webhook-event.ts';
import type { LockName } from '../engine.ts';
import type { Rows } from '../protected-rows.ts';
import type { SealedPlace, Sealer } from '../sealer.ts';
import type { WebhookEndpointsTable } from './tables.ts';

/** Times in milliseconds since the epoch. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly realm: string;
  readonly url: string;
  /** Absent: all. */
  readonly events?: readonly WebhookEventType[];
  /** The operator said that it may be on this machine or in a private network, and without https. */
  readonly allowPrivate: boolean;
  readonly createdAt: number;
  /** Until then the former secret signs too. */
  readonly formerSecretUntil?: number;
  readonly disabledAt?: number;
  readonly disabledBecause?: string;
}

type NewWebhookEndpoint = Omit<WebhookEndpoint, 'formerSecretUntil' | 'disabledAt' | 'disabledBecause'>;

export interface WebhookEndpointStore {
  /** False when the realm has `most` already. `secret` as the receiver gets it. */
  add(endpoint: NewWebhookEndpoint, secret: string, most: number): Promise<boolean>;
  /** Oldest first. */
  list(filter?: { readonly realm?: string }): Promise<WebhookEndpoint[]>;
  find(id: string): Promise<WebhookEndpoint | undefined>;
  /** The secrets that sign at `now`, the newest first; none where the sealing key does not open them. */
  secrets(id: string, now: number): Promise<string[]>;
  /** The present secret signs on until `formerUntil`; one that was replaced before does not. False: there is no such endpoint. */
  replaceSecret(id: string, secret: string, formerUntil: number): Promise<boolean>;
  /**
   * Nothing is sent any more, and no event written; what waits is dead.
   * @param answered the event that was sent, and what was answered, which is written down with it
   * @returns false where it is disabled already, or gone
   */
  disable(
    id: string,
    because: string,
    at: number,
    answered?: { readonly eventId: string; readonly error: string },
  ): Promise<boolean>;
  enable(id: string): Promise<void>;
  /** With everything that waits for it. False: there is none. */
  remove(id: string): Promise<boolean>;
}

/** Whoever changes which endpoints a realm has is alone; whoever writes an event only keeps those away. */
export const endpointsLock = (realm: string): LockName => ({ of: ['webhook endpoints', realm] });

/** Whoever gives out deliveries of an endpoint, or puts some back. Taken after `endpointsLock`. */
export const deliveriesLock = (endpointId: string): LockName => ({ of: ['webhook deliveries', endpointId] });

type SecretColumn = 'secret' | 'former_secret';

export const placeInWebhookEndpoints = (
  { id, realm }: Pick<WebhookEndpointsTable, 'id' | 'realm'>,
  column: SecretColumn,
): SealedPlace => ({
  table: 'webhook_endpoints',
  column,
  key: { realm, identifier: '' },
  grantVersion: 0,
  row: id,
});

/** What a newer version asked for and this one does not know is left out. */
const toEvents = (json: string | null): WebhookEventType[] | undefined => {
  if (json === null) return undefined;
  const names: string[] = JSON.parse(json);
  return webhookEventTypes.filter((type) => names.includes(type));
};

export const toWebhookEndpoint = (row: WebhookEndpointsTable): WebhookEndpoint => ({
  id: row.id,
  realm: row.realm,
  url: row.url,
  events: toEvents(row.events),
  allowPrivate: row.allow_private === 1,
  createdAt: row.created_at,
  formerSecretUntil: row.former_secret_until ?? undefined,
  disabledAt: row.disabled_at ?? undefined,
  disabledBecause: row.disabled_because ?? undefined,
});

export const createWebhookEndpointStore = (rows: Rows, sealer: Sealer): WebhookEndpointStore => {
  const sealed = (row: Pick<WebhookEndpointsTable, 'id' | 'realm'>, column: SecretColumn, secret: string): string =>
    sealer.seal(secret, placeInWebhookEndpoints(row, column));
  const opened = (row: WebhookEndpointsTable, column: SecretColumn): string[] => {
    const secret = row[column] === null ? undefined : sealer.open(row[column], placeInWebhookEndpoints(row, column));
    return secret === undefined ? [] : [secret];
  };

  return {
    add: ({ id, realm, url, events, allowPrivate, createdAt }, secret, most) =>
      rows.insert(
        'webhook_endpoints',
        {
          id,
          realm,
          url,
          events: events === undefined ? null : JSON.stringify(events),
          allow_private: allowPrivate ? 1 : 0,
          secret: sealed({ id, realm }, 'secret', secret),
          created_at: createdAt,
        },
        {
          where: sql<SqlBool>`${most} > (select count(*) from webhook_endpoints where realm = ${realm})`,
          lock: endpointsLock(realm),
        },
      ),
    list: async (filter = {}) =>
      (await rows.list('webhook_endpoints', filter, ['created_at', 'id'])).map(toWebhookEndpoint),
    find: async (id) => {
      const row = await rows.find('webhook_endpoints', { id });
      return row && toWebhookEndpoint(row);
    },
    secrets: async (id, now) => {
      const row = await rows.find('webhook_endpoints', { id });
      if (row === undefined) return [];
      const former = (row.former_secret_until ?? 0) > now ? opened(row, 'former_secret') : [];
      return [...opened(row, 'secret'), ...former];
    },
    replaceSecret: async (id, secret, formerUntil) => {
      const changed = await rows.change('webhook_endpoints', { id }, (row) => {
        const [present] = opened(row, 'secret');
        const former = present === undefined ? null : sealed(row, 'former_secret', present);
        return {
          secret: sealed(row, 'secret', secret),
          former_secret: former,
          former_secret_until: former === null ? null : formerUntil,
        };
      });
      rows.hooks.erased();
      return changed !== undefined;
    },
    disable: (id, because, at, answered) =>
      rows.transaction(undefined, async (transaction) => {
        await lockEndpoint(transaction, id);
        const changed = await transaction.change('webhook_endpoints', { id }, (row) =>
          row.disabled_at === null ? { disabled_at: at, disabled_because: because } : undefined,
        );
        await transaction.db
          .updateTable('webhook_deliveries')
          .set({ dead_at: at, last_error: because, next_attempt_at: null, lease_until: null, lease_holder: null })
          .where('endpoint_id', '=', id)
          .where('dead_at', 'is', null)
          .execute();
        if (answered !== undefined)
          await transaction.db
            .updateTable('webhook_deliveries')
            .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), last_error: answered.error }))
            .where('endpoint_id', '=', id)
            .where('event_id', '=', answered.eventId)
            .execute();
        return changed !== undefined;
      }),
    enable: async (id) => {
      await rows.change('webhook_endpoints', { id }, (row) =>
        row.disabled_at === null ? undefined : { disabled_at: null, disabled_because: null },
      );
    },
    remove: async (id) => {
      const removed = await rows.transaction(undefined, async (transaction) => {
        await lockEndpoint(transaction, id);
        // No event is being written for it, and none put back.
        await transaction.lock(deliveriesLock(id));
        return transaction.remove('webhook_endpoints', { id });
      });
      rows.hooks.erased();
      return removed > 0;
    },
  };
};

/** Of a row that does not count its realm does. */
const lockEndpoint = async (transaction: Rows, id: string): Promise<void> => {
  const row = await transaction.db
    .selectFrom('webhook_endpoints')
    .select('realm')
    .where('id', '=', id)
    .executeTakeFirst();
  await transaction.lock(endpointsLock(row?.realm ?? ''));
};
