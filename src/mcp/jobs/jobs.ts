// Work whose cost depends on what somebody sent: each piece of it is a job, plain data in and out, so that it can be done
// in another thread as well as here. Knows nothing of threads.
import type { Problem } from '../../model/problem.ts';
import { failed, ok, type Result } from '../../model/result.ts';
import type { JobInput, JobName, JobOutput } from './job-table.ts';

/** Why a job has no result: it took too long or too much memory, its account has too many, or nobody waits for it. */
export type NotDone = { readonly kind: 'ended' } | { readonly kind: 'busy' } | { readonly kind: 'cancelled' };
export type Outcome<Output> = { readonly kind: 'done'; readonly output: Output } | NotDone;

/** Does the jobs of one call: small ones at once, others in a thread of their own. */
export interface JobRunner {
  run<Name extends JobName>(name: Name, input: JobInput<Name>): Promise<Outcome<JobOutput<Name>>>;
}

/** @param what begins a sentence about what could not be read. */
const problemOf = (notDone: NotDone, what: string): Problem =>
  notDone.kind === 'ended' ? { kind: 'too_costly', what } : notDone;

/** A job's output, or why there is none. */
export const outputOf = <Output>(outcome: Outcome<Output>, what: string): Result<Output> =>
  outcome.kind === 'done' ? ok(outcome.output) : failed(problemOf(outcome, what));
