// What a command says: answers on stdout, everything else on stderr. Never used by `stdio`, whose stdout is JSON-RPC.

/** A line of the answer. */
export const say = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};

/** A line beside the answer: advice, progress, faults. */
export const note = (line = ''): void => {
  process.stderr.write(`${line}\n`);
};

/** A value as indented JSON, for programs. */
export const sayJson = (value: unknown): void => say(JSON.stringify(value, undefined, 2));

/** Text from outside, fit for a terminal: no control, bidi or other invisible characters that could disguise it. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');

/** Rows under a heading, in columns as wide as their widest cell. */
export const sayTable = (heading: readonly string[], rows: readonly (readonly string[])[]): void => {
  const lines = [heading, ...rows].map((row) => row.map(plain));
  const widths = heading.map((_, column) => Math.max(...lines.map((row) => (row[column] ?? '').length)));
  for (const row of lines)
    say(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
};

/** Milliseconds since the epoch as a short UTC time. */
export const shortTime = (time: number | undefined): string =>
  time === undefined ? '–' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
