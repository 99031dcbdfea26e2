// Which form of an answer a client of /mcp takes (RFC 9110 §12.5.1). The protocol wants it to name both, JSON and an
// event stream; scripts and gateways name one, anything, or nothing, and JSON is what those can read.
import { parseAccept } from 'hono/utils/accept';

/** `either`: the server may choose. */
export type AnswerForm = 'json' | 'events' | 'either';

/** The quality of a type, by the most specific range that fits it; 0 where none does. */
const qualityOf = (ranges: ReturnType<typeof parseAccept>, fitting: readonly string[]): number => {
  for (const range of fitting) {
    const found = ranges.find(({ type }) => type.toLowerCase() === range);
    if (found !== undefined) return found.q;
  }
  return 0;
};

/**
 * A stream is sent only to who names it: whoever takes anything gets JSON.
 * @returns undefined where nothing fits
 */
export const answerFormOf = (accept: string | null): AnswerForm | undefined => {
  const text = accept?.trim() ?? '';
  if (text === '') return 'json';
  const ranges = parseAccept(text);
  const json = qualityOf(ranges, ['application/json', 'application/*', '*/*', '*']);
  const events = qualityOf(ranges, ['text/event-stream', 'text/*']);
  if (json === 0) return events === 0 ? undefined : 'events';
  return events === 0 || json > events ? 'json' : 'either';
};
