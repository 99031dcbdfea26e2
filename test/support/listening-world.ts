// A whole Postern and the fake Google on real ports, for real browsers and programs: Postern on `localhost`, Google on
// `127.0.0.1`, so that cookies, redirects and policies meet two hosts as they do in life. Time is the system's.
import { randomBytes } from 'node:crypto';
import { type ListeningSandbox, listenSandbox } from '@postern/gmail-sandbox/listen';
import { pino } from 'pino';
import { compose, type Postern } from '../../src/compose.ts';
import { composeHttp } from '../../src/compose-http.ts';
import { readConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/serve.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';
import { databaseOf, urlOf } from './database.ts';
import { holdToDescription } from './described-answers.ts';
import { freePort } from './free-port.ts';

export interface ListeningWorld {
  readonly google: ListeningSandbox;
  readonly postern: Postern;
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * @param people who has a Google account: address → name
 * @param options.fetch what Postern sends everything with
 */
export const listenWorld = async (
  people: Readonly<Record<string, string>>,
  options: { readonly env?: Readonly<Record<string, string>>; readonly fetch?: typeof fetch } = {},
): Promise<ListeningWorld> => {
  const google = await listenSandbox({ clock: systemClock });
  for (const [email, name] of Object.entries(people)) google.sandbox.addAccount({ email, name });
  const port = await freePort();
  const database = await databaseOf();
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
  const log = pino({ level: 'silent' });
  const { origin } = config.publicUrl;
  const postern = await compose(config, {
    transport: 'http',
    log,
    linkOrigin: async () => origin,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch, outside: () => options.fetch ?? fetch }),
  });
  const { app, grpc } = await composeHttp(config, postern, { log });
  holdToDescription(app);
  const listening = await listen(app, { host: '127.0.0.1', port }, systemClock, undefined, grpc);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  const close = async (): Promise<void> => {
    await listening.close(0);
    await postern.close();
    database.giveBack();
    await google.close();
  };
  return { google, postern, origin, close };
};
