// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a request that is sent again, because its answer was lost, is
// done once and answered the same. For POST routes that make or change something. Calls of tools only read, and mail is
// never stored: they are simply made again.
import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Clock, RandomBytes } from '../../lib/clock.ts';
import type { AccountKey } from '../../model/account-key.ts';
import { errorResponse, problemResponse } from '../errors.ts';
import type { ApiContext, ServiceVariables } from './service.ts';

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

interface Request {
  readonly hash: string;
  readonly apiKeyId: string;
  readonly bodyHash: string;
  readonly holder: string;
  readonly now: number;
  readonly leaseUntil: number;
  readonly expiresAt: number;
}

/** Where requests and answers are kept; works between processes. Times in milliseconds since the epoch. */
export interface IdempotentAnswers {
  begin(
    request: Request,
  ): Promise<
    | { readonly kind: 'begun' | 'other_body' }
    | { readonly kind: 'answered'; readonly answer: Answer }
    | { readonly kind: 'in_progress'; readonly until: number }
  >;
  finish(request: Request, answer: Answer, owner: AccountKey | undefined): Promise<void>;
  release(request: Request): Promise<void>;
}

export interface IdempotencyOptions {
  readonly idempotency: IdempotentAnswers;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

const keptMs = 24 * 60 * 60_000;
/** As long as a request can last: after that whoever did it was killed. */
const leaseMs = 180_000;

const grammar = /^[\x21-\x7e]{1,255}$/;

const sha256 = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const reused = (c: ApiContext): Response =>
  errorResponse(c, {
    status: 422,
    error: 'idempotency_key_reused',
    message: 'This Idempotency-Key was sent before with another body.',
    who: 'the caller',
    next: 'Take a new key for every request, and the same one only to send that request again.',
  });

const inProgress = (c: ApiContext, seconds: number): Response => {
  c.header('Retry-After', String(seconds));
  return errorResponse(c, {
    status: 409,
    error: 'idempotency_in_progress',
    message: 'The request with this Idempotency-Key is not answered yet.',
    who: 'nobody, wait',
    next: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  });
};

const replayed = (c: ApiContext, { status, contentType, body }: Answer): Response => {
  const headers = new Headers({ 'Cache-Control': 'no-store', 'Idempotent-Replayed': 'true' });
  if (contentType !== null) headers.set('Content-Type', contentType);
  return c.newResponse(body === '' ? null : body, { status: status as 200, headers });
};

/** Another try may end otherwise: nothing of these is kept. */
const mayPass = (status: number): boolean => status >= 500 || status === 429;

/** A path part by part, as routes read it: `user%5F42` is `user_42`, and a person's name that holds a slash is one part. */
const segmentsOf = (url: string): string[] => new URL(url).pathname.split('/').map(decoded);

/** What is not valid percent-encoding stays; the route refuses it. */
const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

export const idempotencyKeys = (options: IdempotencyOptions): MiddlewareHandler<ServiceVariables> => {
  const { idempotency, clock, random } = options;

  const requestOf = (c: ApiContext, key: string, body: string): Request => {
    const { keyId, credential, named = '' } = c.get('service');
    const now = clock.now();
    return {
      hash: sha256(keyId, credential, named, c.req.method, ...segmentsOf(c.req.url), key),
      apiKeyId: keyId,
      bodyHash: sha256(key, body),
      holder: Buffer.from(random(16)).toString('hex'),
      now,
      leaseUntil: now + leaseMs,
      expiresAt: now + keptMs,
    };
  };

  return async (c, next) => {
    const key = c.req.header('idempotency-key');
    if (key === undefined || c.req.method !== 'POST') return next();
    if (!grammar.test(key))
      return problemResponse(c, {
        kind: 'invalid_input',
        detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.',
      });
    const body = await c.req.text();
    const request = requestOf(c, key, body);
    const begun = await idempotency.begin(request);
    if (begun.kind === 'other_body') return reused(c);
    if (begun.kind === 'in_progress') return inProgress(c, secondsUntil(begun.until, request.now));
    if (begun.kind === 'answered') return replayed(c, begun.answer);
    try {
      await next();
    } catch (error) {
      await idempotency.release(request);
      throw error;
    }
    const { status, headers } = c.res;
    if (mayPass(status)) return idempotency.release(request);
    const answer = { status, contentType: headers.get('content-type'), body: await c.res.clone().text() };
    // As the route read it: a path can be written in many ways.
    await idempotency.finish(request, answer, c.get('account'));
  };
};

/** Most requests are answered soon; only one whose process was killed takes its whole lease. */
const secondsUntil = (until: number, now: number): number => Math.max(1, Math.min(5, Math.ceil((until - now) / 1000)));
