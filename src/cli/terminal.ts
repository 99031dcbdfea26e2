// What a command prints: answers on stdout, everything else on stderr; how it ends when it cannot do its work; how it asks
// before something that cannot be undone. `stdio` prints nothing: its stdout is JSON-RPC.
/** A line of the answer. */
export const printLine = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};

/** A line beside the answer: advice, progress, faults. */
export const printNote = (line = ''): void => {
  process.stderr.write(`${line}\n`);
};

/** A value as indented JSON, for programs. */
export const printJson = (value: unknown): void => printLine(JSON.stringify(value, undefined, 2));

/** Text from outside, fit for a terminal: no control, bidi or other invisible characters that could disguise it. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');

/** Rows under a heading, in columns as wide as their widest cell. */
export const printTable = (heading: readonly string[], rows: readonly (readonly string[])[]): void => {
  const lines = [heading, ...rows].map((row) => row.map(plain));
  const widths = heading.map((_, column) => Math.max(...lines.map((row) => (row[column] ?? '').length)));
  for (const row of lines)
    printLine(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
};

/** Milliseconds since the epoch as a short UTC time. */
export const shortTime = (time: number | undefined): string =>
  time === undefined ? '–' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** 1: it did not work. 2: the command line or the configuration is wrong. 3: it could not be found out; try again later. */
export type ExitCode = 1 | 2 | 3;

export class CommandError extends Error {
  readonly fix: string | undefined;
  readonly exitCode: ExitCode;
  constructor(what: string, options: { readonly fix?: string; readonly exitCode?: ExitCode } = {}) {
    super(what);
    this.fix = options.fix;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Throws CommandError unless the person agrees, or has agreed by --yes, which is demanded where nobody can answer. */
export const requireConfirmation = async (question: string, yes: boolean): Promise<void> => {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CommandError('This asks for confirmation, and there is no terminal to ask in.', {
      fix: 'Add --yes.',
      exitCode: 2,
    });
  }
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false });
  if (answer !== true) throw new CommandError('Nothing was changed.');
};
