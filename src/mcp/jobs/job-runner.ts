// Does the jobs of calls: small ones where they are asked for, the others in a thread; and what it means for a call when
// one is not done.
import type { Turn } from '../../lib/semaphore.ts';
import { type AccountKey, accountKeyText } from '../../model/account-key.ts';
import type { Problem } from '../../model/problem.ts';
import { failed, ok, type Result } from '../../model/result.ts';
import type { JobRunner, NotDone, Outcome } from './jobs.ts';
import type { Pool } from './worker-pool.ts';

/** The runner of one call. */
export type RunnerFor = (call: {
  readonly key: AccountKey;
  readonly signal: AbortSignal;
  readonly turn?: Turn | undefined;
}) => JobRunner;

/** Memory may move only where all of it is the job's own. */
export const createRunnerFor =
  (pool: Pool): RunnerFor =>
  ({ key, signal, turn = {} }) => ({
    run: async (name, input, again) => {
      // Most of what reads mail hangs on it: loaded with the first call, not at the start.
      const { jobOf } = await import('./jobs.ts');
      const job = jobOf(name);
      if (signal.aborted) return { kind: 'cancelled' };
      if (job.isSmall(input)) return { kind: 'done', output: job.run(input) };
      const { since = 0 } = turn;
      const waiter = again === undefined ? { ...turn, signal } : { since, signal };
      const outcome = await pool.run(accountKeyText(key), name, input, job.moved(input), waiter);
      // The thread answers with what the job of this name gives.
      return outcome as Outcome<ReturnType<typeof job.run>>;
    },
  });

/** @param what begins a sentence about what could not be read. */
const problemOf = (notDone: NotDone, what: string): Problem =>
  notDone.kind === 'ended' ? { kind: 'too_costly', what } : notDone;

/** A job's output, or why there is none. */
export const outputOf = <Output>(outcome: Outcome<Output>, what: string): Result<Output> =>
  outcome.kind === 'done' ? ok(outcome.output) : failed(problemOf(outcome, what));
