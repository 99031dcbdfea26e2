// What the log says about the settings at start: what is unusual, and what is weaker than it should be.
import type { Logger } from 'pino';
import type { Config } from '../config.ts';

export const logSettings = (log: Logger, config: Config): void => {
  for (const { variable, url } of config.google.overridden) {
    log.warn({ event: 'google_endpoint_overridden', variable, url });
  }
  for (const warning of config.warnings) log.warn({ event: 'configuration', warning });
};
