// What runs in a thread of the pool: one job after the other, each from its input alone.
import { setPriority } from 'node:os';
import { type JobInput, type JobName, jobOf } from './jobs.ts';

/** As `nice`: a third of the share of a thread that has none. */
const niceness = 5;

/**
 * What reads mail yields the processor to what answers calls: with as many threads at work as there are cores, another
 * person's call would else wait its turn behind them. Linux alone: elsewhere a priority is the whole process's.
 */
const lowerPriority = (): void => {
  if (process.platform !== 'linux') return;
  try {
    setPriority(niceness);
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
