// A storage with people, an endpoint that is a real HTTP server on this machine, and processes that deliver to it.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { onTestFinished } from 'vitest';
import type { RandomBytes } from '../../src/lib/clock.ts';
import { createOutsideFetch } from '../../src/lib/outside-fetch.ts';
import { createSealer, openStorage, type Storage } from '../../src/storage/index.ts';
import { createWebhookDelivery } from '../../src/webhooks/delivery.ts';
import { createWebhooks, type Webhooks } from '../../src/webhooks/endpoints.ts';
import { databaseAt, giveBack } from '../support/database.ts';
import { type HandClock, handClock } from '../support/hand-clock.ts';
import { inTime } from '../support/in-time.ts';

export interface Got {
  readonly id: string;
  readonly type: string;
  readonly identifier: string | null;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** How a receiver answers: a status, not at all, or by closing the connection. */
export type Reaction = number | 'hang' | 'close';

export interface Receiver {
  readonly url: string;
  /** Everything that came, also what it did not take. */
  readonly got: Got[];
  react: (got: Got) => Reaction;
  /** Stops listening, and cuts off what is under way: connections are refused. @returns listens again on the same port */
  goAway(): Promise<() => Promise<void>>;
}

export const aReceiver = async (react: Receiver['react'] = () => 200): Promise<Receiver> => {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { id, type, identifier } = JSON.parse(body);
    const got = { id, type, identifier, body, headers: request.headers };
    receiver.got.push(got);
    const reaction = receiver.react(got);
    if (reaction === 'close') request.socket.destroy();
    else if (reaction !== 'hang') response.writeHead(reaction, { location: '/elsewhere' }).end('an answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const goAway = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    return async () => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    };
  };
  const receiver: Receiver = { url: `http://127.0.0.1:${port}/hook?for=postern`, got: [], react, goAway };
  return receiver;
};

/** Throws unless one of the signatures is of this secret. */
export const verify = (secret: string, { body, headers }: Got): void => {
  new Webhook(secret).verify(body, headers as Record<string, string>);
};

export interface DeliveryWorld {
  readonly clock: HandClock;
  readonly storage: Storage;
  readonly webhooks: Webhooks;
  readonly logged: Readonly<Record<string, unknown>>[];
  /** Adds an endpoint to the realm `default`. */
  endpoint(url: string): Promise<{ readonly id: string; readonly secret: string }>;
  /** Runs a process that delivers. @returns ends it */
  run(): () => Promise<void>;
  /** Resolves once `isSo`. */
  until(isSo: () => boolean | Promise<boolean>): Promise<void>;
  /** Makes an account, which is one event. */
  make(identifier: string): Promise<void>;
  /** Connects nobody: an account that is deleted and made again is two events of one account. */
  remake(identifier: string): Promise<void>;
}

/** @param random of the pauses between attempts */
export const aDeliveryWorld = async (random: RandomBytes = randomBytes): Promise<DeliveryWorld> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-webhooks-'));
  const clock = handClock(Math.floor(Date.now() / 1000) * 1000);
  const sealer = createSealer({ current: new Uint8Array(32).fill(3), retired: [] }, randomBytes);
  const path = join(folder, 'postern.db');
  const storage = await openStorage({ location: await databaseAt(path), sealer, clock, random: randomBytes });
  onTestFinished(async () => {
    await storage.close();
    giveBack(path);
    rmSync(folder, { recursive: true, force: true });
  });
  const outside = (trustedOrigin?: string, bodies?: 'ignored') => createOutsideFetch({ clock, trustedOrigin, bodies });
  const webhooks = createWebhooks({ storage, outside, clock, random: randomBytes });
  const logged: Record<string, unknown>[] = [];
  const log = (_level: string, entry: object) => void logged.push({ ...entry });
  const keyOf = (identifier: string) => ({ realm: 'default', identifier });
  return {
    clock,
    storage,
    webhooks,
    logged,
    endpoint: async (url) => {
      const added = await webhooks.add({ realm: 'default', url, allowPrivate: true });
      if (added.kind !== 'added') throw new Error(added.kind);
      return { id: added.endpoint.id, secret: added.secret };
    },
    run: () => {
      const stop = new AbortController();
      const running = createWebhookDelivery({ storage, outside, clock, random, log }).run(stop.signal);
      const end = async () => {
        stop.abort();
        await running;
      };
      // What hangs is left when its time is over.
      onTestFinished(() => inTime(end(), [clock], 60_000));
      return end;
    },
    until: async (isSo) => {
      while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
    },
    make: async (identifier) => {
      await storage.accounts.getOrCreate(keyOf(identifier));
    },
    remake: async (identifier) => {
      await storage.accounts.remove(keyOf(identifier));
      await storage.accounts.getOrCreate(keyOf(identifier));
    },
  };
};
