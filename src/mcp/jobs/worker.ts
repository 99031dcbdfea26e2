// What runs in a thread of the pool: one job after the other, each from its input alone.
import { type JobInput, type JobName, jobOf } from './job-table.ts';
import { lowerPriority } from './lower-priority.ts';

lowerPriority();

/** @param name of a job in the table. */
export default <Name extends JobName>({
  name,
  input,
}: {
  readonly name: Name;
  readonly input: JobInput<Name>;
}): unknown => jobOf(name).run(input);
