// When a message arrived, as far as its headers tell. Knows nothing of mailboxes.
import { type HeaderField, headerValue } from './header-fields.ts';

/** The `Date` header's time, else that of the newest `Received`; milliseconds since the epoch, undefined when neither can be read. */
export const receivedAt = (fields: readonly HeaderField[]): number | undefined =>
  parseMailDate(headerValue(fields, 'date')) ?? parseMailDate(headerValue(fields, 'received')?.split(';').at(-1));

/** The year 2286: what does not fit into 13 digits is no date of a message. */
const LATEST = 10_000_000_000_000;

/** RFC 5322 §3.3 with the obsolete forms that occur; comments such as `(PDT)` are left out. */
const parseMailDate = (value: string | undefined): number | undefined => {
  const time = Date.parse(
    (value ?? '')
      .slice(0, 200)
      .replace(/\([^)]*\)/g, '')
      .trim(),
  );
  return time > 0 && time < LATEST ? time : undefined;
};
