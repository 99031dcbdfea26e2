// The time of a database that several machines use: leases and expiries go by it, so that machines whose own clocks differ
// by minutes do no harm to one another.
import { type Clock, systemClock } from '../lib/clock.ts';

/** How often the database is asked. Milliseconds. */
const askEveryMs = 10_000;
/**
 * An answer that took longer waited for a connection or a server, before or after the time was looked at. Milliseconds.
 */
const promptMs = 500;
/** A machine's clock that moved so far against its steady one was set, or the machine slept. Milliseconds. */
const noticeableMs = 1_000;

/** What this machine has itself; replaced by tests. Milliseconds. */
export interface MachineClock {
  /** Since the epoch, as somebody set it. */
  readonly now: () => number;
  /** Since some moment; never set. */
  readonly steady: () => number;
}

const thisMachine: MachineClock = { now: systemClock.now, steady: () => performance.now() };

export interface DatabaseClock extends Clock {
  /** Asks the database anew. Where it does not answer, this machine's steady clock goes on from what it said last. */
  synchronize(): Promise<void>;
  stop(): void;
}

/**
 * @param read asks the database: milliseconds since the epoch. What it says is taken for the middle between question and
 *   answer, so the clock is off by half of that time at most. A slow answer only corrects a clock that it proves wrong: one
 *   that jumped by half the time that a busy pool takes would give away leases that others still hold.
 * @throws what `read` throws at first
 */
export const createDatabaseClock = async (
  read: () => Promise<number>,
  machine: MachineClock = thisMachine,
): Promise<DatabaseClock> => {
  let offset: number | undefined;
  let machineOffset = 0;
  const ask = async (): Promise<void> => {
    const asked = machine.steady();
    const now = await read();
    const answered = machine.steady();
    const [least, middle, most] = [now - answered, now - (asked + answered) / 2, now - asked];
    // What was known before is better than the middle of a long wait, as far as the answer leaves it possible.
    const waited = answered - asked > promptMs;
    offset = offset === undefined || !waited ? middle : Math.min(most, Math.max(least, offset));
    machineOffset = machine.now() - answered;
  };
  await ask();

  let asking: Promise<void> | undefined;
  const synchronize = (): Promise<void> => {
    asking ??= ask()
      .catch(() => {})
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const timer = setInterval(synchronize, askEveryMs).unref();

  return {
    now: () => {
      const steady = machine.steady();
      if (Math.abs(machine.now() - steady - machineOffset) > noticeableMs) void synchronize();
      return Math.round(steady + (offset ?? 0));
    },
    sleep: systemClock.sleep,
    synchronize,
    stop: () => clearInterval(timer),
  };
};
