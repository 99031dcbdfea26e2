// The tables of webhooks as Kysely sees them, a part of schema.ts.

/** Where the events of a realm are sent. */
export interface WebhookEndpointsTable {
  id: string;
  realm: string;
  url: string;
  /** JSON array of event types; null: all. */
  events: string | null;
  allow_private: 0 | 1;
  /** Sealed. */
  secret: string;
  /** Sealed. Signs too while `former_secret_until` is in the future. */
  former_secret: string | null;
  former_secret_until: number | null;
  created_at: number;
  disabled_at: number | null;
  disabled_because: string | null;
  mac: string | null;
}

/** The outbox: an event that one endpoint has not taken yet. */
export interface WebhookDeliveriesTable {
  /** The order in which events happened. */
  sequence: number;
  event_id: string;
  endpoint_id: string;
  realm: string;
  identifier: string;
  type: string;
  /** Sealed: JSON. */
  payload: string;
  created_at: number;
  attempts: number;
  first_attempt_at: number | null;
  /** Null while an earlier one of the same account and endpoint waits, and of a dead one. */
  next_attempt_at: number | null;
  last_error: string | null;
  dead_at: number | null;
  /** While this is in the future, `lease_holder` is sending it. */
  lease_until: number | null;
  lease_holder: string | null;
  mac: string | null;
}
