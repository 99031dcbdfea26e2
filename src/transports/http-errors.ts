// Errors as HTTP answers: {error, message, who, next}, the same shape everywhere. Nothing internal is ever part of one.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { challengeFor, type Refusal } from '../callers/authenticate.ts';
import { explainProblem, type Fixer, type Problem } from '../model/problem.ts';
import type { Busy, NeverFits } from './call-limits.ts';

export interface HttpError {
  readonly status: ContentfulStatusCode;
  /** For programs: stable, snake_case. */
  readonly error: string;
  readonly message: string;
  readonly who: Fixer;
  readonly next: string;
}

/** The answer for an error; never cached. */
export const errorResponse = (c: Context, { status, ...body }: HttpError): Response =>
  c.json(body, status, { 'Cache-Control': 'no-store' });

const statusOf: Readonly<Record<Problem['kind'], ContentfulStatusCode>> = {
  authorization_required: 409,
  link_not_verifiable: 409,
  too_many_links: 429,
  link_pages_unavailable: 503,
  no_mailbox: 409,
  no_directory: 409,
  domain_policy: 409,
  client_invalid: 500,
  operator_client_changed: 409,
  many_grants_refused: 503,
  api_not_enabled: 500,
  sealing_key_missing: 500,
  rate_limited: 429,
  google_unavailable: 503,
  deadline_exceeded: 504,
  cancelled: 503,
  storage_busy: 503,
  storage_full: 503,
  not_found: 404,
  invalid_input: 400,
  page_token_invalid: 400,
  too_large: 413,
  request_refused: 502,
  internal: 500,
};

/** A problem of the model in HTTP's words. */
export const problemResponse = (c: Context, problem: Problem): Response => {
  const { what, fixer, next } = explainProblem(problem);
  return errorResponse(c, { status: statusOf[problem.kind], error: problem.kind, message: what, who: fixer, next });
};

const refusalNext: Readonly<Record<Refusal['status'], string>> = {
  400: 'Correct the header and send the request again.',
  401: 'Send `Authorization: Bearer <key>` with a key made by `postern api-keys create`, or a new session token.',
  403: 'Leave Postern-Identifier out, or use the key or session token that belongs to this person.',
};

/** A refused credential; with `WWW-Authenticate` where one is asked for (RFC 9110 §11.6.1). */
export const refusalResponse = (c: Context, refusal: Refusal): Response => {
  if (refusal.status === 401) c.header('WWW-Authenticate', challengeFor(refusal));
  const { status, error, description } = refusal;
  return errorResponse(c, { status, error, message: description, who: 'the caller', next: refusalNext[status] });
};

const busyText: Readonly<Record<Busy['kind'], string>> = {
  too_many_calls: 'More calls were made for this person within a minute than are allowed.',
  too_many_calls_at_once: 'Too many calls for this person are under way at the same time.',
  server_busy: 'Postern has more to do than it takes on at once.',
};

const batchTooLarge: HttpError = {
  status: 400,
  error: 'batch_too_large',
  message: 'This message holds more calls than one person may make at once.',
  who: 'the caller',
  next: 'Send the calls in several messages.',
};

/** A limit of ours was reached; `Retry-After` in seconds (RFC 9110 §10.2.3, RFC 6585 §4). */
export const busyResponse = (c: Context, busy: Busy | NeverFits): Response => {
  if (busy.kind === 'batch_too_large') return errorResponse(c, batchTooLarge);
  const { kind, retryAfterSeconds } = busy;
  c.header('Retry-After', String(retryAfterSeconds));
  return errorResponse(c, {
    status: kind === 'server_busy' ? 503 : 429,
    error: kind,
    message: busyText[kind],
    who: kind === 'server_busy' ? 'nobody, wait' : 'the caller',
    next: `Try again in ${retryAfterSeconds} seconds.`,
  });
};
