// Where Postern sends events, and the OAuth clients that people are connected through: what is the realm's, not one person's.
import { answerAs, type CallOptions, pathPart, type Send } from './http.ts';
import type { Capability } from './types.ts';
import type { WebhookEventType } from './webhooks.ts';

/** An endpoint of yours. Times are ISO 8601. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly realm: string;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  readonly status: 'enabled' | 'disabled';
  readonly disabled_at: string | null;
  readonly disabled_reason: string | null;
  /** Until when the replaced secret signs too. */
  readonly former_secret_until: string | null;
  readonly created_at: string;
  /** Events that are still to be delivered. */
  readonly waiting: number;
  /** Events that were given up. */
  readonly dead: number;
}

/** What came back from an endpoint. */
export interface TestedWebhook {
  readonly delivered: boolean;
  readonly http_status: number | null;
  readonly reason: string | null;
  readonly enabled_again: boolean;
}

/** An event that was given up. */
export interface DeadLetter {
  readonly event_id: string;
  readonly type: string;
  readonly realm: string;
  readonly identifier: string;
  readonly created_at: string;
  readonly dead_at: string;
  readonly attempts: number;
  readonly last_error: string;
}

/** An OAuth client at Google. */
export interface Connection {
  readonly name: string;
  readonly client_id: string;
  readonly capabilities: readonly Capability[];
  /** Accounts that this key makes are connected through it. */
  readonly for_new_accounts: boolean;
}

const pathOf = (id: string, rest = ''): string => `/webhooks/${pathPart('id', id)}${rest}`;

export const createWebhookEndpoints = (send: Send) => ({
  list: async (options?: CallOptions): Promise<readonly WebhookEndpoint[]> =>
    (await answerAs<{ webhooks: WebhookEndpoint[] }>(send({ method: 'GET', path: '/webhooks' }, options))).webhooks,

  /** All events, unless some are named. The answer alone has the secret that `webhooks.verify` takes. */
  add: (
    url: string,
    settings: { readonly events?: readonly WebhookEventType[] } = {},
    options?: CallOptions,
  ): Promise<WebhookEndpoint & { readonly secret: string }> =>
    answerAs(send({ method: 'POST', path: '/webhooks', body: { url, ...settings } }, options)),

  get: (id: string, options?: CallOptions): Promise<WebhookEndpoint> =>
    answerAs(send({ method: 'GET', path: pathOf(id) }, options)),

  /** With what waits for it. */
  remove: async (id: string, options?: CallOptions): Promise<void> => {
    await send({ method: 'DELETE', path: pathOf(id) }, options);
  },

  /** A new secret; the former one signs too for a day. */
  rotateSecret: (
    id: string,
    options?: CallOptions,
  ): Promise<{ readonly secret: string; readonly former_secret_until: string }> =>
    answerAs(send({ method: 'POST', path: pathOf(id, '/rotate-secret') }, options)),

  /** Sends an event now; a disabled endpoint that takes it is enabled again. */
  test: (id: string, options?: CallOptions): Promise<TestedWebhook> =>
    answerAs(send({ method: 'POST', path: pathOf(id, '/test') }, options)),

  /** How many events were given up, and the oldest hundred of them. */
  dead: (
    id: string,
    options?: CallOptions,
  ): Promise<{ readonly dead: number; readonly events: readonly DeadLetter[] }> =>
    answerAs(send({ method: 'GET', path: pathOf(id, '/dead') }, options)),

  /** Sends again what was given up: one event, or all of them. */
  redeliver: (
    id: string,
    settings: { readonly event_id?: string } = {},
    options?: CallOptions,
  ): Promise<{ readonly redelivered: number }> =>
    answerAs(send({ method: 'POST', path: pathOf(id, '/redeliver'), body: settings }, options)),
});

export const createConnections = (send: Send) => ({
  list: async (options?: CallOptions): Promise<readonly Connection[]> =>
    (await answerAs<{ connections: Connection[] }>(send({ method: 'GET', path: '/connections' }, options))).connections,
});
