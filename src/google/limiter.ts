// How many requests of one account may be in flight at once. First come, first served; an idle account leaves nothing.
// Source: Gmail answers 429 "Too many concurrent requests for user" to more.

interface Lane {
  free: number;
  readonly waiting: (() => void)[];
}

export interface Limiter {
  /**
   * Runs the task when a slot of this account is free. Where `signal` is aborted before, the task runs at once without
   * a slot: it sees the aborted signal itself and sends nothing.
   */
  run<T>(account: string, signal: AbortSignal, task: () => Promise<T>): Promise<T>;
  /** Accounts that have a request in flight or waiting. */
  readonly busyAccounts: number;
}

const waitForTurn = (lane: Lane, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const turn = () => {
      signal.removeEventListener('abort', leave);
      resolve(true);
    };
    const leave = () => {
      lane.waiting.splice(lane.waiting.indexOf(turn), 1);
      resolve(false);
    };
    lane.waiting.push(turn);
    signal.addEventListener('abort', leave, { once: true });
  });

/** @param maxInFlight slots per account. */
export const createLimiter = (maxInFlight: number): Limiter => {
  const lanes = new Map<string, Lane>();

  const laneOf = (account: string): Lane => {
    const lane = lanes.get(account) ?? { free: maxInFlight, waiting: [] };
    lanes.set(account, lane);
    return lane;
  };
  /** A slot that is given back goes to the next in the queue directly, so that nobody overtakes. */
  const giveBack = (account: string, lane: Lane) => {
    const next = lane.waiting.shift();
    if (next) return next();
    lane.free += 1;
    if (lane.free === maxInFlight) lanes.delete(account);
  };

  return {
    get busyAccounts() {
      return lanes.size;
    },
    run: async (account, signal, task) => {
      if (signal.aborted) return task();
      const lane = laneOf(account);
      if (lane.free > 0) lane.free -= 1;
      else if (!(await waitForTurn(lane, signal))) return task();
      try {
        return await task();
      } finally {
        giveBack(account, lane);
      }
    },
  };
};
