// Signs of life for clients that asked for progress: they keep a client that resets its timeout on progress waiting.
import type { ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../model/clock.ts';

const everyMs = 5000;

export type ReportProgress = (progress: number) => Promise<void>;

/** Undefined unless the client asked for progress of this call. */
export const progressOf = (ctx: ServerContext, message: string): ReportProgress | undefined => {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress) =>
    ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, message } });
};

/** Runs `work` and reports now and every five seconds until it is done. */
export const reportingProgress = async <T>(
  clock: Clock,
  report: ReportProgress | undefined,
  work: () => Promise<T>,
): Promise<T> => {
  if (report === undefined) return work();
  const done = new AbortController();
  const repeat = async () => {
    for (let progress = 0; !done.signal.aborted; progress++) {
      await report(progress);
      await clock.sleep(everyMs, done.signal);
    }
  };
  // A client that is gone cannot be told anything; the call itself ends by its own signal.
  void repeat().catch(() => done.abort());
  try {
    return await work();
  } finally {
    done.abort();
  }
};
