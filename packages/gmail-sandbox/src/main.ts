#!/usr/bin/env node
// The command `gmail-sandbox`: the answer on stdout, everything else on stderr.
import { parseArgs } from 'node:util';
import { runSandbox, type SandboxCommandOptions, SandboxError } from './command.ts';

const help = `gmail-sandbox: a fake Google (OAuth, Gmail and People) on loopback, until Ctrl+C

Options:
  --mailbox <path>  your own mail instead of the samples: an .eml or .mbox file, or a folder of them; may be given again
  --port <port>     where to listen; a free port when absent
  --json            print one line of JSON: the settings that point an app here, and who can sign in
  --help            print this
`;

const readCommandLine = (argv: readonly string[]): SandboxCommandOptions & { readonly help?: boolean } => {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        mailbox: { type: 'string', multiple: true },
        port: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new SandboxError(`${sentence}. See: gmail-sandbox --help`, 2);
  }
};

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
const firstSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve(signal);
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });

const run = async (argv: readonly string[]): Promise<number> => {
  try {
    const options = readCommandLine(argv);
    if (options.help) process.stdout.write(help);
    else await runSandbox(options, { write: (line) => process.stdout.write(`${line}\n`), ended: firstSignal() });
    return 0;
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    process.stderr.write(`gmail-sandbox: ${error.message}\n`);
    return error.exitCode;
  }
};

// A reader that has seen enough (`| head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await run(process.argv.slice(2));
