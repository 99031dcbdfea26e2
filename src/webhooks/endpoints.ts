// What an operator or a product does with its endpoints: add one, replace its secret, test it, and send dead letters again.
import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { WebhookEventType } from '../model/webhook-event.ts';
import type { DeadLetter, OutboxCount, Storage, WebhookEndpoint } from '../storage/index.ts';
import { attempt, type Outside } from './attempt.ts';

export type { DeadLetter } from '../storage/index.ts';

/** Endpoints of one realm. */
const mostEndpoints = 10;
const longestUrl = 2048;
/** How long a replaced secret signs too. Milliseconds. */
export const secretOverlapMs = 24 * 60 * 60_000;
/** Dead letters that one transaction puts back. */
const redeliverAtOnce = 200;

interface NewEndpoint {
  readonly realm: string;
  readonly url: string;
  /** Absent: all. */
  readonly events?: readonly WebhookEventType[];
  /** The operator alone may say so: an address of this machine or a private network, and http. */
  readonly allowPrivate: boolean;
}

type Added =
  | { readonly kind: 'added'; readonly endpoint: WebhookEndpoint; readonly secret: string }
  /** A sentence without its subject: "must …". `unlessPrivate`: the operator may allow it. */
  | { readonly kind: 'url_refused'; readonly because: string; readonly unlessPrivate: boolean }
  | { readonly kind: 'too_many'; readonly most: number };

export interface Tested {
  readonly delivered: boolean;
  readonly httpStatus?: number;
  /** Why not, in a word. */
  readonly error?: string;
  /** It was disabled, and is not any more. */
  readonly enabledAgain: boolean;
}

/** An endpoint, and how many events wait for it or are dead. */
export type CountedEndpoint = WebhookEndpoint & OutboxCount;

export interface Webhooks {
  /** Oldest first; of one realm, or of all. */
  list(realm?: string): Promise<CountedEndpoint[]>;
  find(id: string): Promise<CountedEndpoint | undefined>;
  /** With everything that waits for it. False: there is none. */
  remove(id: string): Promise<boolean>;
  /** Oldest first. */
  deadLetters(id: string, most: number): Promise<DeadLetter[]>;
  add(wanted: NewEndpoint): Promise<Added>;
  /** The former secret signs too until `formerUntil`. Undefined: there is no such endpoint. */
  rotateSecret(id: string): Promise<{ readonly secret: string; readonly formerUntil: number } | undefined>;
  /** Sends an event `webhook.test` now, once. A disabled endpoint that takes it is enabled. */
  test(endpoint: WebhookEndpoint): Promise<Tested>;
  /** Dead letters of an endpoint, or one of them. @returns how many are sent again */
  redeliver(id: string, eventId?: string): Promise<number>;
}

/** Why nothing is sent to this address; undefined where something may be. A name is looked up when something is sent. */
const urlFault = async (text: string, allowPrivate: boolean): Promise<string | undefined> => {
  const url = text.length <= longestUrl ? URL.parse(text) : null;
  if (url === null) return `must be an absolute URL of at most ${longestUrl} characters`;
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:'))
    return allowPrivate ? 'must begin with http:// or https://' : 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  if (url.hash !== '') return 'must not have a fragment (#…)';
  if (allowPrivate) return undefined;
  const { leadsOutside } = await import('../lib/outside-fetch.ts');
  return leadsOutside(url.hostname) ? undefined : 'must not lead to this machine or into a private network';
};

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: 24 to 64 random bytes. */
const newSecret = (random: RandomBytes): string => `whsec_${Buffer.from(random(32)).toString('base64')}`;

const newId = (prefix: string, random: RandomBytes): string =>
  `${prefix}_${Buffer.from(random(12)).toString('base64url')}`;

const testPayload = (id: string, realm: string, now: number): string =>
  JSON.stringify({
    type: 'webhook.test',
    id,
    created_at: new Date(now).toISOString(),
    realm,
    identifier: null,
    account: null,
    previous_status: null,
    reason: null,
    data: {},
  });

export interface WebhooksOptions {
  readonly storage: Pick<Storage, 'webhookDeliveries' | 'webhookEndpoints'>;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

export const createWebhooks = (options: WebhooksOptions): Webhooks => {
  const { storage, clock, random } = options;
  const { webhookDeliveries, webhookEndpoints } = storage;
  const counted = async (endpoint: WebhookEndpoint): Promise<CountedEndpoint> => ({
    ...endpoint,
    ...(await webhookDeliveries.count(endpoint.id)),
  });
  return {
    list: async (realm) => {
      const found = await webhookEndpoints.list(realm === undefined ? {} : { realm });
      return Promise.all(found.map(counted));
    },
    find: async (id) => {
      const found = await webhookEndpoints.find(id);
      return found && counted(found);
    },
    remove: webhookEndpoints.remove,
    deadLetters: webhookDeliveries.deadLetters,
    add: async (wanted) => {
      const because = await urlFault(wanted.url, wanted.allowPrivate);
      if (because !== undefined)
        return { kind: 'url_refused', because, unlessPrivate: (await urlFault(wanted.url, true)) === undefined };
      const secret = newSecret(random);
      const endpoint = { ...wanted, id: newId('whe', random), createdAt: clock.now() };
      const added = await webhookEndpoints.add(endpoint, secret, mostEndpoints);
      return added ? { kind: 'added', endpoint, secret } : { kind: 'too_many', most: mostEndpoints };
    },
    rotateSecret: async (id) => {
      const secret = newSecret(random);
      const formerUntil = clock.now() + secretOverlapMs;
      return (await webhookEndpoints.replaceSecret(id, secret, formerUntil)) ? { secret, formerUntil } : undefined;
    },
    test: async (endpoint) => {
      const now = clock.now();
      const id = newId('evt', random);
      const secrets = await webhookEndpoints.secrets(endpoint.id, now);
      const made = await attempt(options, endpoint, secrets, { id, payload: testPayload(id, endpoint.realm, now) });
      const { httpStatus } = made;
      if (made.kind !== 'delivered')
        return {
          delivered: false,
          httpStatus,
          error: made.kind === 'gone' ? 'http_410' : made.error,
          enabledAgain: false,
        };
      const wasDisabled = endpoint.disabledAt !== undefined;
      if (wasDisabled) await webhookEndpoints.enable(endpoint.id);
      return { delivered: true, httpStatus, enabledAgain: wasDisabled };
    },
    redeliver: async (id, eventId) => {
      let redelivered = 0;
      for (let more = redeliverAtOnce; more === redeliverAtOnce; redelivered += more)
        more = await webhookDeliveries.redeliver(id, eventId, redeliverAtOnce);
      return redelivered;
    },
  };
};
