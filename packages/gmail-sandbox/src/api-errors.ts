// Error bodies in the shape Google's APIs send them. Knows nothing of which request deserves which error.

export interface ErrorParts {
  readonly code: number;
  /** The canonical gRPC name, e.g. `PERMISSION_DENIED`. */
  readonly status: string;
  readonly message: string;
  /** `error.errors[0].reason`, e.g. `insufficientPermissions`. */
  readonly reason: string;
  /** `error.errors[0].message`, where Google words it differently from `message`. */
  readonly shortMessage?: string;
  /** The header a 401 is about. */
  readonly location?: string;
  readonly details?: readonly Record<string, unknown>[];
  readonly headers?: Record<string, string>;
}

/** An API error response: https://cloud.google.com/apis/design/errors#http_mapping plus the older `errors` list. */
export const googleError = (parts: ErrorParts): Response => {
  const first = {
    message: parts.shortMessage ?? parts.message,
    domain: 'global',
    reason: parts.reason,
    ...(parts.location === undefined ? {} : { location: parts.location, locationType: 'header' }),
  };
  const error = {
    code: parts.code,
    message: parts.message,
    errors: [first],
    status: parts.status,
    ...(parts.details === undefined ? {} : { details: parts.details }),
  };
  return Response.json(
    { error },
    {
      status: parts.code,
      headers: { 'cache-control': 'private', vary: 'Origin, X-Origin, Referer', ...parts.headers },
    },
  );
};

/** 400 INVALID_ARGUMENT with Google's general sentence, or a more exact one. */
export const invalidArgument = (message = 'Request contains an invalid argument.'): Response =>
  googleError({ code: 400, status: 'INVALID_ARGUMENT', message, reason: 'badRequest' });

/** 400 FAILED_PRECONDITION: the request is right, the account is not one it can be asked for. */
export const failedPrecondition = (message: string): Response =>
  googleError({ code: 400, status: 'FAILED_PRECONDITION', message, reason: 'failedPrecondition' });

const credentialHelp =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';

/** 401 for a request without `Authorization: Bearer …`. */
export const credentialsMissing = (): Response =>
  googleError({
    code: 401,
    status: 'UNAUTHENTICATED',
    message: `Request is missing required authentication credential. ${credentialHelp}`,
    shortMessage: 'Login Required.',
    reason: 'required',
    location: 'Authorization',
    details: [errorInfo('CREDENTIALS_MISSING')],
    headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' },
  });

/** 401 for an access token that is unknown, expired or revoked. */
export const invalidCredentials = (): Response =>
  googleError({
    code: 401,
    status: 'UNAUTHENTICATED',
    message: `Request had invalid authentication credentials. ${credentialHelp}`,
    shortMessage: 'Invalid Credentials',
    reason: 'authError',
    location: 'Authorization',
    headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
  });

/** 403 for a living token without any of the scopes the method accepts. */
export const insufficientScopes = (acceptedScopes: readonly string[], service: string): Response =>
  googleError({
    code: 403,
    status: 'PERMISSION_DENIED',
    message: 'Request had insufficient authentication scopes.',
    shortMessage: 'Insufficient Permission',
    reason: 'insufficientPermissions',
    details: [errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT', { service })],
    headers: {
      'www-authenticate': `Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="${acceptedScopes.join(' ')}"`,
    },
  });

/** 403 for an API that is not enabled in the project of the OAuth client. */
export const serviceDisabled = (service: string): Response => {
  const name = service === 'gmail.googleapis.com' ? 'Gmail API' : 'People API';
  return googleError({
    code: 403,
    status: 'PERMISSION_DENIED',
    message: `${name} has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/${service}/overview?project=123456789012 then retry.`,
    reason: 'accessNotConfigured',
    details: [errorInfo('SERVICE_DISABLED', { service, consumer: 'projects/123456789012' })],
  });
};

/** 403 of the Gmail API where the Workspace admin lets no app at Gmail. */
export const gmailAppsDisabled = (): Response =>
  googleError({
    code: 403,
    status: 'PERMISSION_DENIED',
    message: 'The domain administrators have disabled Gmail apps.',
    reason: 'domainPolicy',
  });

/** 429 as Gmail words it when one account has too many requests in flight. */
export const tooManyConcurrentRequests = (): Response =>
  googleError({
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'Too many concurrent requests for user',
    reason: 'rateLimitExceeded',
  });

const errorInfo = (reason: string, metadata: Record<string, string> = {}): Record<string, unknown> => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
});

const plain: Record<number, [status: string, reason: string, message: string]> = {
  400: ['INVALID_ARGUMENT', 'badRequest', 'Request contains an invalid argument.'],
  403: ['PERMISSION_DENIED', 'forbidden', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'notFound', 'Requested entity was not found.'],
  429: ['RESOURCE_EXHAUSTED', 'rateLimitExceeded', 'Quota exceeded for quota metric.'],
  500: ['INTERNAL', 'backendError', 'Internal error encountered.'],
  503: ['UNAVAILABLE', 'backendError', 'The service is currently unavailable.'],
};

/** What an API answers with this status when nothing more is known; 401 is `invalidCredentials`. */
export const plainError = (code: number, headers: Record<string, string> = {}): Response => {
  if (code === 401) return invalidCredentials();
  const [status, reason, message] = plain[code] ?? ['UNKNOWN', 'backendError', 'Unknown Error.'];
  return googleError({ code, status, reason, message, headers });
};
