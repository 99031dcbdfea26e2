// What a call of the hosted product's clients fails with: a code that gRPC and HTTP both have, and the words that the API has.
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { explainProblem, type Fixer, type Problem } from '../../model/problem.ts';
import { storageProblem } from '../../model/storage-error.ts';
import { busyText, problemStatus } from '../errors.ts';
import type { BatchTooLarge, Busy } from '../limits/call-limits.ts';
import type { KeyLimitReached } from '../limits/key-limits.ts';
import { ErrorInfoSchema } from './wire/errdetails_pb.ts';

export interface Failure {
  readonly code: Code;
  /** For programs: stable, snake_case. */
  readonly error: string;
  readonly message: string;
  readonly who: Fixer;
  readonly next: string;
  readonly retryAfterSeconds?: number;
  /** The call of a tool that failed: its clients do not try such a call again by themselves. */
  readonly executionId?: string;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const answered = <T>(value: T): Answer<T> => ({ ok: true, value });
export const refusedWith = (failure: Failure): Answer<never> => ({ ok: false, failure });

/** The caller's mistake. `message` never repeats a value. */
export const invalid = (message: string, next = 'Correct the request and send it again.'): Answer<never> =>
  refusedWith({ code: Code.InvalidArgument, error: 'invalid_input', message, who: 'the caller', next });

export const notFound = (message: string, next: string): Answer<never> =>
  refusedWith({ code: Code.NotFound, error: 'not_found', message, who: 'the caller', next });

const httpStatuses: Readonly<Partial<Record<Code, ContentfulStatusCode>>> = {
  [Code.InvalidArgument]: 400,
  [Code.Unauthenticated]: 401,
  [Code.PermissionDenied]: 403,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.FailedPrecondition]: 409,
  [Code.Aborted]: 409,
  [Code.ResourceExhausted]: 429,
  [Code.Unimplemented]: 501,
  [Code.Unavailable]: 503,
  [Code.DeadlineExceeded]: 504,
};

export const httpStatusOf = (code: Code): ContentfulStatusCode => httpStatuses[code] ?? 500;

const codeOfStatus: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  404: Code.NotFound,
  409: Code.FailedPrecondition,
  413: Code.InvalidArgument,
  422: Code.FailedPrecondition,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
  504: Code.DeadlineExceeded,
};

export const failureOf = (problem: Problem): Failure => {
  const { what, fixer, next } = explainProblem(problem);
  const code = codeOfStatus[problemStatus(problem)] ?? Code.Internal;
  return { code, error: problem.kind, message: what, who: fixer, next };
};

/** What was thrown, which is a defect unless the database is busy or full. */
export const failureOfError = (error: unknown): Failure => failureOf(storageProblem(error) ?? { kind: 'internal' });

/** A limit that is reached. `ResourceExhausted`, because its clients try again at once after `Unavailable`. */
export const failureOfLimit = (limit: Busy | BatchTooLarge | KeyLimitReached): Failure => {
  const seconds = limit.kind === 'batch_too_large' ? 1 : limit.retryAfterSeconds;
  return {
    code: Code.ResourceExhausted,
    error: limit.kind,
    message: 'message' in limit ? limit.message : limit.kind === 'batch_too_large' ? '' : busyText[limit.kind],
    who: limit.kind === 'server_busy' ? 'nobody, wait' : 'the caller',
    next: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    retryAfterSeconds: seconds,
  };
};

/** As gRPC has it; the code for programs and the next step stand in the details that the clients read. */
export const connectErrorOf = (failure: Failure): ConnectError => {
  const { code, error, message, next, executionId, retryAfterSeconds } = failure;
  const toolError = { executionId, toolErrorMessage: message, toolErrorCode: error };
  const info = create(ErrorInfoSchema, {
    errorCode: executionId === undefined ? error : 'TOOL_ERROR',
    helpInfo: { links: [{ description: next }] },
    ...(executionId === undefined ? {} : { toolErrorInfo: toolError }),
  });
  const headers = retryAfterSeconds === undefined ? undefined : { 'retry-after': String(retryAfterSeconds) };
  return new ConnectError(`${message} ${next}`, code, headers, [{ desc: ErrorInfoSchema, value: info }]);
};
