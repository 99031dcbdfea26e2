// How much of this process one account may take: messages a minute by a token bucket, and requests at once; and how
// many requests are worked on at all, and for one realm. In memory: several processes count each for itself. Knows nothing of HTTP.

import type { Clock } from '../../lib/clock.ts';
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
export interface NeverFits {
  readonly kind: 'batch_too_large';
}

/** What one request is about, counted in messages: a batch has several. */
export interface Messages {
  readonly toolCalls: number;
  readonly others: number;
}

/** A request that was let in. */
export interface Turn {
  /** Counts its messages; the answer says why they may not be worked on, and then nothing was counted. */
  take(messages: Messages): Busy | NeverFits | undefined;
  /** The request is answered to its last byte, or broken off. Only the first time counts. */
  end(): void;
}

export interface CallGate {
  /** Lets a request in, or says why not. */
  enter(key: AccountKey): Turn | Busy;
}

// The bucket counts in whole units, of which `callsPerMinute` come in every millisecond.
const unitsPerCall = 60_000;
/** A handshake or a list costs a tenth of a tool call: older clients send several before every call. */
const unitsPerOther = unitsPerCall / 10;
const maxRemembered = 10_000;
/** What one realm may take of `processAtOnce`: a service key may name any number of people. */
const realmShare = 3 / 4;
/** Seconds after which a try makes sense when somebody else's call has to end first. */
const retryAfterAtOnce = 2;

interface Usage {
  units: number;
  countedAt: number;
  underWay: number;
}

export const createCallGate = (clock: Clock, limits: CallLimits): CallGate => {
  const { callsPerMinute, accountAtOnce, processAtOnce } = limits;
  const full = callsPerMinute * unitsPerCall;
  const usages = new Map<string, Usage>();
  const realmAtOnce = Math.ceil(processAtOnce * realmShare);
  const realms = new Map<string, number>();
  let underWay = 0;

  /** Bounded: the account that was quiet for longest is forgotten, which gives it back its minute at worst. */
  const makeRoom = (): void => {
    if (usages.size < maxRemembered) return;
    for (const [name, usage] of usages) {
      if (usage.underWay > 0) continue;
      usages.delete(name);
      return;
    }
  };

  const usageOf = (key: AccountKey): Usage => {
    const name = accountKeyText(key);
    const known = usages.get(name);
    if (known === undefined) makeRoom();
    else usages.delete(name);
    const usage = known ?? { units: full, countedAt: clock.now(), underWay: 0 };
    usages.set(name, usage);
    return usage;
  };

  const pay = (usage: Usage, cost: number): Busy | undefined => {
    const now = clock.now();
    usage.units = Math.min(full, usage.units + Math.max(0, now - usage.countedAt) * callsPerMinute);
    usage.countedAt = now;
    const missing = cost - usage.units;
    if (missing > 0) return { kind: 'too_many_calls', retryAfterSeconds: Math.ceil(missing / callsPerMinute / 1000) };
    usage.units -= cost;
    return undefined;
  };

  const noPlace = ({ realm }: AccountKey, usage: Usage, places: number): Busy | undefined => {
    if (usage.underWay + places > accountAtOnce)
      return { kind: 'too_many_calls_at_once', retryAfterSeconds: retryAfterAtOnce };
    if (underWay + places > processAtOnce || (realms.get(realm) ?? 0) + places > realmAtOnce)
      return { kind: 'server_busy', retryAfterSeconds: retryAfterAtOnce };
    return undefined;
  };

  return {
    enter: (key) => {
      const usage = usageOf(key);
      const refused = noPlace(key, usage, 1);
      if (refused) return refused;
      let places = 0;
      const occupy = (more: number): void => {
        places += more;
        usage.underWay += more;
        underWay += more;
        const ofRealm = (realms.get(key.realm) ?? 0) + more;
        if (ofRealm === 0) realms.delete(key.realm);
        else realms.set(key.realm, ofRealm);
      };
      occupy(1);
      return {
        take: ({ toolCalls, others }) => {
          const more = Math.max(0, toolCalls - 1);
          const cost = toolCalls * unitsPerCall + others * unitsPerOther;
          if (cost > full || toolCalls > accountAtOnce) return { kind: 'batch_too_large' };
          const busy = noPlace(key, usage, more) ?? pay(usage, cost);
          if (busy === undefined) occupy(more);
          return busy;
        },
        end: () => occupy(-places),
      };
    },
  };
};
