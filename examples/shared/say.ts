// What the examples print. Mail is text from outside: its control characters never reach the terminal.

/** The exit code of an example that cannot run on this machine. */
export const notRun = 77;

/** One or more lines to stdout. */
export const say = (text: string): void => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are taken out
  process.stdout.write(`${text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '')}\n`);
};
