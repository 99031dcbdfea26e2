// Delivers what the outbox holds, in an `http` process: looks every second what is due, has a few deliveries of each endpoint
// under way, and tries again for a day what was not taken. Several processes share the work by leases; one that is killed
// leaves its deliveries to the others, or to itself, once its leases end: each event arrives at least once, those of one
// account in their order.
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { shuffled } from '../lib/shuffled.ts';
import type { Storage, WebhookDelivery } from '../storage/index.ts';
import { attempt, type Outside } from './attempt.ts';

const secondMs = 1_000;
const hourMs = 60 * 60 * secondMs;

const pollMs = secondMs;
/** Between looks for links that ran out, and for endpoints for which too much waits. Milliseconds. */
const seldomMs = 15 * secondMs;
/** Three times as long as an attempt may take. Milliseconds. */
const leaseMs = 30 * secondMs;
/** Under way at once in this process: for one endpoint, so that one that hangs keeps no others from theirs, and in all. */
const atOnce = { ofEndpoint: 8, inAll: 256 };

/** Milliseconds: after the first failure, factor of each further one, and the longest pause. */
const retries = { first: 5 * secondMs, factor: 3, longest: 4 * hourMs } as const;
/** An event is tried so long after it was written, and at least so long after its first attempt. Milliseconds. */
const tryFor = { sinceWritten: 24 * hourMs, sinceFirstAttempt: hourMs } as const;

/** When to try again what failed just now: with a jitter of a quarter, so that what failed together does not come together. */
const nextAttempt = (
  { createdAt, firstAttemptAt = createdAt, attempts }: WebhookDelivery,
  now: number,
  random: RandomBytes,
): number | 'never' => {
  const end = Math.max(createdAt + tryFor.sinceWritten, firstAttemptAt + tryFor.sinceFirstAttempt);
  if (now >= end) return 'never';
  const fraction = Buffer.from(random(2)).readUInt16BE() / 0xffff;
  const pause = Math.min(retries.longest, retries.first * retries.factor ** attempts) * (0.75 + fraction / 2);
  return Math.min(Math.round(now + pause), end);
};

export interface WebhookDeliveryOptions {
  readonly storage: Pick<Storage, 'webhookDeliveries' | 'webhookEndpoints'>;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: (level: 'info' | 'warn', entry: Readonly<Record<string, unknown>>) => void;
}

export interface WebhookDeliverer {
  /** Delivers until `signal` is aborted; resolves once what was under way has ended. */
  run(signal: AbortSignal): Promise<void>;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** Sends one delivery and writes down what came of it. */
const deliver = async (options: WebhookDeliveryOptions, holder: string, delivery: WebhookDelivery): Promise<void> => {
  const { storage, clock, random, log } = options;
  const { webhookDeliveries, webhookEndpoints } = storage;
  const { eventId: id, endpointId: endpoint, type, payload, attempts } = delivery;
  const to = await webhookEndpoints.find(endpoint);
  // Removed or disabled meanwhile; what waits for it is gone, or dead.
  if (to === undefined || to.disabledAt !== undefined) return;
  const made = await attempt(options, to, await webhookEndpoints.secrets(endpoint, clock.now()), { id, payload });
  if (made.kind === 'delivered') {
    await webhookDeliveries.delivered(delivery, holder);
    return;
  }
  if (made.kind === 'gone') {
    const answered = { eventId: id, error: `http_${made.httpStatus}` };
    if (await webhookEndpoints.disable(endpoint, 'gone', clock.now(), answered))
      log('warn', { event: 'webhook_disabled', endpoint, next: 'The receiver answered 410: remove it, or test it.' });
    return;
  }
  const at = nextAttempt(delivery, clock.now(), random);
  await webhookDeliveries.failed(delivery, holder, { error: made.error, at });
  const entry = { endpoint, type, id, cause: made.error, attempts: attempts + 1 };
  if (at === 'never') log('warn', { event: 'webhook_dead', ...entry, next: 'See: postern webhooks list --dead' });
  else log('info', { event: 'webhook_failed', ...entry });
};

export const createWebhookDelivery = (options: WebhookDeliveryOptions): WebhookDeliverer => {
  const { storage, clock, random, log } = options;
  const { webhookDeliveries } = storage;
  const holder = Buffer.from(random(12)).toString('hex');
  const underWay = new Set<Promise<void>>();
  const places = new Map<string, number>();
  let inAll = 0;
  let seldomAt = Number.NEGATIVE_INFINITY;

  const take = (endpoint: string, change: number): void => {
    const now = (places.get(endpoint) ?? 0) + change;
    if (now === 0) places.delete(endpoint);
    else places.set(endpoint, now);
    inAll += change;
  };
  const track = (work: Promise<void>): void => {
    const tracked = work
      .catch((error: unknown) => log('warn', { event: 'webhook_delivery_failed', cause: nameOf(error) }))
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };

  /** Begins as many deliveries of an endpoint as have a place; each that ends makes place for the next. */
  const pump = async (endpoint: string, signal: AbortSignal): Promise<void> => {
    const free = Math.min(atOnce.ofEndpoint - (places.get(endpoint) ?? 0), atOnce.inAll - inAll);
    if (free <= 0 || signal.aborted) return;
    take(endpoint, free);
    const now = clock.now();
    let claimed: WebhookDelivery[] = [];
    try {
      claimed = await webhookDeliveries.claim(endpoint, { holder, now, until: now + leaseMs }, free);
    } finally {
      take(endpoint, claimed.length - free);
    }
    // A claim that waited for the database has little left of its lease: its deliveries are taken again once that ends.
    const isLate = clock.now() - now > leaseMs / 3;
    for (const delivery of claimed)
      track(
        (isLate ? Promise.resolve() : deliver(options, holder, delivery))
          .finally(() => take(endpoint, -1))
          .then(() => (isLate ? undefined : pump(endpoint, signal))),
      );
  };

  const round = async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    if (Math.abs(now - seldomAt) >= seldomMs) {
      seldomAt = now;
      await webhookDeliveries.noteExpiredLinks(now);
      await webhookDeliveries.limitBacklogs(now);
    }
    // By chance: where there are more than places in all, each endpoint gets its turn.
    for (const endpoint of shuffled(await webhookDeliveries.endpointsDue(now), random)) await pump(endpoint, signal);
  };

  return {
    run: async (signal) => {
      while (!signal.aborted) {
        await round(signal).catch((error: unknown) =>
          log('warn', { event: 'webhook_round_failed', cause: nameOf(error) }),
        );
        await clock.sleep(pollMs, signal);
      }
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
};
