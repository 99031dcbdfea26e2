// `postern stdio`: one process, one person. Ends when stdin closes or a signal comes; stdout belongs to JSON-RPC.
import { randomBytes } from 'node:crypto';
import { compose } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { createLoopback } from '../http/pages/loopback-server.ts';
import { describeDefect } from '../lib/describe-defect.ts';
import { toolNames } from '../mcp/tools/index.ts';
import { runStdio } from '../stdio/stdio.ts';
import { followKeys } from './follow-keys.ts';
import { createLogger, logSettings } from './log.ts';
import { requireConfig } from './settings.ts';

export interface StdioCommandOptions {
  readonly sandbox?: boolean;
  readonly mailbox?: readonly string[];
}

const serve = async (config: Config, signal: AbortSignal): Promise<void> => {
  const log = createLogger();
  log.level = 'warn';
  logSettings(log, config);
  const postern = await compose(config, { transport: 'stdio', log, linkOrigin: () => loopback.origin() });
  const keys = await followKeys(postern.storage, postern.sealer, config.keys, log);
  const { connection } = postern.accounts;
  const loopback = createLoopback({ connection, port: config.port, clock: postern.clock, random: randomBytes, log });
  const key = { realm: 'local', identifier: config.identifier };
  // A client that starts us daily and never calls keeps the access alive as well; nobody waits for it.
  const { dailyChecks } = postern.accounts;
  void dailyChecks
    .ifDue(key)
    .catch((error: unknown) => log.warn({ event: 'daily_checks_failed', ...describeDefect(error) }));
  const stopping = new AbortController();
  void dailyChecks.run(stopping.signal);
  try {
    await runStdio({
      mcpServer: postern.mcpServer,
      caller: {
        key,
        credential: 'stdio',
        linkPolicy: 'loopback',
      },
      signal,
      log,
      stdin: process.stdin,
      stdout: process.stdout,
    });
  } finally {
    stopping.abort();
    await loopback.close();
    await keys.stop();
    await postern.close();
    // A client that keeps the pipe open must not keep the process alive.
    process.stdin.destroy();
  }
};

/** Serves until the client closes stdin; with `sandbox`, against a fake Google in the same process. */
export const stdio = async (options: StdioCommandOptions): Promise<void> => {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  if (!options.sandbox) return serve(requireConfig({ transport: 'stdio', toolNames }), ending.signal);
  const { withSandbox } = await import('./with-sandbox.ts');
  await withSandbox(options.mailbox, ({ environment }) =>
    serve(requireConfig({ transport: 'stdio', toolNames }, environment), ending.signal),
  );
};
