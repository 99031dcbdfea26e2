// Builds what everybody else gets of Google: readers bound to one caller. START HERE. What outlives a call (limiter,
// warm-ups, labels) is made here once, keyed by account.

import type { Clock, RandomBytes } from '../lib/clock.ts';
import { accountKeyText } from '../model/account-key.ts';
import { createClients } from './clients.ts';
import { createGmailReader } from './gmail-reader.ts';
import { createHoldings } from './holdings.ts';
import { createLabelCache } from './label-cache.ts';
import { createLimiter } from './limiter.ts';
import { createPeopleReader } from './people-reader.ts';
import type { GoogleServices } from './ports.ts';
import { requestsFor } from './request.ts';
import { createWarmUps } from './warm-up.ts';

export interface GoogleServicesOptions {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly gmailRootUrl: string;
  readonly peopleRootUrl: string;
  /** Milliseconds for one request with all its tries. */
  readonly callTimeoutMs: number;
  /** Requests in flight per account; 10 unless told. */
  readonly maxInFlight?: number;
  /** Gets method names, status and reason codes; never an id, a query or a token. */
  readonly log?: (entry: object) => void;
}

const googleAllows = 10;

/** Nothing of Google's code is loaded before the first request. */
export const createGoogleServices = (options: GoogleServicesOptions): GoogleServices => {
  const { clock, random, callTimeoutMs, maxInFlight = googleAllows, log = () => undefined } = options;
  const clients = createClients(options);
  const limiter = createLimiter(maxInFlight);
  const holdings = createHoldings();
  const warmUps = createWarmUps();
  const labelCache = createLabelCache(clock);

  return {
    forCaller: ({ key, freshToken, record, signal }) => {
      const sendFor = (ending: AbortSignal) =>
        requestsFor({ key, freshToken, record, signal: ending }, { clock, random, limiter, callTimeoutMs, log });
      const openHolding = (most: number, ending: AbortSignal) => holdings.open(accountKeyText(key), most, ending);
      return {
        gmail: createGmailReader({ key, freshToken, clients, sendFor, openHolding, signal, labelCache }),
        people: createPeopleReader({ key, freshToken, send: sendFor(signal), clients, warmUps }),
      };
    },
    forget: (key) => {
      warmUps.forget(key);
      labelCache.forget(key);
    },
  };
};
