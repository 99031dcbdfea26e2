// `postern http`: listens until a signal comes, then lets running answers finish; every hour sweeps the database and looks
// after its keys.
import type { Logger } from 'pino';
import { compose } from '../compose.ts';
import { composeHttp } from '../compose-http.ts';
import { type Config, defaultHttpPort } from '../config/config.ts';
import { defaultConnectionLimits } from '../http/limits/connection-limits.ts';
import { listen } from '../http/serve.ts';
import type { Clock } from '../lib/clock.ts';
import { toolNames } from '../mcp/tools/index.ts';
import { connectionWarnings } from './connection-warnings.ts';
import { followKeys } from './follow-keys.ts';
import { createLogger, logSettings } from './log.ts';
import { firstSignal } from './process.ts';
import { requireConfig } from './settings.ts';
import { CommandError } from './terminal.ts';

/** Milliseconds that answers in flight get after SIGTERM. */
const graceMs = 10_000;

export interface HttpCommandOptions {
  readonly generateKey?: boolean;
  readonly insecureHttp?: boolean;
}

export const http = async (options: HttpCommandOptions): Promise<void> => {
  const { generateKey = false, insecureHttp = false } = options;
  const config: Config = requireConfig({ transport: 'http', generateKey, insecureHttp, toolNames });
  const log = createLogger();
  logSettings(log, config);
  const ended = firstSignal();
  const postern = await compose(config, { transport: 'http', log, linkOrigin: async () => config.publicUrl.origin });
  const keys = await followKeys(postern.storage, postern.sealer, config.keys, log);
  // A terminal that is closed sends it as well, and then ends the process as always.
  if (process.stdin.isTTY !== true) process.on('SIGHUP', keys.checkNow);
  try {
    const { storage, accounts, clock } = postern;
    for (const connection of await storage.connections.list())
      for (const warning of connectionWarnings(connection, config)) log.warn({ event: 'configuration', warning });
    const { app, grpc, rotateKeys, deliverWebhooks } = await composeHttp(config, postern, { log });
    const where = { host: config.host, port: config.port ?? defaultHttpPort };
    const { trustedProxies } = config;
    const listening = await listen(app, where, clock, { ...defaultConnectionLimits, trustedProxies }, grpc);
    if (listening.kind !== 'listening') throw new CommandError(listening.message);
    log.info({ event: 'listening', host: listening.host, port: listening.port, publicUrl: config.publicUrl.origin });
    const stopping = new AbortController();
    const sweep = { failed: 'sweep_failed', run: () => storage.operations.sweep(clock.now()) };
    const rotation = { failed: 'key_rotation_failed', run: rotateKeys };
    const working = [sweep, rotation].map((work) => hourly(work, clock, log, stopping.signal));
    const checking = accounts.dailyChecks.run(stopping.signal);
    const delivering = deliverWebhooks(stopping.signal);
    log.info({ event: 'stopping', signal: await ended });
    stopping.abort();
    await Promise.all([...working, checking, delivering, listening.close(graceMs)]);
  } finally {
    process.off('SIGHUP', keys.checkNow);
    await keys.stop();
    await postern.close();
  }
};

const hourMs = 60 * 60_000;

export interface HourlyWork {
  run(): Promise<void>;
  /** What the log calls a run that failed. */
  readonly failed: string;
}

/** Works every hour until `signal` is aborted, then resolves; work that fails is tried again an hour later. */
export const hourly = async (work: HourlyWork, clock: Clock, log: Logger, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(hourMs, signal);
    if (!signal.aborted) {
      await work.run().catch((error: unknown) => {
        log.warn({ event: work.failed, name: error instanceof Error ? error.name : typeof error });
      });
    }
  }
};
