// `postern http`: listens until a signal comes, then lets running answers finish.
import { compose } from '../compose.ts';
import { composeHttp } from '../compose-http.ts';
import { type Config, defaultHttpPort } from '../config/config.ts';
import { defaultConnectionLimits } from '../http/limits/connection-limits.ts';
import { listen } from '../http/serve.ts';
import { CommandError } from './command-error.ts';
import { followKeys } from './follow-keys.ts';
import { hourly } from './hourly.ts';
import { createLogger } from './logger.ts';
import { requireConfig } from './settings.ts';
import { logSettings } from './settings-log.ts';
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
  const keys = await followKeys(postern.storage, postern.sealer, config.keys, log);
  // A terminal that is closed sends it as well, and then ends the process as always.
  if (process.stdin.isTTY !== true) process.on('SIGHUP', keys.look);
  try {
    const { storage, accounts, clock } = postern;
    const { app, rotateKeys } = await composeHttp(config, postern, { log });
    const where = { host: config.host, port: config.port ?? defaultHttpPort };
    const { trustedProxies } = config;
    const listening = await listen(app, where, clock, { ...defaultConnectionLimits, trustedProxies });
    if (listening.kind !== 'listening') throw new CommandError(listening.message);
    log.info({ event: 'listening', host: listening.host, port: listening.port, publicUrl: config.publicUrl.origin });
    const stopping = new AbortController();
    const sweep = { failed: 'sweep_failed', run: () => storage.operations.sweep(clock.now()) };
    const rotation = { failed: 'key_rotation_failed', run: rotateKeys };
    const working = [sweep, rotation].map((work) => hourly(work, clock, log, stopping.signal));
    const checking = accounts.dailyChecks.run(stopping.signal);
    log.info({ event: 'stopping', signal: await ended });
    stopping.abort();
    await Promise.all([...working, checking, listening.close(graceMs)]);
  } finally {
    process.off('SIGHUP', keys.look);
    await keys.stop();
    await postern.close();
  }
};
