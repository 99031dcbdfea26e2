// Long work beside other calls: between its steps, whatever else is waiting gets its turn.
import { setImmediate } from 'node:timers/promises';

/** The result of work that comes in steps. */
export const inTurns = async <Result>(steps: Generator<undefined, Result>): Promise<Result> => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await setImmediate();
  }
};
