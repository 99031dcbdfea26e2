// The log of the running process: JSON lines on stderr, because stdout may belong to JSON-RPC; and what it says at start of
// settings that are unusual or weaker than they should be.
import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

export const createLogger = (): Logger =>
  pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));

export const logSettings = (log: Logger, config: Config): void => {
  const { overridden } = config.google;
  if (overridden.length > 0) {
    const endpoints = Object.fromEntries(overridden.map(({ variable, url }) => [variable, url]));
    log.warn({ event: 'google_endpoint_overridden', ...endpoints });
  }
  for (const warning of config.warnings) log.warn({ event: 'configuration', warning });
};
