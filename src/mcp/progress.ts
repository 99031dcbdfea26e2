// MCP progress notifications, for clients that asked for them: they extend their timeout with each. Where no amount is known,
// one at a fixed interval. Every value is larger than the one before (the MCP specification's progress page demands it).
import type { ServerContext } from '@modelcontextprotocol/server';
import type { ReportProgress } from '../google/ports.ts';
import type { Clock } from '../lib/clock.ts';

const heartbeatMs = 5000;
/** A report is shown when the work has come on by this share: so one piece of work is shown ten times at most. */
const minStepShare = 1 / 10;

export interface Progress {
  readonly progress: number;
  readonly total?: number;
}

export type NotifyProgress = (progress: Progress) => Promise<void>;

/** Undefined unless the client asked for progress of this call. */
export const progressOf = (ctx: ServerContext, message: string): NotifyProgress | undefined => {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress) =>
    ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...progress, message } });
};

/**
 * What to show next, of what was reported and what was shown. Between two steps a heartbeat is a growing part of
 * the next step, which it never reaches; after the last one nobody knows how much is left.
 */
const createMeter = () => {
  let reported = 0;
  let shown = 0;
  let total = 0;
  let heartbeats = 0;
  const show = (): Progress => {
    shown = reported;
    heartbeats = 1;
    return { progress: shown, total };
  };
  return {
    /** Undefined for what is not worth a notification: no step forward, or a small one that is not the last. */
    report: (done: number, of: number): Progress | undefined => {
      if (!(done > reported)) return undefined;
      reported = done;
      total = Math.max(done, of);
      return done === total || done - shown >= total * minStepShare ? show() : undefined;
    },
    heartbeat: (): Progress => {
      if (reported > shown) return show();
      const progress = shown + heartbeats / (heartbeats + 1);
      heartbeats += 1;
      return progress < total ? { progress, total } : { progress };
    },
  };
};

/** Runs `work` and tells the client of it: now, every five seconds, and when it reports a step. Nothing after its end. */
export const reportingProgress = async <T>(
  clock: Clock,
  notify: NotifyProgress | undefined,
  work: (report: ReportProgress) => Promise<T>,
): Promise<T> => {
  if (notify === undefined) return work(() => undefined);
  const meter = createMeter();
  const ended = new AbortController();
  let sent = Promise.resolve();
  const send = (progress: Progress): Promise<void> => {
    // A client that is gone cannot be told anything; the call itself ends by its own signal.
    sent = sent.then(() => (ended.signal.aborted ? undefined : notify(progress))).catch(() => ended.abort());
    return sent;
  };
  const sendHeartbeats = async () => {
    while (!ended.signal.aborted) {
      await send(meter.heartbeat());
      await clock.sleep(heartbeatMs, ended.signal);
    }
  };
  void sendHeartbeats();
  try {
    return await work((done, total) => {
      const progress = ended.signal.aborted ? undefined : meter.report(done, total);
      if (progress !== undefined) void send(progress);
    });
  } finally {
    // What was said before the answer arrives before it.
    await sent;
    ended.abort();
  }
};
