// The clock that tests turn by hand; the fake Google of the same test goes by it too. Time goes on only when nothing else
// does any more: what waits for PostgreSQL goes on by itself.
import { type HandClock, handClock as sandboxClock } from '@postern/gmail-sandbox/hand-clock';
import { databaseAtRest } from './database-at-rest.ts';

export type { HandClock };

/** @param start milliseconds since the Unix epoch */
export const handClock = (start?: number): HandClock => sandboxClock(start, databaseAtRest);
