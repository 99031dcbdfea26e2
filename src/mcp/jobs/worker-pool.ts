// The threads in which mail is read that may take long: started when they are first needed, bounded in memory and time,
// one job of an account at a time. A thread that takes too long or too much memory ends alone. Takes any job as a name and data.
import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import type { Clock } from '../../lib/clock.ts';
import { createFairSemaphore, type Waiter } from '../../lib/semaphore.ts';
import type { Outcome } from './jobs.ts';

export interface PoolOptions {
  readonly clock: Clock;
  /** Gets what ended a job: event names and codes alone. */
  readonly log: (entry: object) => void;
  /** Milliseconds of one job; the thread ends with it. */
  readonly deadlineMs?: number;
  readonly threads?: number;
  /** Jobs one account may have waiting. */
  readonly accountWaiting?: number;
  /** Megabytes of a thread's heap. */
  readonly heapMb?: number;
  /** The module that does jobs in a thread: its default export gets their name and input. */
  readonly entry?: URL;
}

export interface Pool {
  /** Does a job in a thread. @param moved memory of the input that is not copied, and gone here afterwards. */
  run(account: string, name: string, input: object, moved: ArrayBuffer[], waiter: Waiter): Promise<Outcome<unknown>>;
  /** Ends every thread, whatever it is doing. */
  close(): Promise<void>;
}

const usualDeadlineMs = 10_000;
/** At least two, so that one account's long job does not hold up everybody's; few, because each may fill its heap. */
const usualThreads = Math.min(3, Math.max(2, availableParallelism() - 1));
const usualWaiting = 120;
const usualHeapMb = 80;
const youngMb = 8;
/** Milliseconds that a thread without work is kept; starting one takes about a hundred. */
const idleMs = 60_000;

/** Beside this file, as source or as built. */
const usualEntry = import.meta.url.endsWith('.ts')
  ? new URL('./worker.ts', import.meta.url)
  : new URL('../mail-worker.mjs', import.meta.url);

interface Threads {
  readonly piscina: Piscina;
  /** Aborted when a thread died that was doing nothing, such as one that could not start: no job can rely on them. */
  readonly broken: AbortSignal;
}

const startThreads = async (entry: URL, threads: number, heapMb: number, log: PoolOptions['log']): Promise<Threads> => {
  const { Piscina: ThreadPool } = await import('piscina');
  const piscina = new ThreadPool({
    filename: entry.href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngMb },
    // Flags of this process may be none that a thread takes, and it needs nothing of the environment.
    execArgv: [],
    env: {},
  });
  const broken = new AbortController();
  piscina.on('error', (error: unknown) => {
    log({ event: 'mail_thread_died', code: codeOf(error) });
    broken.abort('broken');
    void piscina.destroy();
  });
  return { piscina, broken: broken.signal };
};

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
};

/** Nothing is started before the first job. */
export const createPool = (options: PoolOptions): Pool => {
  const { clock, log, deadlineMs = usualDeadlineMs, threads = usualThreads } = options;
  const { accountWaiting = usualWaiting, heapMb = usualHeapMb, entry = usualEntry } = options;
  const turns = createFairSemaphore({ total: threads, accountAtOnce: 1, accountWaiting });
  const closing = new AbortController();
  let started: Promise<Threads> | undefined;

  const threadsNow = async (): Promise<Threads> => {
    started ??= startThreads(entry, threads, heapMb, log);
    const now = await started;
    if (!now.broken.aborted) return now;
    started = undefined;
    return threadsNow();
  };

  const inThread = async (
    name: string,
    input: object,
    moved: ArrayBuffer[],
    signal: AbortSignal,
  ): Promise<Outcome<unknown>> => {
    const { piscina, broken } = await threadsNow();
    const late = new AbortController();
    const done = new AbortController();
    void clock.sleep(deadlineMs, done.signal).then(() => {
      if (!done.signal.aborted) late.abort('late');
    });
    const ending = AbortSignal.any([signal, late.signal, broken, closing.signal]);
    try {
      return { kind: 'done', output: await piscina.run({ name, input }, { transferList: moved, signal: ending }) };
    } catch (error) {
      if (signal.aborted || closing.signal.aborted) return { kind: 'cancelled' };
      log({ event: 'mail_job_ended', job: name, code: late.signal.aborted ? 'deadline' : codeOf(error) });
      return { kind: 'ended' };
    } finally {
      done.abort('done');
    }
  };

  return {
    run: async (account, name, input, moved, waiter) => {
      if (closing.signal.aborted) return { kind: 'cancelled' };
      const turn = await turns.lease(account, 1, waiter);
      if (typeof turn === 'string') return { kind: turn };
      try {
        return await inThread(name, input, moved, waiter.signal);
      } finally {
        turn.release();
      }
    },
    close: async () => {
      closing.abort('closing');
      await (await started)?.piscina.destroy();
    },
  };
};
