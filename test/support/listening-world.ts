// A whole Postern and the fake Google on real ports, for real browsers and programs: Postern on `localhost`, Google on
// `127.0.0.1`, so that cookies, redirects and policies meet two hosts as they do in life. Time is the system's. As many
// Posterns as wanted, each with what a process of its own has, on one database behind one address.
import { randomBytes } from 'node:crypto';
import { type ListeningSandbox, listenSandbox } from '@postern/gmail-sandbox/listen';
import { pino } from 'pino';
import { compose, type Postern } from '../../src/compose.ts';
import { composeHttp } from '../../src/compose-http.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/serve.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';
import { databaseOf, engine, urlOf } from './database.ts';
import { holdToDescription } from './described-answers.ts';
import { freePort } from './free-port.ts';
import { type RoundRobin, startRoundRobin } from './round-robin.ts';

export interface ListeningWorld {
  readonly google: ListeningSandbox;
  /** One of them, where there are several. */
  readonly postern: Postern;
  readonly posterns: readonly Postern[];
  readonly origin: string;
  /** Which process answered what, where there is a proxy. */
  readonly passed: RoundRobin['passed'];
  close(): Promise<void>;
}

/** As many processes as the tests' database is for. */
export const processesHere = engine === 'postgres' ? 3 : 1;

export interface ListeningOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What Postern sends everything with. */
  readonly fetch?: typeof fetch;
  /** Stands before as many Posterns, each request at another one; absent: one Postern, and nothing before it. */
  readonly processes?: number;
  /** What the proxy gives every request. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** In place of the catalogue. */
  readonly mcpServer?: Postern['mcpServer'];
}

const log = pino({ level: 'silent' });

const startOne = async (config: Config, port: number, options: ListeningOptions) => {
  const { fetch: send, mcpServer } = options;
  const postern = await compose(config, {
    transport: 'http',
    log,
    linkOrigin: async () => config.publicUrl.origin,
    ...(send === undefined ? {} : { fetch: send, outside: () => send }),
  });
  const serving = mcpServer === undefined ? postern : { ...postern, mcpServer };
  const { app, grpc, deliverWebhooks } = await composeHttp(config, serving, { log });
  holdToDescription(app);
  const listening = await listen(app, { host: '127.0.0.1', port }, systemClock, undefined, grpc);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  const stopping = new AbortController();
  const delivering = deliverWebhooks(stopping.signal);
  const close = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([delivering, listening.close(0)]);
    await postern.close();
  };
  return { postern, port: listening.port, close };
};

/** @param people who has a Google account: address → name */
export const listenWorld = async (
  people: Readonly<Record<string, string>>,
  options: ListeningOptions = {},
): Promise<ListeningWorld> => {
  const { processes, headers } = options;
  const google = await listenSandbox({ clock: systemClock });
  for (const [email, name] of Object.entries(people)) google.sandbox.addAccount({ email, name });
  const database = await databaseOf();
  const port = await freePort();
  const reading = readConfig(
    {
      ...google.sandbox.env(),
      POSTERN_PUBLIC_URL: `http://localhost:${port}`,
      POSTERN_DATABASE_URL: urlOf(database.location),
      POSTERN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...options.env,
    },
    { transport: 'http', toolNames },
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  const { config } = reading;
  const first = await startOne(config, processes === undefined ? port : 0, options);
  const others = await Promise.all(Array.from({ length: (processes ?? 1) - 1 }, () => startOne(config, 0, options)));
  const all = [first, ...others];
  const to = all.map((one) => one.port);
  const proxy = processes === undefined ? undefined : await startRoundRobin({ port, to, headers });
  const close = async (): Promise<void> => {
    await proxy?.close();
    await Promise.all(all.map((one) => one.close()));
    await google.close();
    database.giveBack();
  };
  const posterns = all.map(({ postern }) => postern);
  const { origin } = config.publicUrl;
  return { google, postern: first.postern, posterns, origin, passed: proxy?.passed ?? [], close };
};
