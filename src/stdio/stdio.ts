// MCP over this process's stdin and stdout, for one person. Nothing but JSON-RPC is ever written to stdout.
import { Console } from 'node:console';
import type { Readable, Writable } from 'node:stream';
import type { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Logger } from 'pino';
import { describeDefect } from '../lib/describe-defect.ts';
import { maxMessageBytes } from '../mcp/json-rpc.ts';
import type { Caller } from '../model/caller.ts';
import { messageLines } from './message-lines.ts';

export interface StdioOptions {
  readonly mcpServer: (caller: Caller) => McpServer;
  readonly caller: Caller;
  /** Ends serving, as a closed stdin does; the command aborts it on SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/** Libraries that print with `console` would break the protocol: their words go to stderr. */
const keepConsoleOffStdout = (): void => {
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
};

/** Serves until stdin closes or `signal` is aborted; then resolves. */
export const runStdio = async (options: StdioOptions): Promise<void> => {
  const { mcpServer, caller, signal, log, stdin, stdout } = options;
  keepConsoleOffStdout();
  await new Promise<void>((resolve) => {
    const lines = messageLines({
      maxBytes: maxMessageBytes,
      answer: (answer) => void stdout.write(`${JSON.stringify(answer)}\n`),
    });
    const transport = new StdioServerTransport(stdin.pipe(lines), stdout);
    const handle = serveStdio(() => mcpServer(caller), {
      transport,
      onerror: (error) => log.debug({ event: 'stdio_error', ...describeDefect(error) }),
    });
    const stop = () => void handle.close().finally(resolve);
    lines.once('end', stop);
    stdin.once('close', stop);
    stdin.once('error', stop);
    stdout.once('error', stop);
    if (signal.aborted || stdin.readableEnded || stdin.destroyed) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
};
