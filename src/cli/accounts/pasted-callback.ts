// The address a browser ended at, pasted into a terminal: the parameters of Google's answer (RFC 6749 §4.1.2).
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Callback, readCallback } from '../../http/pages/callback-parameters.ts';

export type PastedCallback = Callback;

/** The answer in a pasted line; undefined when the line is not such an address. */
export const parseCallback = (line: string): PastedCallback | undefined => {
  const query = URL.parse(line.trim())?.searchParams;
  const reading = query && readCallback(query);
  return reading?.kind === 'callback' ? reading.callback : undefined;
};

/** Every non-empty line as an answer, or undefined for one that is none; ends with the input or with `signal`. */
export const pastedCallbacks = async function* (
  input: Readable,
  signal: AbortSignal,
): AsyncGenerator<PastedCallback | undefined> {
  const lines = createInterface({ input, signal });
  try {
    for await (const line of lines) if (line.trim() !== '') yield parseCallback(line);
  } finally {
    lines.close();
    // Or the open terminal would keep the process alive.
    input.destroy();
  }
};
