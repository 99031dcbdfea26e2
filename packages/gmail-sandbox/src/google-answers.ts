// JSON answers of Google's APIs and of its token endpoint: errors in their shape, and partial responses (`fields`).
/** JSON as Google prints it: indented by two spaces, with its headers. */
export const googleJson = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'cache-control': 'private',
      vary: 'Origin, X-Origin, Referer',
      ...headers,
    },
  });

interface ErrorParts {
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
const googleError = (parts: ErrorParts): Response => {
  const { code, message, status, reason, location, details } = parts;
  const first = {
    message: parts.shortMessage ?? message,
    domain: 'global',
    reason,
    location,
    locationType: location === undefined ? undefined : 'header',
  };
  return googleJson({ error: { code, message, errors: [first], status, details } }, code, parts.headers);
};

/** The `reason` of `errors[0]` and the HTTP status and `status` word that Google sends with it. */
const errorKinds = {
  notFound: { code: 404, status: 'NOT_FOUND' },
  invalidArgument: { code: 400, status: 'INVALID_ARGUMENT' },
  failedPrecondition: { code: 400, status: 'FAILED_PRECONDITION' },
  forbidden: { code: 403, status: 'PERMISSION_DENIED' },
} as const;

/** Something Google answers with an error; caught by the routes. */
export class GoogleError extends Error {
  readonly reason: keyof typeof errorKinds;

  constructor(reason: keyof typeof errorKinds, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The answer for an error. */
export const googleErrorResponse = ({ reason, message }: GoogleError): Response =>
  googleError({ ...errorKinds[reason], message, reason });

export const notFound = (): GoogleError => new GoogleError('notFound', 'Requested entity was not found.');

/** For an account without a mailbox. */
export const mailServiceNotEnabled = (): Response => failedPrecondition('Mail service not enabled');

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

/** 403 for a valid token without any of the scopes the method accepts. */
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

const errorInfo = (reason: string, metadata?: Record<string, string>): Record<string, unknown> => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata,
});

const answerOfStatus: Record<number, [status: string, reason: string, message: string]> = {
  400: ['INVALID_ARGUMENT', 'badRequest', 'Request contains an invalid argument.'],
  403: ['PERMISSION_DENIED', 'forbidden', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'notFound', 'Requested entity was not found.'],
  429: ['RESOURCE_EXHAUSTED', 'rateLimitExceeded', 'Quota exceeded for quota metric.'],
  500: ['INTERNAL', 'backendError', 'Internal error encountered.'],
  503: ['UNAVAILABLE', 'backendError', 'The service is currently unavailable.'],
};

/** What an API answers with this status when nothing more is known; 401 is `invalidCredentials`. */
export const statusError = (code: number, headers: Record<string, string> = {}): Response => {
  if (code === 401) return invalidCredentials();
  const [status, reason, message] = answerOfStatus[code] ?? ['UNKNOWN', 'backendError', 'Unknown Error.'];
  return googleError({ code, status, reason, message, headers });
};

/** An error of RFC 6749 §5.2 as Google's token endpoint sends it. */
export const oauthError = (
  status: number,
  error: string,
  description?: string,
  more: { error_subtype?: string } = {},
): Response => oauthJson({ error, error_description: description, ...more }, status);

export const oauthJson = (body: Record<string, unknown>, status = 200): Response =>
  Response.json(body, {
    status,
    headers: { 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate', pragma: 'no-cache' },
  });

/** Names to keep, each with what to keep below it; `all` keeps everything below. */
type Mask = 'all' | Map<string, Mask>;

/**
 * Keeps what the mask names.
 * @param fields the parameter's value; undefined or empty keeps everything
 * @throws GoogleError (400) for a mask that cannot be read
 */
export const applyFields = (body: unknown, fields: string | undefined): unknown =>
  fields === undefined || fields === '' ? body : (keep(body, parseMask(fields)) ?? {});

const parseMask = (fields: string): Mask => {
  const tokens = fields.match(/[\w-]+|\*|[/(),]|\S/g) ?? [];
  let at = 0;
  const fail = () => new GoogleError('invalidArgument', `Invalid field selection ${fields}`);

  const parseList = (depth: number): Map<string, Mask> => {
    const mask = new Map<string, Mask>();
    do parseItem(mask, depth);
    while (tokens[at] === ',' && at++ >= 0);
    return mask;
  };

  const parseItem = (into: Map<string, Mask>, depth: number): void => {
    const name = tokens[at++] ?? '';
    if (depth > 50 || !/^([\w-]+|\*)$/.test(name)) throw fail();
    let below: Mask = 'all';
    if (tokens[at] === '/') {
      at++;
      below = new Map();
      parseItem(below, depth + 1);
    } else if (tokens[at] === '(') {
      at++;
      below = parseList(depth + 1);
      if (tokens[at++] !== ')') throw fail();
    }
    into.set(name, merge(into.get(name), below));
  };

  const mask = parseList(0);
  if (at < tokens.length) throw fail();
  return mask;
};

/** `a/b,a/c` is the same as `a(b,c)`. */
const merge = (one: Mask | undefined, other: Mask): Mask => {
  if (one === undefined) return other;
  if (one === 'all' || other === 'all') return 'all';
  for (const [name, mask] of other) one.set(name, merge(one.get(name), mask));
  return one;
};

/** The kept part of a value, or undefined when nothing of it is kept. */
const keep = (value: unknown, mask: Mask): unknown => {
  if (mask === 'all') return value;
  if (Array.isArray(value)) {
    const kept = value.map((item) => keep(item, mask) ?? {});
    return kept.some((item) => Object.keys(Object(item)).length > 0) ? kept : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const kept = Object.entries(value).flatMap(([name, item]) => {
    const below = mask.get(name) ?? mask.get('*');
    const part = below === undefined ? undefined : keep(item, below);
    return part === undefined ? [] : [[name, part] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};
