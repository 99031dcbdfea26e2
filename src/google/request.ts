// One request to a Google API on behalf of one account: bearer, slot, timeout, retries, errors → problems.
// Knows nothing of what is asked for, and no token but the one it is handed for this request.

import type { Clock, RandomBytes } from '../lib/clock.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AnsweredCapability, CapabilityAnswer } from '../model/capability-state.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import { type Problem, refusalIn } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { Capability } from '../model/scope.ts';
import { BrokenAnswer } from './base64-value.ts';
import { type RequestMeaning, readFailure } from './errors.ts';
import type { Limiter } from './limiter.ts';
import { type Try, withRetries } from './retry.ts';

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
  readonly limiter: Limiter;
  /** Milliseconds for one request with all its tries. */
  readonly callTimeoutMs: number;
  readonly log: (entry: object) => void;
}

export interface RequestCall {
  readonly key: AccountKey;
  readonly freshToken: FreshToken;
  readonly record: (answered: AnsweredCapability) => Promise<void>;
  readonly signal: AbortSignal;
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
    void clock.sleep(left, mine.signal).then(() => {
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

type Sent<T> = Try<T> | { readonly kind: 'unauthorized' };

const unavailable: Problem = { kind: 'google_unavailable' };

const notGranted = (capability: Capability): Problem => ({
  kind: 'authorization_required',
  reason: 'scope_missing',
  missing: [capability],
});

/** Sends once and reads the outcome. A success without a JSON object (a proxy's page, say) is no answer of Google's. */
const sendOnce = async <T extends object>(
  request: GoogleRequest<T>,
  { token }: AccessToken,
  { key, signal }: RequestCall,
  { clock, limiter, callTimeoutMs }: RequestOptions,
): Promise<Sent<T>> =>
  limiter.run(accountKeyText(key), signal, async () => {
    if (signal.aborted) return { kind: 'final', problem: { kind: 'cancelled' }, evidence: {} };
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
    }
  });

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
 * Binds requests to one call. What was not granted is not asked for. A 401 gets another token from `freshToken` and repeats that one request once; a second
 * 401 is Google's trouble, because only the token endpoint says that an access has ended.
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
      if (token.value.capabilities[capability].status === 'not_granted')
        return { kind: 'final', problem: notGranted(capability), evidence: {} };
      const sent = await sendOnce(request, token.value, call, options);
      await recordNews(capability, sent, token.value);
      if (sent.kind !== 'unauthorized') return sent;
      log({ event: 'google_unauthorized', method: request.method, again: !last });
      rejected = token.value.token;
    }
    return { kind: 'final', problem: unavailable, evidence: { status: 401 } };
  };

  return async (request) => {
    if (call.signal.aborted) return failed({ kind: 'cancelled' });
    const withLog = async () => {
      const tried = await attempt(request);
      if (tried.kind !== 'answered' && !call.signal.aborted && tried.problem.kind !== 'authorization_required')
        log({ event: 'google_request_failed', method: request.method, ...tried.evidence });
      return tried;
    };
    const result = await withRetries(withLog, {
      clock,
      random,
      signal: call.signal,
      deadline: clock.now() + callTimeoutMs,
      onRetry: (tries, waitMs) => log({ event: 'google_retry', method: request.method, tries, waitMs }),
    });
    return result.ok ? ok(result.value) : result;
  };
};
