// One request to a Google API on behalf of one account: Google's client library, bearer, concurrency limit, timeout,
// retries, errors → problems. Retries happen here alone: those of the libraries are switched off.
import type { gmail_v1 } from '@googleapis/gmail';
import type { people_v1 } from '@googleapis/people';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { FairSemaphore, Waiter } from '../lib/semaphore.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AnsweredCapability, Capability, CapabilityAnswer } from '../model/capability.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import { type Problem, refusalIn } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import { BrokenAnswer } from './answer-scanner.ts';
import { type FailedRequest, type RequestMeaning, readFailure } from './errors.ts';

export interface ClientOptions {
  readonly fetch: typeof fetch;
  readonly gmailRootUrl: string;
  readonly peopleRootUrl: string;
}

export interface GoogleClients {
  gmail(bearer: string): Promise<gmail_v1.Gmail>;
  people(bearer: string): Promise<people_v1.People>;
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

/**
 * Google's own client libraries, loaded at the first use (they cost tens of milliseconds at start). Their retries are off
 * in both places that have a setting; there is no auth object: the bearer is a header, and nothing is refreshed here.
 */
export const createClients = ({ fetch, gmailRootUrl, peopleRootUrl }: ClientOptions): GoogleClients => {
  const settings = (rootUrl: string, bearer: string) => ({
    rootUrl: withSlash(rootUrl),
    retry: false,
    retryConfig: { retry: 0, noResponseRetries: 0 },
    fetchImplementation: fetch,
    headers: { Authorization: `Bearer ${bearer}` },
  });
  return {
    gmail: async (bearer) => {
      const { gmail } = await import('@googleapis/gmail');
      return gmail({ version: 'v1', ...settings(gmailRootUrl, bearer) });
    },
    people: async (bearer) => {
      const { people } = await import('@googleapis/people');
      return people({ version: 'v1', ...settings(peopleRootUrl, bearer) });
    },
  };
};

/** What a request is sent with; exactly one HTTP request per call of `send`. */
export interface Sending {
  readonly bearer: string;
  readonly signal: AbortSignal;
  /** The answer's pieces; has to be read through this, so that the time between them is not taken for Google's. */
  readonly arriving: (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

export interface GoogleRequest<T> extends RequestMeaning {
  /** The API's own name of the method, for the log. */
  readonly method: string;
  readonly send: (sending: Sending) => Promise<{ readonly data: T }>;
}

export interface RequestOptions {
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Requests in flight: Gmail answers 429 ("Too many concurrent requests for user") to more than 10 of one account. */
  readonly slots: FairSemaphore;
  /** Milliseconds for one request with all its tries. */
  readonly callTimeoutMs: number;
  readonly log: (entry: object) => void;
}

interface RequestCall {
  readonly key: AccountKey;
  readonly freshToken: FreshToken;
  readonly record: (answered: AnsweredCapability) => Promise<void>;
  readonly waiter: Waiter;
}

export type SendRequest = <T extends object>(request: GoogleRequest<T>) => Promise<Result<T>>;

/** A connection that hangs may use up this share of the time, so that another try remains. */
const shareOfOneTry = 0.5;

/**
 * A signal that ends with the call or after `milliseconds`, whichever is first; `stop` frees the timer. While what has
 * arrived is worked on, or waits for its turn, the time stands still: only Google's own counts.
 */
const limited = (signal: AbortSignal, milliseconds: number, clock: Clock) => {
  const timeout = new AbortController();
  let counting = new AbortController();
  let left = milliseconds;
  let since = clock.now();
  const start = (): void => {
    const mine = new AbortController();
    counting = mine;
    since = clock.now();
    void clock.sleep(Math.max(0, left), mine.signal).then(() => {
      if (!mine.signal.aborted) timeout.abort();
    });
  };
  const stop = (): void => {
    if (counting.signal.aborted) return;
    // A reason of its own spares every request an exception with a stack.
    counting.abort('stopped');
    left -= clock.now() - since;
  };
  const arriving: Sending['arriving'] = async function* (pieces) {
    try {
      for await (const piece of pieces) {
        stop();
        yield piece;
        start();
      }
    } catch {
      throw new BrokenAnswer();
    }
  };
  start();
  return { signal: AbortSignal.any([signal, timeout.signal]), arriving, stop };
};

type Try<T> = { readonly kind: 'answered'; readonly value: T } | Exclude<FailedRequest, { kind: 'unauthorized' }>;

interface RetryOptions {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch: no try begins after it, and no wait goes beyond it. */
  readonly deadline: number;
  /** Called before each wait, for the log. */
  readonly onRetry: (attempt: number, waitMs: number) => void;
}

const firstWaitMs = 500;
const longestWaitMs = 16_000;
const mostTries = 6;

/** Between half of the doubling wait and all of it, so that many callers do not come back at once. */
const backOffMs = (attempt: number, random: RandomBytes): number => {
  const wait = Math.min(firstWaitMs * 2 ** (attempt - 1), longestWaitMs);
  const [high = 0, low = 0] = random(2);
  return Math.round((wait / 2) * (1 + (high * 256 + low) / 65_536));
};

/**
 * Tries until there is an answer or a final failure, six times at the most and inside the deadline. A wait is what
 * Retry-After asks for, else a jittered exponential back-off; the last failure is the result.
 * @param once one try; gets its number, from 1.
 */
const withRetries = async <T>(
  once: (attempt: number) => Promise<Try<T>>,
  { clock, random, signal, deadline, onRetry }: RetryOptions,
): Promise<Result<T>> => {
  for (let attempt = 1; ; attempt += 1) {
    const tried = await once(attempt);
    if (signal.aborted) return failed({ kind: 'cancelled' });
    switch (tried.kind) {
      case 'answered':
        return ok(tried.value);
      case 'final':
        return failed(tried.problem);
      case 'transient': {
        const wait = Math.max(tried.retryAfterMs ?? 0, backOffMs(attempt, random));
        if (attempt >= mostTries || clock.now() + wait >= deadline) return failed(tried.problem);
        onRetry(attempt, wait);
        await clock.sleep(wait, signal);
        if (signal.aborted) return failed({ kind: 'cancelled' });
      }
    }
  }
};

type Sent<T> = Try<T> | { readonly kind: 'unauthorized' };

const unavailable: Problem = { kind: 'google_unavailable' };

/** What ends a request without that Google failed. */
const isOurs: ReadonlySet<Problem['kind']> = new Set(['authorization_required', 'busy']);

/** @param reason why no link could ask for it, where one could not */
const notGranted = (capability: Capability, reason: 'not_allowed_by_connection' | undefined): Problem =>
  reason === undefined
    ? { kind: 'authorization_required', reason: 'scope_missing', missing: [capability] }
    : { kind: 'capability_not_allowed', capabilities: [capability] };

/** Sends once and reads the outcome. A success without a JSON object (a proxy's page, say) is no answer of Google's. */
const sendOnce = async <T extends object>(
  request: GoogleRequest<T>,
  { token }: AccessToken,
  { key, waiter }: RequestCall,
  { clock, slots, callTimeoutMs }: RequestOptions,
): Promise<Sent<T>> => {
  const { signal } = waiter;
  const slot = await slots.lease(accountKeyText(key), 1, waiter);
  if (typeof slot === 'string') return { kind: 'final', problem: { kind: slot }, evidence: {} };
  if (signal.aborted) {
    slot.release();
    return { kind: 'final', problem: { kind: 'cancelled' }, evidence: {} };
  }
  const limit = limited(signal, callTimeoutMs * shareOfOneTry, clock);
  try {
    const { data } = await request.send({ bearer: token, signal: limit.signal, arriving: limit.arriving });
    if (typeof data === 'object' && data !== null) return { kind: 'answered', value: data };
    return { kind: 'transient', problem: unavailable, evidence: { reasons: ['not_json'] } };
  } catch (error) {
    const failure = readFailure(error, request, clock.now());
    if (failure === undefined) throw error;
    return failure;
  } finally {
    limit.stop();
    slot.release();
  }
};

/** What an answer says of the capability that was not known when the token was given out; undefined: nothing. */
const newsIn = (
  sent: Sent<object>,
  capability: Capability,
  { capabilities }: AccessToken,
): CapabilityAnswer | undefined => {
  const known = capabilities[capability];
  if (sent.kind === 'answered') return known.status === 'refused' ? 'works' : undefined;
  const refusal = sent.kind === 'final' ? refusalIn(sent.problem) : undefined;
  return known.status === 'refused' && known.reason === refusal ? undefined : refusal;
};

/**
 * Binds requests to one call. What was not granted is not asked for. A 401 gets another token from `freshToken` and
 * repeats that one request once; a second 401 is Google's trouble, because only the token endpoint says that an access
 * has ended.
 */
export const requestsFor = (call: RequestCall, options: RequestOptions): SendRequest => {
  const { clock, random, callTimeoutMs, log } = options;
  const recorded = new Set<string>();

  const recordNews = async (capability: Capability, sent: Sent<object>, token: AccessToken): Promise<void> => {
    const answer = newsIn(sent, capability, token);
    const news = `${capability} ${answer}`;
    if (answer === undefined || recorded.has(news)) return;
    recorded.add(news);
    await call.record({ capability, answer, grantVersion: token.grantVersion });
  };

  const attempt = async <T extends object>(request: GoogleRequest<T>): Promise<Try<T>> => {
    let rejected: string | undefined;
    for (const last of [false, true]) {
      const token = await call.freshToken(rejected);
      if (!token.ok) return { kind: 'final', problem: token.problem, evidence: {} };
      const { capability } = request;
      const state = token.value.capabilities[capability];
      if (state.status === 'not_granted')
        return { kind: 'final', problem: notGranted(capability, state.reason), evidence: {} };
      const sent = await sendOnce(request, token.value, call, options);
      await recordNews(capability, sent, token.value);
      if (sent.kind !== 'unauthorized') return sent;
      log({ event: 'google_unauthorized', method: request.method, again: !last });
      rejected = token.value.token;
    }
    return { kind: 'final', problem: unavailable, evidence: { status: 401 } };
  };

  return async (request) => {
    const { signal } = call.waiter;
    if (signal.aborted) return failed({ kind: 'cancelled' });
    const withLog = async () => {
      const tried = await attempt(request);
      if (tried.kind !== 'answered' && !signal.aborted && !isOurs.has(tried.problem.kind))
        log({ event: 'google_request_failed', method: request.method, ...tried.evidence });
      return tried;
    };
    const result = await withRetries(withLog, {
      clock,
      random,
      signal,
      deadline: clock.now() + callTimeoutMs,
      onRetry: (tries, waitMs) => log({ event: 'google_retry', method: request.method, tries, waitMs }),
    });
    return result.ok ? ok(result.value) : result;
  };
};
