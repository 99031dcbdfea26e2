// Everything that Postern stores. Only this folder imports a database's driver, and only that of the database in use.
import { type Clock, type RandomBytes, systemClock } from '../lib/clock.ts';
import type { BucketStore } from '../lib/shared-rate-limit.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { DatabaseLocation } from '../model/database-location.ts';
import { type AccountStore, createAccountStore } from './account-store.ts';
import { type ApiKeyStore, createApiKeyStore } from './api-key-store.ts';
import { type AuthorizationKeyStore, createAuthorizationKeyStore } from './authorization-key-store.ts';
import { type AuthorizationRecordStore, createAuthorizationRecordStore } from './authorization-record-store.ts';
import { type AuthorizationRoundStore, createAuthorizationRoundStore } from './authorization-round-store.ts';
import { type CheckStore, createCheckStore } from './check-store.ts';
import { type ConnectionStore, createConnectionStore } from './connection-store.ts';
import { demandWhole, endCopying } from './copied-from.ts';
import { createDatabaseClock } from './database-clock.ts';
import { createDownloadStore, type DownloadStore } from './download-store.ts';
import type { Engine } from './engine.ts';
import { openEngine } from './engines.ts';
import { createIdempotencyStore, type IdempotencyStore } from './idempotency-store.ts';
import { type AdoptionOptions, createAdoption } from './migrate.ts';
import { createOperationsStore, type OperationsStore } from './operations-store.ts';
import { createPendingGrantStore, type PendingGrantStore } from './pending-grant-store.ts';
import { createRows } from './protected-rows.ts';
import { createRateLimitStore } from './rate-limit-store.ts';
import { createRefreshStore, type RefreshStore } from './refresh-store.ts';
import { createRowMacs, type RefusedRow, type RowMacs } from './row-macs.ts';
import type { Sealer } from './sealer.ts';
import {
  countUnderOtherKeys,
  createSealingKeyStore,
  holdsAnything,
  type SealingKeyStore,
} from './sealing-key-store.ts';
import {
  type BrowserSessionStore,
  createBrowserSessionStore,
  createSessionStore,
  type SessionStore,
} from './session-store.ts';
import { wrongKey } from './storage-error.ts';
import { createTicketStore, type TicketStore } from './ticket-store.ts';
import {
  createRefreshTokenCount,
  createTokenEndpointStore,
  type RefreshTokenCount,
  type TokenEndpointStore,
} from './token-endpoint-store.ts';
import { createWebhookDeliveryStore, type WebhookDeliveryStore } from './webhooks/delivery-store.ts';
import { createWebhookEndpointStore, type WebhookEndpointStore } from './webhooks/endpoint-store.ts';
import { createEventsOfWrite } from './webhooks/outbox.ts';

export { StorageError } from '../model/storage-error.ts';
export type { AccountPage, AccountPageRequest, RowFilter } from './account-page.ts';
export type { Grant, RefreshedTokens, StoredGrant } from './account-rows.ts';
export { checkEveryMs } from './account-rows.ts';
export type { AccountSettings, AccountStore, GrantReading } from './account-store.ts';
export type { ApiKeyRecord, ApiKeyStore, ProductLogo } from './api-key-store.ts';
export type { AuthorizationKey, AuthorizationKeyStore } from './authorization-key-store.ts';
export {
  type AuthorizationRecord,
  type AuthorizationRecordStore,
  type FoundRecord,
  grantHashOf,
} from './authorization-record-store.ts';
export type { FoundRound, NewRound } from './authorization-round-store.ts';
export type { ConnectionRecord, ConnectionUse, FoundConnection } from './connection-store.ts';
export { type CopyStep, compareStorage, copyStorage, type TableComparison } from './copy.ts';
export type { DownloadRecord } from './download-store.ts';
export type { PendingGrant, PendingGrantStatus, PendingGrantView } from './pending-grant-store.ts';
export type { RefusedRow } from './row-macs.ts';
export { createSealer, type SealedPlace, type Sealer } from './sealer.ts';
export type { SessionStore } from './session-store.ts';
export type { RefusalCause } from './storage-error.ts';
export type { Ticket } from './ticket-store.ts';
export type {
  TokenEndpointAnswer,
  TokenEndpointStanding,
} from './token-endpoint-store.ts';
export { mostWaiting } from './webhooks/backlog.ts';
export type { DeadLetter, OutboxCount, WebhookDelivery } from './webhooks/delivery-store.ts';
export type { WebhookEndpoint } from './webhooks/endpoint-store.ts';

export interface Storage {
  readonly accounts: AccountStore;
  readonly refreshes: RefreshStore;
  readonly refreshTokenCount: RefreshTokenCount;
  readonly tokenEndpoint: TokenEndpointStore;
  readonly operations: OperationsStore;
  readonly checks: CheckStore;
  readonly tickets: TicketStore;
  readonly apiKeys: ApiKeyStore;
  readonly connections: ConnectionStore;
  readonly sessions: SessionStore;
  readonly idempotencyKeys: IdempotencyStore;
  readonly pendingGrants: PendingGrantStore;
  readonly downloads: DownloadStore;
  readonly authorizationRecords: AuthorizationRecordStore;
  readonly authorizationKeys: AuthorizationKeyStore;
  readonly authorizationRounds: AuthorizationRoundStore;
  readonly browserSessions: BrowserSessionStore;
  readonly webhookEndpoints: WebhookEndpointStore;
  readonly webhookDeliveries: WebhookDeliveryStore;
  /** Of the limits that processes count together. */
  readonly rateLimits: BucketStore;
  readonly sealingKeys: SealingKeyStore;
  /** What everything stored goes by, and so whoever uses it. */
  readonly clock: Clock;
  /** Whether the database answers and can be written: not for a standby. @throws StorageError where it does not answer */
  ready(): Promise<boolean>;
  /** @throws StorageError `wrong_key` where accounts or keys were written under a sealing key that we do not have. */
  demandKey(): Promise<void>;
  /**
   * For whoever begins to serve: from now on this database is no copy that `storage copy` may write over (copied-from.ts).
   * @throws StorageError `unfinished_copy` where one began meanwhile
   */
  endCopying(): Promise<void>;
  /** Waits for nothing: end what uses the stores first. */
  close(): Promise<void>;
}

const clockOf = async (
  engine: Engine,
  given: Clock | undefined,
): Promise<{ readonly clock: Clock; readonly stop: () => void }> => {
  if (given !== undefined || engine.readClock === undefined) return { clock: given ?? systemClock, stop: () => {} };
  try {
    const clock = await createDatabaseClock(engine.readClock);
    return { clock, stop: clock.stop };
  } catch (error) {
    await engine.close();
    throw error;
  }
};

export interface StorageOptions {
  readonly sealer: Sealer;
  /** Instead of that of the database, or of the system where the database has none. */
  readonly clock?: Clock;
  readonly random: RandomBytes;
  /** Milliseconds after which a sweep deletes an account that has no grant; never when absent. */
  readonly retentionMs?: number;
  /** Hears once of every row that is not used because its MAC is wrong. */
  readonly refused?: (row: RefusedRow) => void;
  /** Called after every change of an account by this process, renewals of its tokens excepted, and after its removal. */
  readonly accountChanged?: (key: AccountKey) => void;
}

/**
 * Opens the database at its newest schema; a missing file is made, and missing tables are.
 * @throws StorageError whose message says what is wrong and what to do. Every store may throw one too (`busy`, `disk_full`).
 */
export const openStorage = async (
  options: StorageOptions & AdoptionOptions & { readonly location: DatabaseLocation },
): Promise<Storage> => {
  const { location, sealer, random } = options;
  const macs = createRowMacs(sealer, options.refused);
  const engine = await openEngine(location, createAdoption(sealer, macs, options), { random });
  return storageIn(engine, macs, options);
};

/** The stores of an open database. Closes it where it throws. */
export const storageIn = async (engine: Engine, macs: RowMacs, options: StorageOptions): Promise<Storage> => {
  const { sealer, random } = options;
  const { db } = engine;
  try {
    await demandWhole(db, engine.place);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const { clock, stop } = await clockOf(engine, options.clock);
  const hooks = { erased: engine.erased, accountChanged: options.accountChanged ?? (() => undefined) };
  const rows = createRows(engine, macs, hooks, createEventsOfWrite(sealer, clock, random));
  const sealingKeys = createSealingKeyStore(engine, sealer, clock);
  return {
    accounts: createAccountStore(rows, sealer, clock),
    refreshes: createRefreshStore(rows, sealer, clock),
    refreshTokenCount: createRefreshTokenCount(rows, sealer),
    tokenEndpoint: createTokenEndpointStore(rows),
    operations: createOperationsStore(rows, sealer, { random, retentionMs: options.retentionMs }),
    checks: createCheckStore(db),
    tickets: createTicketStore(rows),
    apiKeys: createApiKeyStore(rows),
    connections: createConnectionStore(rows, sealer),
    sessions: createSessionStore(rows),
    idempotencyKeys: createIdempotencyStore(rows, sealer),
    pendingGrants: createPendingGrantStore(rows, sealer, clock),
    downloads: createDownloadStore(rows),
    authorizationRecords: createAuthorizationRecordStore(rows, sealer, clock),
    authorizationKeys: createAuthorizationKeyStore(rows, sealer),
    authorizationRounds: createAuthorizationRoundStore(rows, sealer),
    browserSessions: createBrowserSessionStore(rows),
    webhookEndpoints: createWebhookEndpointStore(rows, sealer),
    webhookDeliveries: createWebhookDeliveryStore(rows, sealer, clock),
    rateLimits: createRateLimitStore(db),
    sealingKeys,
    demandKey: async () => {
      const found = await countUnderOtherKeys(engine, sealer);
      const inUse = await sealingKeys.inUse();
      const usesOther = inUse !== undefined && !sealer.knows(inUse) && (await holdsAnything(db));
      if (usesOther || found.accounts + found.apiKeys + found.others + found.connections > 0)
        throw wrongKey(engine.place, found);
    },
    endCopying: () => endCopying(db, engine.place),
    clock,
    ready: engine.ready,
    close: async () => {
      stop();
      await engine.close();
    },
  };
};
