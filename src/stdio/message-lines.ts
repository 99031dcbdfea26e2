// The lines that a client writes to stdin, before the SDK reads them: those that it would drop silently are answered here,
// and one that is too long is skipped.
import { Transform } from 'node:stream';
import { type ErrorAnswer, errorAnswer, type MessageReading, notJson, readMessage } from '../mcp/json-rpc.ts';

const byte = (character: string): number => character.charCodeAt(0);
const [quote, backslash, colon, comma, openObject, closeObject, openList, closeList] = [...'"\\:,{}[]'].map(byte);
const whitespace = [...' \t\r\n'].map(byte);

/** Bytes of the longest id that is repeated. */
const maxIdBytes = 256;

/**
 * Finds the id of a message that is too large to be kept: reads its bytes once and remembers nothing but the id. It reads
 * as much of JSON as it takes to tell the message's own `"id"` from one deeper inside.
 */
interface IdScanner {
  read(piece: Uint8Array): void;
  /** The text or number at `"id"` of the outermost object; undefined where there is none. */
  found(): string | number | undefined;
}

const idIn = (token: string): string | number | undefined => {
  try {
    const id: unknown = JSON.parse(token);
    return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id)) ? id : undefined;
  } catch {
    return undefined;
  }
};

const createIdScanner = (): IdScanner => {
  let depth = 0;
  let inText = false;
  let isEscaped = false;
  /** What stands between the last `{` or `,` of the outermost object and here, as far as it is short. */
  let token: number[] = [];
  let name: string | undefined;
  let id: string | number | undefined;

  const text = (): string => Buffer.from(token).toString('utf8');
  const append = (value: number): void => {
    if (depth === 1 && token.length <= maxIdBytes) token.push(value);
  };
  const endMember = (): void => {
    if (name === '"id"') id = idIn(text());
    name = undefined;
    token = [];
  };

  const readInText = (value: number): void => {
    append(value);
    if (isEscaped) isEscaped = false;
    else if (value === backslash) isEscaped = true;
    else if (value === quote) inText = false;
  };

  const readOutside = (value: number): void => {
    if (value === quote) {
      append(value);
      inText = true;
    } else if (value === openObject || value === openList) {
      append(value);
      depth += 1;
      if (depth === 1) token = [];
    } else if (value === closeObject || value === closeList) {
      if (depth === 1) endMember();
      depth -= 1;
    } else if (depth === 1 && value === colon) {
      name = text();
      token = [];
    } else if (depth === 1 && value === comma) endMember();
    else if (!whitespace.includes(value)) append(value);
  };

  return {
    read: (piece) => {
      for (const value of piece) {
        if (inText) readInText(value);
        else readOutside(value);
      }
    },
    found: () => id,
  };
};

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

/** One line, or of one that is too long its id alone. */
type Line = { readonly text: string } | { readonly tooLongId: string | number | null };

/** Puts the pieces of a line together; of one with more than `maxBytes` nothing is kept but its id. */
const createLineCollector = (maxBytes: number) => {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let scanner: IdScanner | undefined;
  return {
    add: (piece: Buffer): void => {
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
    },
    end: (): Line => {
      const line =
        scanner === undefined
          ? { text: Buffer.concat(pieces).toString('utf8') }
          : { tooLongId: scanner.found() ?? null };
      pieces = [];
      bytes = 0;
      scanner = undefined;
      return line;
    },
  };
};

const newline = 10;

/**
 * @param options.maxBytes of one line; of a longer one nothing is kept.
 * @param options.answer gets what has to be written back.
 * @returns what the SDK may read, one message a line
 */
export const messageLines = (options: {
  readonly maxBytes: number;
  readonly answer: (answer: ErrorAnswer) => void;
}): Transform => {
  const { maxBytes, answer } = options;
  const collector = createLineCollector(maxBytes);

  const endLine = (stream: Transform): void => {
    const line = collector.end();
    if ('tooLongId' in line) {
      answer(errorAnswer('request', line.tooLongId, `Invalid request: it is larger than ${maxBytes} bytes.`));
      return;
    }
    const text = line.text.replace(/^\uFEFF/, '').trim();
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
        collector.add(chunk.subarray(from, to));
        endLine(this);
        from = to + 1;
      }
      if (from < chunk.length) collector.add(chunk.subarray(from));
      done();
    },
    // The last line may come without its end.
    flush(done) {
      endLine(this);
      done();
    },
  });
};
