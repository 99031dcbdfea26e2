// An mbox file (RFC 4155, quoted as mboxrd) → its messages, one at a time, without reading the whole file at once.
// Knows nothing of labels or MIME.
import { createReadStream } from 'node:fs';

const LF = 10;
const GREATER_THAN = 62;
const SEPARATOR = Buffer.from('From ');
const LARGEST_MESSAGE = 150 * 1024 * 1024;

/**
 * The raw messages of an mbox file.
 * @throws Error when the file is no mbox, or a message is larger than any mail provider accepts
 */
export async function* splitMbox(path: string): AsyncGenerator<Buffer> {
  let message: Buffer[] | undefined;
  let size = 0;
  for await (const line of lines(path)) {
    if (isSeparator(line)) {
      if (message !== undefined) yield finish(message);
      message = [];
      size = 0;
    } else if (message !== undefined) {
      message.push(isQuotedSeparator(line) ? line.subarray(1) : line);
      size += line.length;
      if (size > LARGEST_MESSAGE)
        throw new Error(`${path} holds a message of more than 150 MB: it is damaged, or no mbox.`);
    } else if (line.some((byte) => byte > 32)) {
      throw new Error(
        `${path} is no mbox file (its first line does not begin with "From "): if it is one message, name it .eml.`,
      );
    }
  }
  if (message !== undefined) yield finish(message);
}

/** `From ` at the start of a line; other lines that begin so are quoted by the writer. */
const isSeparator = (line: Buffer): boolean => line.length > 5 && line.subarray(0, 5).equals(SEPARATOR);

/** mboxrd puts one `>` before every line that is `From ` after any number of them. */
const isQuotedSeparator = (line: Buffer): boolean =>
  line[0] === GREATER_THAN && /^>+From /.test(line.toString('latin1', 0, 80));

/** The empty line before the next separator is not the message's. */
const finish = (message: readonly Buffer[]): Buffer => {
  const last = message.at(-1)?.toString('latin1');
  return Buffer.concat(last === '\n' || last === '\r\n' ? message.slice(0, -1) : message);
};

/** Lines with their ends. */
async function* lines(path: string): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const line = chunk.subarray(start, end + 1);
      yield pending.length === 0 ? line : Buffer.concat([...pending, line]);
      pending = [];
      start = end + 1;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  if (pending.length > 0) yield Buffer.concat(pending);
}
