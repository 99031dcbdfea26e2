// What webhooks tell a product's backend: the events, and the form in which each is sent.
import type { Account } from './account.ts';
import { accountJson } from './account-json.ts';
import type { AccountKey } from './account-key.ts';

/** Every event that an endpoint may ask for. */
export const webhookEventTypes = [
  'account.created',
  'account.connected',
  'account.capability_changed',
  'account.ended',
  'account.disconnected',
  'account.deleted',
  'link.made',
  'link.declined',
  'link.expired',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** One change, as whoever made it knows it. */
export interface WebhookEvent {
  readonly type: WebhookEventType;
  readonly key: AccountKey;
  /** As the account is after the change, or was before it was deleted. */
  readonly account: Account | undefined;
  /** Of an account event: the status for everybody outside before the change; null where there was no account. */
  readonly previousStatus: string | null;
  readonly reason: string | null;
  /** What belongs to this type alone; snake_case, no secret. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The text that is signed and sent, the same at every attempt. `at` in milliseconds. */
export const webhookPayload = (id: string, event: WebhookEvent, at: number): string =>
  JSON.stringify({
    type: event.type,
    id,
    created_at: new Date(at).toISOString(),
    realm: event.key.realm,
    identifier: event.key.identifier,
    account: event.account === undefined ? null : accountJson(event.account),
    previous_status: event.previousStatus,
    reason: event.reason,
    data: event.data,
  });
