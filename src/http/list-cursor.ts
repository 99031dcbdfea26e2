// Cursors of lists: where the next page begins, good for the list that it was given for and no other. One grants nothing: what may
// be listed is decided by the credential of every request.
import { createHash } from 'node:crypto';

export interface ListCursor {
  /** @param after the name behind which the next page begins */
  write(after: string): string;
  /** The name behind which the page begins; undefined for a cursor that is none of this list's. */
  read(cursor: string): string | undefined;
}

/** @param list everything that the list depends on beside its rows: realm and filter, as JSON has it */
export const listCursor = (list: unknown): ListCursor => {
  const name = createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 22);
  return {
    write: (after) => Buffer.from(JSON.stringify([name, after])).toString('base64url'),
    read: (cursor) => {
      try {
        const [of, after]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
        return of === name && typeof after === 'string' ? after : undefined;
      } catch {
        return undefined;
      }
    },
  };
};
