// What runs in a thread of the pool: one job after the other, each from its input alone.
import { constants, getPriority, setPriority } from 'node:os';
import { type JobInput, type JobName, jobOf } from './jobs.ts';

/** Added to the process's own, as `nice` counts: about a third of the share of its other threads. */
const addedNiceness = 5;

/**
 * What reads mail yields the processor to what answers calls: with as many threads at work as there are cores, another
 * person's call would else wait its turn behind them. Linux alone: elsewhere a priority is the whole process's.
 */
const lowerPriority = (): void => {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(getPriority() + addedNiceness, constants.priority.PRIORITY_LOW));
  } catch {
    // A container may forbid it; then it is as before.
  }
};

lowerPriority();

/** @param name of a job in the table. */
export default <Name extends JobName>({
  name,
  input,
}: {
  readonly name: Name;
  readonly input: JobInput<Name>;
}): unknown => jobOf(name).run(input);
