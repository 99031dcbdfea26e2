// A list of ids → the things themselves, fetched in parallel. What fails is named beside what came.
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { Hydrated, ReportProgress } from './ports.ts';

/** Problems that are the call's own, not one item's: the answer is a link, or nobody waits for it any more. */
const endsTheCall = (problem: Problem): boolean =>
  problem.kind === 'authorization_required' || problem.kind === 'cancelled';

/**
 * Fetches every item at once (the limiter orders them) and keeps the list's order.
 * @param fetchOne gets a signal that is aborted as soon as the whole call is lost.
 * @param progress told after every item, whether it came or failed.
 */
export const hydrate = async <T>(
  ids: readonly string[],
  signal: AbortSignal,
  fetchOne: (id: string, signal: AbortSignal) => Promise<Result<T>>,
  progress: ReportProgress = () => undefined,
): Promise<Result<Hydrated<T>>> => {
  const lost = new AbortController();
  const either = AbortSignal.any([signal, lost.signal]);
  let ending: Problem | undefined;
  let done = 0;
  const results = await Promise.all(
    ids.map(async (id) => {
      const result = await fetchOne(id, either);
      if (!result.ok && endsTheCall(result.problem)) {
        ending ??= result.problem;
        lost.abort();
      }
      done += 1;
      if (ending === undefined) progress(done, ids.length);
      return { id, result };
    }),
  );
  if (ending) return failed(ending);
  return ok({
    items: results.flatMap(({ result }) => (result.ok ? [result.value] : [])),
    failures: results.flatMap(({ id, result }) => (result.ok ? [] : [{ id, problem: result.problem }])),
  });
};
