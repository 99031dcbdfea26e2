// Semaphores of this process: how much may go on at once. One per name that refuses what is too much, and a weighted one
// that accounts share and wait for.

/**
 * A counting semaphore for each name.
 * @param most acquisitions of one name at once.
 * @returns acquires for a name: gives what releases it (only the first time counts), or undefined when all are taken.
 */
export const createSemaphores = (most: number): ((name: string) => (() => void) | undefined) => {
  const taken = new Map<string, number>();
  return (name) => {
    const before = taken.get(name) ?? 0;
    if (before >= most) return undefined;
    taken.set(name, before + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (taken.get(name) ?? 1) - 1;
      if (left === 0) taken.delete(name);
      else taken.set(name, left);
    };
  };
};

interface FairSemaphoreOptions {
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

export interface FairSemaphore {
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
  /** When it was served last, counted in turns; one that comes anew goes before the last one served, and behind all before. */
  servedAt: number;
  readonly waiting: Waiting[];
}

/**
 * A bounded amount of something (threads, bytes) that accounts share: each has its own queue, the queues take turns, and an
 * account is refused only for what it has waiting itself.
 */
export const createFairSemaphore = ({ total, accountAtOnce, accountWaiting }: FairSemaphoreOptions): FairSemaphore => {
  const queues = new Map<string, Queue>();
  let inUse = 0;
  let turns = 0;

  /** Whose turn it is: the account that was served longest ago. Nobody with a small wish overtakes one whose large wish does not fit yet. */
  const next = (): { readonly queue: Queue; readonly first: Waiting } | undefined => {
    let chosen: Queue | undefined;
    for (const queue of queues.values())
      if (queue.waiting.length > 0 && queue.held < accountAtOnce && queue.servedAt < (chosen?.servedAt ?? turns + 1))
        chosen = queue;
    const [first] = chosen?.waiting ?? [];
    return chosen && first && inUse + first.amount <= total ? { queue: chosen, first } : undefined;
  };
  const serve = (): void => {
    for (let turn = next(); turn !== undefined; turn = next()) {
      const { queue, first } = turn;
      turns += 1;
      queue.servedAt = turns;
      queue.waiting.shift();
      queue.held += 1;
      inUse += first.amount;
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
      const queue = queues.get(account) ?? { held: 0, servedAt: turns - 0.5, waiting: [] };
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
