// Limits of calls: per account the messages a minute and the concurrent requests; for one realm and for the whole process
// the concurrent requests. What is under way is counted in memory, each process for itself: it is this process that it
// would overload, and a process that is killed takes its count with it.
import type { CreateLimit } from '../../lib/rate-limit.ts';
import { type AccountKey, accountKeyText } from '../../model/account-key.ts';

export interface CallLimits {
  /** Tool calls an account may make at once after a pause, and then every minute. */
  readonly callsPerMinute: number;
  /** Calls of one account under way at the same time. */
  readonly accountAtOnce: number;
  /** Calls of everybody under way at the same time. */
  readonly processAtOnce: number;
}

export const defaultCallLimits: CallLimits = { callsPerMinute: 300, accountAtOnce: 60, processAtOnce: 400 };

export interface Busy {
  readonly kind: 'too_many_calls' | 'too_many_calls_at_once' | 'server_busy';
  readonly retryAfterSeconds: number;
}

/** A batch that no pause would make small enough. */
export interface BatchTooLarge {
  readonly kind: 'batch_too_large';
}

/** What one request is about, counted in messages: a batch has several. */
export interface Messages {
  readonly toolCalls: number;
  readonly others: number;
}

/** A request that was let in. */
export interface AdmittedRequest {
  /** Counts its messages; the answer says why they may not be worked on, and then nothing was counted. */
  take(messages: Messages): Promise<Busy | BatchTooLarge | undefined>;
  /** The request is answered to its last byte, or broken off. Only the first time counts. */
  end(): void;
}

export interface CallLimiter {
  /** Lets a request in, or says why not. */
  admit(key: AccountKey): AdmittedRequest | Busy;
}

/** What messages cost: a handshake or a list a tenth of a tool call, since older clients send several before every call. */
const costPerCall = 10;
const costPerOther = 1;
const minuteMs = 60_000;
/** What one realm may take of `processAtOnce`: a service key may name any number of people. */
const realmShare = 3 / 4;
/** Seconds after which a try makes sense when somebody else's call has to end first. */
const retryAfterAtOnce = 2;

/** Counts what is under way; names of which nothing is are not kept. */
export const createCounts = () => {
  const counts = new Map<string, number>();
  return {
    of: (name: string): number => counts.get(name) ?? 0,
    add: (name: string, more: number): void => {
      const now = (counts.get(name) ?? 0) + more;
      if (now === 0) counts.delete(name);
      else counts.set(name, now);
    },
  };
};

export const createCallLimiter = (createLimit: CreateLimit, limits: CallLimits): CallLimiter => {
  const { callsPerMinute, accountAtOnce, processAtOnce } = limits;
  const budget = callsPerMinute * costPerCall;
  const rate = createLimit('calls', { times: budget, perMs: minuteMs });
  const realmAtOnce = Math.ceil(processAtOnce * realmShare);
  const accounts = createCounts();
  const realms = createCounts();
  let underWay = 0;

  const tooMany = (key: AccountKey, more: number): Busy | undefined => {
    if (accounts.of(accountKeyText(key)) + more > accountAtOnce)
      return { kind: 'too_many_calls_at_once', retryAfterSeconds: retryAfterAtOnce };
    if (underWay + more > processAtOnce || realms.of(key.realm) + more > realmAtOnce)
      return { kind: 'server_busy', retryAfterSeconds: retryAfterAtOnce };
    return undefined;
  };
  const pay = async (key: AccountKey, cost: number): Promise<Busy | undefined> => {
    const seconds = await rate.take(accountKeyText(key), cost);
    return seconds === 0 ? undefined : { kind: 'too_many_calls', retryAfterSeconds: seconds };
  };

  return {
    admit: (key) => {
      const refused = tooMany(key, 1);
      if (refused) return refused;
      let counted = 0;
      const add = (more: number): void => {
        counted += more;
        underWay += more;
        accounts.add(accountKeyText(key), more);
        realms.add(key.realm, more);
      };
      add(1);
      return {
        take: async ({ toolCalls, others }) => {
          // The request itself is counted as one already.
          const more = Math.max(0, toolCalls - 1);
          const cost = toolCalls * costPerCall + others * costPerOther;
          if (cost > budget || toolCalls > accountAtOnce) return { kind: 'batch_too_large' };
          const full = tooMany(key, more);
          if (full !== undefined) return full;
          // The places are taken before anything is awaited: another batch must not find the same ones free meanwhile.
          add(more);
          const busy = await pay(key, cost);
          // None are left to give back where the request ended meanwhile.
          if (busy !== undefined) add(-Math.min(more, counted));
          return busy;
        },
        end: () => add(-counted),
      };
    },
  };
};
