// The lines that a client writes into a pipe, before the SDK reads them: those that it would drop without a word are
// answered here, and one that is too long ends nothing. Knows no method and no person.
import { Transform } from 'node:stream';
import { type ErrorAnswer, errorAnswer, type MessageReading, notJson, readMessage } from '../mcp/json-rpc.ts';
import { createIdScanner, type IdScanner } from './message-id.ts';

/** Each message of a batch (revision 2025-03-26) is read as if it came alone; there is no more in a pipe to set it apart. */
const readLine = (line: string): MessageReading[] => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [{ kind: 'refused', answer: notJson }];
  }
  return Array.isArray(value) && value.length > 0 ? value.map(readMessage) : [readMessage(value)];
};

const newline = 10;

/**
 * @param options.maxBytes of one line; of a longer one nothing is kept.
 * @param options.answer is told what has to be written back.
 * @returns what the SDK may read, one message a line
 */
export const messageLines = (options: {
  readonly maxBytes: number;
  readonly answer: (answer: ErrorAnswer) => void;
}): Transform => {
  const { maxBytes, answer } = options;
  let pieces: Buffer[] = [];
  let bytes = 0;
  /** Looks for the id in a line that is too long to be kept. */
  let scanner: IdScanner | undefined;

  const add = (piece: Buffer): void => {
    bytes += piece.length;
    if (scanner === undefined && bytes <= maxBytes) {
      pieces.push(piece);
      return;
    }
    if (scanner === undefined) {
      scanner = createIdScanner();
      for (const kept of pieces) scanner.read(kept);
      pieces = [];
    }
    scanner.read(piece);
  };

  const endLine = (stream: Transform): void => {
    const [line, tooLong] = [Buffer.concat(pieces), scanner];
    pieces = [];
    bytes = 0;
    scanner = undefined;
    if (tooLong !== undefined) {
      const id = tooLong.found() ?? null;
      answer(errorAnswer('request', id, `Invalid request: it is larger than ${maxBytes} bytes.`));
      return;
    }
    const text = line
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trim();
    if (text === '') return;
    for (const reading of readLine(text)) {
      if (reading.kind === 'message') stream.push(`${JSON.stringify(reading.message)}\n`);
      else if (reading.kind === 'refused') answer(reading.answer);
    }
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0;
      for (;;) {
        const to = chunk.indexOf(newline, from);
        if (to === -1) break;
        add(chunk.subarray(from, to));
        endLine(this);
        from = to + 1;
      }
      if (from < chunk.length) add(chunk.subarray(from));
      done();
    },
    // The last line may come without its end.
    flush(done) {
      endLine(this);
      done();
    },
  });
};
