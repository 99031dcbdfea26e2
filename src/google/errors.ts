// What a failed Google API request means, judged by HTTP status, `reason` and `status` of the error body, never by its
// message. Source: https://developers.google.com/workspace/gmail/api/guides/handle-errors.

import type { Capability } from '../model/capability.ts';
import type { Problem } from '../model/problem.ts';
import { BrokenAnswer, NoMemoryYet, OversizedAnswer } from './answer-scanner.ts';

/** What the caller of an API method knows about the request, for the errors that mean different things by method. */
export interface RequestMeaning {
  readonly api: 'Gmail API' | 'People API';
  /** What the method needs; missing when Google refuses the scopes. */
  readonly capability: Capability;
  /** What a 404 is about; absent where nothing was named that could be missing. */
  readonly what?: string;
  /** What it means here that Google forbids the request without naming a reason. */
  readonly forbidden?: Problem;
  /** What a failed precondition means here; for Gmail's methods, which have one only, it is known. */
  readonly failedPrecondition?: Problem;
  /** What a 400 about an argument means here: the arguments are ours except for what the caller gave. */
  readonly invalidArgument?: Problem;
}

export type FailedRequest =
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'final'; readonly problem: Problem; readonly evidence: Evidence }
  | {
      readonly kind: 'transient';
      readonly problem: Problem;
      readonly evidence: Evidence;
      /** What Google's Retry-After asks for. */
      readonly retryAfterMs?: number;
    };

/** For the log: codes only, no text of Google's. */
interface Evidence {
  readonly status?: number;
  readonly reasons?: string[];
}

interface GoogleError {
  readonly status?: unknown;
  readonly errors?: { readonly reason?: unknown }[];
  readonly details?: { readonly reason?: unknown }[];
}

interface Answer {
  readonly status: number;
  readonly reasons: readonly string[];
  readonly retryAfter: string | null;
}

const code = /^[A-Za-z0-9_]{1,64}$/;

/** A failed answer that was to be streamed is still text. */
const parsedBody = (body: unknown): unknown => {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const reasonsIn = (body: unknown): string[] => {
  const error = (parsedBody(body) as { error?: GoogleError } | undefined | null)?.error;
  if (typeof error !== 'object' || error === null) return [];
  const listed = [error.errors, error.details].flatMap((list) => (Array.isArray(list) ? list : []));
  const all = [error.status, ...listed.map((entry) => entry?.reason)];
  return all.filter((reason): reason is string => typeof reason === 'string' && code.test(reason));
};

/** The answer inside a GaxiosError; undefined where no answer came. */
const answerOf = (error: unknown): Answer | undefined => {
  const response = (error as { response?: { status?: unknown; data?: unknown; headers?: unknown } }).response;
  if (typeof response?.status !== 'number') return undefined;
  const { headers } = response;
  return {
    status: response.status,
    reasons: reasonsIn(response.data),
    retryAfter: headers instanceof Headers ? headers.get('retry-after') : null,
  };
};

/**
 * Milliseconds until the moment of a Retry-After header (RFC 9110 §10.2.3): seconds or an HTTP date.
 * @param now milliseconds since the epoch.
 */
const retryAfterMs = (header: string | null, now: number): number | undefined => {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
};

const rateLimits = ['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'RESOURCE_EXHAUSTED'];
const disabledApi = ['accessNotConfigured', 'SERVICE_DISABLED'];
const missingScopes = ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'];

const preconditions = ['failedPrecondition', 'FAILED_PRECONDITION'];

/** Gmail's only one for reading: the account has no mailbox ("Mail service not enabled"). */
const failedPrecondition = (meaning: RequestMeaning): Problem | undefined =>
  meaning.api === 'Gmail API' ? { kind: 'no_mailbox' } : meaning.failedPrecondition;

const forbidden = (has: (...reasons: string[]) => boolean, meaning: RequestMeaning): Problem => {
  if (has(...missingScopes))
    return { kind: 'authorization_required', reason: 'scope_missing', missing: [meaning.capability] };
  if (has(...disabledApi)) return { kind: 'api_not_enabled', api: meaning.api };
  if (has('domainPolicy')) return { kind: 'domain_policy' };
  if (has('dailyLimitExceeded', 'quotaExceeded')) return { kind: 'rate_limited' };
  if (has(...preconditions)) return failedPrecondition(meaning) ?? { kind: 'request_refused', status: 403 };
  return meaning.forbidden ?? { kind: 'request_refused', status: 403 };
};

const badRequest = (has: (...reasons: string[]) => boolean, meaning: RequestMeaning): Problem => {
  const precondition = has(...preconditions) ? failedPrecondition(meaning) : undefined;
  return precondition ?? meaning.invalidArgument ?? { kind: 'request_refused', status: 400 };
};

const finalProblem = ({ status, reasons }: Answer, meaning: RequestMeaning): Problem => {
  const has = (...wanted: string[]) => wanted.some((reason) => reasons.includes(reason));
  switch (status) {
    case 400:
      return badRequest(has, meaning);
    case 403:
      return forbidden(has, meaning);
    case 404:
      return meaning.what === undefined
        ? { kind: 'request_refused', status }
        : { kind: 'not_found', what: meaning.what };
    default:
      return { kind: 'request_refused', status };
  }
};

/**
 * Reads what a Google client threw.
 * @param now milliseconds since the epoch, for a Retry-After that names a moment.
 * @returns undefined when it is no failed request but a defect of ours.
 */
export const readFailure = (error: unknown, meaning: RequestMeaning, now: number): FailedRequest | undefined => {
  const answer = answerOf(error);
  if (error instanceof OversizedAnswer) {
    const problem: Problem = { kind: 'too_costly', what: `This ${meaning.what ?? 'answer of Google'}` };
    return { kind: 'final', problem, evidence: { reasons: ['oversized'] } };
  }
  if (error instanceof NoMemoryYet) return { kind: 'final', problem: { kind: 'busy' }, evidence: {} };
  if (answer === undefined) {
    const sent = error instanceof Error && ('config' in error || error instanceof BrokenAnswer);
    return sent ? { kind: 'transient', problem: { kind: 'google_unavailable' }, evidence: {} } : undefined;
  }
  const { status, reasons } = answer;
  if (status === 401) return { kind: 'unauthorized' };
  const evidence: Evidence = { status, reasons: [...reasons] };
  const limited = status === 429 || (status === 403 && reasons.some((reason) => rateLimits.includes(reason)));
  if (!limited && status < 500 && status !== 408)
    return { kind: 'final', problem: finalProblem(answer, meaning), evidence };
  const wait = retryAfterMs(answer.retryAfter, now);
  return {
    kind: 'transient',
    problem: limited
      ? { kind: 'rate_limited', retryAfterSeconds: wait === undefined ? undefined : Math.ceil(wait / 1000) }
      : { kind: 'google_unavailable' },
    evidence,
    retryAfterMs: wait,
  };
};
