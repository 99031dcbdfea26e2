// `postern http`: listens until a signal comes, then lets running answers finish.
import { createAuthenticator } from '../callers/authenticate.ts';
import { createSessions } from '../callers/sessions.ts';
import { compose } from '../compose.ts';
import { type Config, defaultHttpPort } from '../config.ts';
import { createHttpApp } from '../transports/http.ts';
import { listen } from '../transports/serve.ts';
import { CommandError } from './command-error.ts';
import { createLogger } from './logger.ts';
import { requireConfig } from './settings.ts';
import { logSettings } from './settings-log.ts';
import { sweepHourly } from './sweeping.ts';
import { untilSignal } from './until-signal.ts';

/** Milliseconds that answers in flight get after SIGTERM. */
const graceMs = 10_000;

export interface HttpCommandOptions {
  readonly generateKey?: boolean;
  readonly insecureHttp?: boolean;
}

export const http = async (options: HttpCommandOptions): Promise<void> => {
  const { generateKey = false, insecureHttp = false } = options;
  const config: Config = requireConfig({ transport: 'http', generateKey, insecureHttp });
  const log = createLogger();
  logSettings(log, config);
  const ended = untilSignal();
  const postern = await compose(config, { transport: 'http', log, linkOrigin: async () => config.publicUrl.origin });
  try {
    const { storage, accounts, mcpServer, fetchAttachment, ready, clock, random } = postern;
    const app = createHttpApp({
      accounts,
      authenticate: createAuthenticator(storage, clock),
      sessions: createSessions(storage.sessions, random, clock),
      mcpServer,
      fetchAttachment,
      publicUrl: config.publicUrl,
      ready,
      log,
      clock,
      random,
    });
    const listening = await listen(app, { host: config.host, port: config.port ?? defaultHttpPort }, clock);
    if (listening.kind !== 'listening') throw new CommandError(listening.message);
    log.info({ event: 'listening', host: listening.host, port: listening.port, publicUrl: config.publicUrl.origin });
    const stopping = new AbortController();
    const sweeping = sweepHourly(storage.operations, clock, log, stopping.signal);
    const keepingAlive = accounts.keepAlive.daily(stopping.signal);
    log.info({ event: 'stopping', signal: await ended });
    stopping.abort();
    await Promise.all([sweeping, keepingAlive, listening.close(graceMs)]);
  } finally {
    await postern.close();
  }
};
