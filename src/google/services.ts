// Entry point of this folder: readers of Google's APIs that are bound to one caller. What outlives a call (concurrency limits,
// the memory budget, caches) is made here once, keyed by account.

import type { Clock, RandomBytes } from '../lib/clock.ts';
import { createFairSemaphore, type Waiter } from '../lib/semaphore.ts';
import { accountKeyText } from '../model/account-key.ts';
import type { Capability } from '../model/capability.ts';
import type { Result } from '../model/result.ts';
import { createLabelCache, createWarmUps } from './account-caches.ts';
import { createGmailReader } from './gmail-reader.ts';
import { createPeopleReader } from './people-reader.ts';
import type { CallerGoogle, GoogleServices } from './ports.ts';
import { createMemoryBudget } from './read-answer.ts';
import { createClients, requestsFor } from './request.ts';

interface GoogleServicesOptions {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly gmailRootUrl: string;
  readonly peopleRootUrl: string;
  /** Milliseconds for one request with all its tries. */
  readonly callTimeoutMs: number;
  /** Requests in flight per account; 10 when absent. */
  readonly maxInFlight?: number;
  /** Gets method names, status and reason codes; never an id, a query or a token. */
  readonly log?: (entry: object) => void;
}

/** What Gmail allows one account at a time. */
const mostInFlight = 10;
const anyNumber = Number.POSITIVE_INFINITY;

/** Nothing of Google's code is loaded before the first request. */
export const createGoogleServices = (options: GoogleServicesOptions): GoogleServices => {
  const { clock, random, callTimeoutMs, maxInFlight = mostInFlight, log = () => undefined } = options;
  const clients = createClients(options);
  // Of any number of accounts; each has its own, and what is more waits and is not refused.
  const slots = createFairSemaphore({ total: anyNumber, accountAtOnce: maxInFlight, accountWaiting: anyNumber });
  const memory = createMemoryBudget();
  const warmUps = createWarmUps();
  const labelCache = createLabelCache(clock);

  return {
    forCaller: ({ key, freshToken, record, signal, turn = {} }) => {
      const { since = 0 } = turn;
      const send = (waiter: Waiter) =>
        requestsFor({ key, freshToken, record, waiter }, { clock, random, slots, callTimeoutMs, log });
      const sendFor = (ending: AbortSignal) => send({ ...turn, signal: ending });
      const sendFurther = (ending: AbortSignal) => send({ since, signal: ending });
      const reserveMemory = (most: number, ending: AbortSignal) =>
        memory.open(accountKeyText(key), most, { ...turn, signal: ending });
      return {
        gmail: createGmailReader({ key, freshToken, clients, sendFor, sendFurther, reserveMemory, signal, labelCache }),
        people: createPeopleReader({ key, freshToken, send: sendFor(signal), clients, warmUps }),
      };
    },
    forget: (key) => {
      warmUps.forget(key);
      labelCache.forget(key);
    },
  };
};

/** A search that most directories answer: it is not about whom it finds. */
const anybody = { text: 'a', pageSize: 1, personFields: ['names'] };

/**
 * The cheapest request to Google that shows whether a capability works; fails with the problem that a call of that
 * capability would have. What Google answers is reported by the request itself (request.ts).
 */
export const probe = ({ gmail, people }: CallerGoogle, capability: Capability): Promise<Result<unknown>> => {
  switch (capability) {
    case 'mail':
      return gmail.profile();
    case 'contacts':
      return people.connections({ pageSize: 1, personFields: ['names'] });
    case 'directory':
    case 'other_contacts':
      return people.search({ ...anybody, sources: [capability] });
  }
};
