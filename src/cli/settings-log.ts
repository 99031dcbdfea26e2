// What the log says about the settings at start: what is unusual, and what is weaker than it should be.
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';

export const logSettings = (log: Logger, config: Config): void => {
  const { overridden } = config.google;
  if (overridden.length > 0) {
    const endpoints = Object.fromEntries(overridden.map(({ variable, url }) => [variable, url]));
    log.warn({ event: 'google_endpoint_overridden', ...endpoints });
  }
  for (const warning of config.warnings) log.warn({ event: 'configuration', warning });
};
