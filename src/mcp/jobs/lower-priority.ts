// Who reads mail yields the processor to who answers calls: with as many threads at work as there are cores, another
// person's call would else wait its turn behind them. Linux alone: elsewhere a priority is the whole process's.
import { setPriority } from 'node:os';

/** As `nice`: a third of the share of a thread that has none. */
const niceness = 5;

/** Lowers the priority of the thread that calls it. */
export const lowerPriority = (): void => {
  if (process.platform !== 'linux') return;
  try {
    setPriority(niceness);
  } catch {
    // A container may forbid it; then it is as before.
  }
};
