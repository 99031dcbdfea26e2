// Errors as HTTP answers: {error, message, who, next}, the same shape everywhere. Nothing internal is ever part of one.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Refusal } from '../identity/authenticate.ts';
import { type McpScope, mcpScopes, mcpScopeText } from '../model/mcp-scope.ts';
import { type Difference, explainProblem, type Fixer, type Problem } from '../model/problem.ts';
import type { BatchTooLarge, Busy } from './limits/call-limits.ts';

export interface HttpError {
  readonly status: ContentfulStatusCode;
  /** For programs: stable, snake_case. */
  readonly error: string;
  readonly message: string;
  readonly who: Fixer;
  readonly next: string;
  /** Where an account is not as a request says. */
  readonly differences?: readonly Difference[];
  /** Where a call of a tool failed: the name under which the log has it. */
  readonly execution_id?: string;
  /** Where the person can mend it for themselves. */
  readonly authorizationRequired?: object;
}

/** The answer for an error; never cached. */
export const errorResponse = (c: Context, { status, ...body }: HttpError): Response =>
  c.json(body, status, { 'Cache-Control': 'no-store' });

const statusOf: Readonly<Record<Problem['kind'], ContentfulStatusCode>> = {
  authorization_required: 409,
  link_not_verifiable: 409,
  account_differs: 409,
  too_many_links: 429,
  return_url_not_registered: 400,
  link_pages_unavailable: 503,
  no_mailbox: 409,
  no_directory: 409,
  domain_policy: 409,
  client_invalid: 500,
  operator_client_changed: 409,
  connection_unavailable: 503,
  capability_not_allowed: 409,
  many_grants_refused: 503,
  api_not_enabled: 500,
  sealing_key_missing: 500,
  row_refused: 500,
  rate_limited: 429,
  google_unavailable: 503,
  deadline_exceeded: 504,
  cancelled: 503,
  storage_busy: 503,
  storage_full: 503,
  not_found: 404,
  attachment_cut: 422,
  invalid_input: 400,
  page_token_invalid: 400,
  too_large: 413,
  too_costly: 422,
  busy: 503,
  request_refused: 502,
  internal: 500,
};

export const problemStatus = ({ kind }: Pick<Problem, 'kind'>): ContentfulStatusCode => statusOf[kind];

/** A problem of the model in HTTP's words. */
export const problemResponse = (c: Context, problem: Problem): Response => {
  const { what, fixer, next } = explainProblem(problem);
  const error = { status: problemStatus(problem), error: problem.kind, message: what, who: fixer, next };
  return errorResponse(c, { ...error, ...factsOf(problem) });
};

/** What a program can use of a problem beside its words. */
const factsOf = (problem: Problem): Pick<HttpError, 'differences'> =>
  problem.kind === 'account_differs' ? { differences: problem.differences } : {};

/** How clients find out where to sign in, and what to ask for there. */
export interface SignInHint {
  /** The address of the protected resource metadata. */
  readonly resourceMetadata: string;
  /** What clients need for everything this server offers. */
  readonly scopes: readonly McpScope[];
  /** What stands before a scope where clients ask for it: some issuers want their API's name there. */
  readonly scopePrefix: string;
}

/** Scopes as clients ask their issuer for them, separated by spaces (RFC 6749 §3.3). */
const scopeText = (scopes: readonly McpScope[], prefix: string): string =>
  scopes.map((scope) => prefix + scope).join(' ');

const bearer = (parameters: Readonly<Record<string, string | undefined>>): string =>
  `Bearer ${Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;

/**
 * The challenge of a 401; without an error code where no credential was sent (RFC 6750 §3.1).
 * @param hint undefined: nobody signs in here, keys only.
 */
export const challengeFor = ({ error }: Refusal, hint?: SignInHint): string =>
  bearer({
    realm: 'postern',
    error: error === 'authentication_required' ? undefined : error,
    resource_metadata: hint?.resourceMetadata,
    scope: hint && scopeText(hint.scopes, hint.scopePrefix),
  });

/**
 * The challenge of a 403 for a token that lacks scopes. The MCP specification lets a server name those already
 * granted too; clients of revision 2025-11-25 ask for exactly what stands here, and would else lose the others.
 */
const insufficientScopeChallenge = (
  scopes: readonly McpScope[],
  description: string,
  { resourceMetadata, scopePrefix }: SignInHint,
): string =>
  bearer({
    error: 'insufficient_scope',
    scope: scopeText(scopes, scopePrefix),
    resource_metadata: resourceMetadata,
    error_description: description,
  });

const sendKey =
  'Send `Authorization: Bearer <key>` with a key made by `postern api-keys create`, or a new session token';

const refusalNext = ({ status, retryAfterSeconds }: Refusal, hint: SignInHint | undefined): string => {
  switch (status) {
    case 400:
      return 'Correct the header and send the request again.';
    case 401:
      return hint === undefined
        ? `${sendKey}.`
        : `Sign in as ${hint.resourceMetadata} says; MCP clients do that by themselves. Or: ${sendKey}.`;
    case 403:
      return 'Leave Postern-Identifier out, or use the credential that belongs to this person.';
    case 503:
      return `Try again in ${retryAfterSeconds ?? 1} seconds.`;
  }
};

/**
 * A refused credential; with `WWW-Authenticate` where one is asked for (RFC 9110 §11.6.1).
 * @param hint where clients sign in for this route; undefined: nowhere.
 */
export const refusalResponse = (c: Context, refusal: Refusal, hint?: SignInHint): Response => {
  const { status, error, description, retryAfterSeconds } = refusal;
  if (status === 401) c.header('WWW-Authenticate', challengeFor(refusal, hint));
  if (retryAfterSeconds !== undefined) c.header('Retry-After', String(retryAfterSeconds));
  const who = status === 503 ? 'nobody, wait' : 'the caller';
  return errorResponse(c, { status, error, message: description, who, next: refusalNext(refusal, hint) });
};

/** What a client is allowed, what it tried, and where it may ask for more. */
export interface ScopeShortage {
  readonly granted: readonly McpScope[];
  readonly needed: readonly McpScope[];
  readonly hint: SignInHint;
}

/** A good access token that does not allow what was called: the client asks the person for more (RFC 6750 §3.1). */
export const insufficientScopeResponse = (c: Context, { granted, needed, hint }: ScopeShortage): Response => {
  const missing = needed.filter((scope) => !granted.includes(scope));
  const wanted = mcpScopes.filter((scope) => granted.includes(scope) || needed.includes(scope));
  const message = `This client was not allowed to ${missing.map(mcpScopeText).join(' and ')}.`;
  c.header('WWW-Authenticate', insufficientScopeChallenge(wanted, message, hint));
  return errorResponse(c, {
    status: 403,
    error: 'insufficient_scope',
    message,
    who: 'the person',
    next: `Sign in again and agree to ${wanted.join(' ')}; MCP clients ask for that by themselves.`,
  });
};

/** What a limit of calls says. */
export const busyText: Readonly<Record<Busy['kind'], string>> = {
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
export const busyResponse = (c: Context, busy: Busy | BatchTooLarge): Response => {
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
