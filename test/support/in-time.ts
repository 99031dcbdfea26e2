// Waiting for an answer while clocks are turned by hand: only when nothing else moves does time go on.
import { databaseAtRest } from './database-at-rest.ts';
import type { HandClock } from './hand-clock.ts';

const stepMs = 1000;

/**
 * Turns the clocks until `answer` is there.
 * @throws when that takes longer than `mostMs` on the first clock
 */
export const inTime = async <T>(answer: Promise<T>, clocks: readonly HandClock[], mostMs: number): Promise<T> => {
  let waited = 0;
  let over = false;
  const settled = answer.finally(() => {
    over = true;
  });
  settled.catch(() => {});
  while (!over) {
    // Long enough that a busy machine is not taken for a slow answer.
    for (let turn = 0; turn < 20 && !over; turn++) await databaseAtRest();
    if (over || clocks.every(({ sleeping }) => sleeping === 0)) continue;
    if (waited >= mostMs) throw new Error(`no answer after ${mostMs} ms`);
    waited += stepMs;
    for (const clock of clocks) await clock.advance(stepMs);
  }
  return settled;
};
