// A bounded amount of something (threads, bytes) that accounts share: each has its own queue, the queues take turns, and
// an account is refused only for what it has waiting itself. Knows nothing of what is shared.

export interface FairSlotsOptions {
  /** How much of it there is, in any unit. */
  readonly total: number;
  /** Leases one account may have at once. */
  readonly accountAtOnce: number;
  /** Requests one account may have waiting; one more is refused. */
  readonly accountWaiting: number;
}

/** What was given out; giving it back twice counts once. */
export interface Lease {
  release(): void;
}

export interface FairSlots {
  /**
   * Waits for `amount` (more than the total counts as all of it).
   * @returns `busy` where this account has as many waiting as it may; `cancelled` once `signal` is aborted.
   */
  lease(account: string, amount: number, signal: AbortSignal): Promise<Lease | 'busy' | 'cancelled'>;
  /** What is given out now. */
  readonly inUse: number;
}

interface Waiting {
  readonly amount: number;
  readonly begin: () => void;
}

interface Queue {
  held: number;
  readonly waiting: Waiting[];
}

export const createFairSlots = ({ total, accountAtOnce, accountWaiting }: FairSlotsOptions): FairSlots => {
  // In the order of turns: an account that was served goes to the end.
  const queues = new Map<string, Queue>();
  let inUse = 0;

  /** The account whose turn it is; nobody with a small wish overtakes one whose large wish does not fit yet. */
  const next = (): [string, Queue, Waiting] | undefined => {
    for (const [account, queue] of queues) {
      const [first] = queue.waiting;
      if (first === undefined || queue.held >= accountAtOnce) continue;
      return inUse + first.amount <= total ? [account, queue, first] : undefined;
    }
    return undefined;
  };
  const serve = (): void => {
    for (let turn = next(); turn !== undefined; turn = next()) {
      const [account, queue, first] = turn;
      queue.waiting.shift();
      queue.held += 1;
      inUse += first.amount;
      queues.delete(account);
      queues.set(account, queue);
      first.begin();
    }
  };
  const leaseOf = (account: string, queue: Queue, amount: number): Lease => {
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        inUse -= amount;
        queue.held -= 1;
        if (queue.held === 0 && queue.waiting.length === 0) queues.delete(account);
        serve();
      },
    };
  };

  return {
    get inUse() {
      return inUse;
    },
    lease: (account, wanted, signal) => {
      if (signal.aborted) return Promise.resolve('cancelled');
      const queue = queues.get(account) ?? { held: 0, waiting: [] };
      if (queue.waiting.length >= accountWaiting) return Promise.resolve('busy');
      queues.set(account, queue);
      const amount = Math.min(wanted, total);
      return new Promise((resolve) => {
        const leave = () => {
          queue.waiting.splice(queue.waiting.indexOf(mine), 1);
          if (queue.held === 0 && queue.waiting.length === 0) queues.delete(account);
          resolve('cancelled');
          // What waited behind it may be smaller.
          serve();
        };
        const mine: Waiting = {
          amount,
          begin: () => {
            signal.removeEventListener('abort', leave);
            resolve(leaseOf(account, queue, amount));
          },
        };
        queue.waiting.push(mine);
        signal.addEventListener('abort', leave, { once: true });
        serve();
      });
    },
  };
};
