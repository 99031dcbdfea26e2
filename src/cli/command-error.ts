// How a command ends when it cannot do its work: one sentence, one fix, an exit code. Knows no particular command.

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
