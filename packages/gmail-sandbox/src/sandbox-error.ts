// Errors that the user of a sandbox can fix: a wrong option, a mail file that cannot be read, a port that is taken. The message
// is a sentence for them; anything else that is thrown is a defect, or a wrong use of the API.

export class SandboxError extends Error {
  /** 1: it did not work. 2: the command line is wrong. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
