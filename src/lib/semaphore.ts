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

/** How a call stands in queues, all that it asks for in the same way. */
export interface Turn {
  /** Aborted once the call has waited as long as it may: from then on it gets what is free at once. Absent: it waits on. */
  readonly patience?: AbortSignal;
  /** When the call began: of one account the earliest is served first, so that calls end one after the other, not all late. */
  readonly since?: number;
}

/** Who asks. */
export interface Waiter extends Turn {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** What was given out; giving it back twice counts once. */
export interface Lease {
  release(): void;
}

export interface FairSemaphore {
  /**
   * Waits for `amount` (more than the total counts as all of it).
   * @returns `busy` where this account has as many waiting as it may (the one whose call began last gives way), or the
   *   waiter's patience is at its end; `cancelled` once its signal is aborted.
   */
  lease(account: string, amount: number, waiter: Waiter): Promise<Lease | 'busy' | 'cancelled'>;
  /** What is free at once, without overtaking anybody; undefined where it is not. */
  tryLease(account: string, amount: number): Lease | undefined;
  /** How many requests of an account wait. */
  waitingOf(account: string): number;
  /** What is given out now. */
  readonly inUse: number;
}

interface Waiting {
  readonly amount: number;
  readonly since: number;
  readonly begin: () => void;
  readonly refuse: () => void;
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

  const queueOf = (account: string): Queue => queues.get(account) ?? { held: 0, servedAt: turns - 0.5, waiting: [] };
  const enter = (account: string, queue: Queue, mine: Waiting): void => {
    queues.set(account, queue);
    const later = queue.waiting.findIndex(({ since }) => since > mine.since);
    queue.waiting.splice(later === -1 ? queue.waiting.length : later, 0, mine);
    serve();
  };
  const leave = (account: string, queue: Queue, mine: Waiting): void => {
    const index = queue.waiting.indexOf(mine);
    if (index !== -1) queue.waiting.splice(index, 1);
    if (queue.held === 0 && queue.waiting.length === 0) queues.delete(account);
    // What waited behind it may be smaller.
    serve();
  };
  const tryLease: FairSemaphore['tryLease'] = (account, wanted) => {
    const queue = queueOf(account);
    const amount = Math.min(wanted, total);
    let lease: Lease | undefined;
    const begin = () => {
      lease = leaseOf(account, queue, amount);
    };
    const mine = { amount, since: Number.POSITIVE_INFINITY, begin, refuse: () => undefined };
    enter(account, queue, mine);
    if (lease === undefined) leave(account, queue, mine);
    return lease;
  };

  return {
    get inUse() {
      return inUse;
    },
    tryLease,
    waitingOf: (account) => queues.get(account)?.waiting.length ?? 0,
    lease: (account, wanted, { signal, patience, since = 0 }) => {
      if (signal.aborted) return Promise.resolve('cancelled');
      if (patience?.aborted) return Promise.resolve(tryLease(account, wanted) ?? 'busy');
      const queue = queueOf(account);
      if (queue.waiting.length >= accountWaiting) {
        const last = queue.waiting.at(-1);
        if (last === undefined || last.since <= since) return Promise.resolve('busy');
        last.refuse();
      }
      const amount = Math.min(wanted, total);
      return new Promise((resolve) => {
        const end = (outcome: Lease | 'busy' | 'cancelled') => {
          signal.removeEventListener('abort', cancel);
          patience?.removeEventListener('abort', refuse);
          resolve(outcome);
        };
        const cancel = () => {
          leave(account, queue, mine);
          end('cancelled');
        };
        const refuse = () => {
          leave(account, queue, mine);
          end('busy');
        };
        const mine = { amount, since, begin: () => end(leaseOf(account, queue, amount)), refuse };
        signal.addEventListener('abort', cancel, { once: true });
        patience?.addEventListener('abort', refuse, { once: true });
        enter(account, queue, mine);
      });
    },
  };
};
