// What can go wrong, as classes: one for each thing that a program does about it. Every error carries Postern's own words
// (`message`), who can fix it and the one next step; none carries a key.

/** Who can fix it, as the API says. */
export type Fixer = 'the person' | 'their Workspace admin' | 'the operator' | 'nobody, wait' | 'the caller';

/** What is known of a failure. */
export interface Failure {
  /** For programs: stable, snake_case. */
  readonly error: string;
  readonly message: string;
  readonly who: Fixer;
  /** The one next step, as a sentence. */
  readonly next: string;
  /** Of the HTTP answer; absent where there was none. */
  readonly status?: number;
  /** After how many seconds Postern wants to be asked again. */
  readonly retryAfterSeconds?: number;
  /** What else the answer says, such as `differences` of an account. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Every failure of this client, but for an abort by your own signal, which throws that signal's reason. */
export class PosternError extends Error {
  readonly error: string;
  readonly who: Fixer;
  readonly next: string;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.error = failure.error;
    this.who = failure.who;
    this.next = failure.next;
    this.status = failure.status;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.details = failure.details ?? {};
  }

  // By name, not by `constructor.name`, which minifying changes.
  override get name(): string {
    return 'PosternError';
  }
}

/** The request is not as it must be (400, 413, 422), or was never sent because of that. */
export class InvalidInputError extends PosternError {
  override get name(): string {
    return 'InvalidInputError';
  }
}

/** The key is not valid, has expired or was revoked (401). */
export class AuthenticationError extends PosternError {
  override get name(): string {
    return 'AuthenticationError';
  }
}

/** The key is good, but not for this (403). */
export class ForbiddenError extends PosternError {
  override get name(): string {
    return 'ForbiddenError';
  }
}

/** There is no such account, tool, message … (404). */
export class NotFoundError extends PosternError {
  override get name(): string {
    return 'NotFoundError';
  }
}

/** What there is does not allow the request (409), or does not any more (410). */
export class ConflictError extends PosternError {
  override get name(): string {
    return 'ConflictError';
  }
}

/** Too many requests (429), still after all retries. */
export class RateLimitedError extends PosternError {
  override get name(): string {
    return 'RateLimitedError';
  }
}

/** Google or Postern cannot answer now (502, 503, 504), still after all retries. */
export class TemporaryError extends PosternError {
  override get name(): string {
    return 'TemporaryError';
  }
}

/** No answer came: Postern cannot be reached, or the connection broke. */
export class ConnectionError extends TemporaryError {
  override get name(): string {
    return 'ConnectionError';
  }
}

/** The whole call, with its retries, took longer than its timeout. */
export class TimeoutError extends TemporaryError {
  override get name(): string {
    return 'TimeoutError';
  }
}

/** A defect of Postern or of its configuration (500), or an answer that is none of Postern's. */
export class ServerError extends PosternError {
  override get name(): string {
    return 'ServerError';
  }
}

const classOf = (status: number): typeof PosternError => {
  switch (status) {
    case 400:
    case 413:
    case 422:
      return InvalidInputError;
    case 401:
      return AuthenticationError;
    case 403:
      return ForbiddenError;
    case 404:
      return NotFoundError;
    case 409:
    case 410:
      return ConflictError;
    case 429:
      return RateLimitedError;
    case 502:
    case 503:
    case 504:
      return TemporaryError;
    default:
      return ServerError;
  }
};

/** The error of an HTTP answer, by its status. */
export const errorOf = (failure: Failure & { readonly status: number }): PosternError =>
  new (classOf(failure.status))(failure);
