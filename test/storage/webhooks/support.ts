// An endpoint of a realm, and what it is takeEvents, as a process that delivers sees it.
import { accountEvent, linkEvent } from '../../../src/http/api/descriptions/webhook-events.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { aWorld, minute, start, type World } from '../support.ts';

export interface Sent {
  readonly type: string;
  readonly identifier: string;
  readonly account: Readonly<Record<string, unknown>> | null;
  readonly previous_status: string | null;
  readonly reason: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export const endpoint = {
  id: 'whe_1',
  realm: 'default',
  url: 'https://shop.example/',
  allowPrivate: false,
  createdAt: start,
};
export const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;

/** A world whose realm has an endpoint. */
export const worldWithEndpoint = async (): Promise<World> => {
  const world = await aWorld();
  await world.storage.webhookEndpoints.add(endpoint, secret, 10);
  return world;
};

/** Takes what waits for the endpoint, in order, as a process that delivers does. */
export const takeEvents = async (
  { storage, clock }: { storage: Storage; clock: Clock },
  id = endpoint.id,
): Promise<Sent[]> => {
  const all: Sent[] = [];
  for (;;) {
    const lease = { holder: 'test', now: clock.now(), until: clock.now() + minute };
    const claimed = await storage.webhookDeliveries.claim(id, lease, 100);
    if (claimed.length === 0) return all;
    for (const delivery of claimed) {
      const sent = JSON.parse(delivery.payload);
      // None is sent that is not as docs/openapi.json says.
      (sent.type.startsWith('link.') ? linkEvent : accountEvent).parse(sent);
      all.push(sent);
      await storage.webhookDeliveries.delivered(delivery, 'test');
    }
  }
};

export const typesOf = (sent: readonly Sent[]): string[] => sent.map(({ type }) => type);
