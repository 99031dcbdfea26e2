// Errors that any route may answer: what is wrong with the credential, the request as such, limits, and Postern's own state.
import { type DescribedError, problem, type RouteDescription } from './description.ts';

/** What is answered before anybody looks at the route. */
const ofEveryRequest: readonly DescribedError[] = [
  { status: 403, error: 'host_forbidden', when: 'The host name is not that of `POSTERN_PUBLIC_URL`.' },
  { status: 403, error: 'origin_forbidden', when: "Another site's page in a browser sent the request." },
  problem('internal', 'A defect of Postern; its log says more.'),
];

const ofCredentials: readonly DescribedError[] = [
  { status: 400, error: 'identifier_invalid', when: 'The `Postern-Identifier` header is malformed.' },
  { status: 401, error: 'authentication_required', when: 'No credential was sent.' },
  { status: 401, error: 'invalid_token', when: 'The credential is malformed, unknown, expired or revoked.' },
  { status: 403, error: 'service_key_required', when: 'The credential is none that this route takes.' },
  {
    status: 403,
    error: 'identifier_forbidden',
    when: '`Postern-Identifier` names another person than the request or the credential.',
  },
  { status: 429, error: 'too_many_requests', when: 'The key asked for more than its limits allow.' },
  { status: 429, error: 'too_many_failures', when: 'The network address sent many bad credentials.' },
  { status: 503, error: 'issuer_unavailable', when: "An access token was sent, and its issuer's keys cannot be read." },
  problem('row_refused', 'What is stored about the account was changed by something else than Postern.'),
  problem('storage_busy', 'The database is busy.'),
  problem('storage_full', 'The disk of the database is full.'),
];

const ofBodies: readonly DescribedError[] = [
  problem(
    'invalid_input',
    'The body, or the identifier in the path, is not as described. The message names the field.',
  ),
  problem('too_large', 'The body has more than 64 KB.'),
];

const ofIdempotencyKeys: readonly DescribedError[] = [
  {
    status: 409,
    error: 'idempotency_in_progress',
    when: 'A request with this `Idempotency-Key` is not answered yet; `Retry-After` says when to ask again.',
  },
  { status: 422, error: 'idempotency_key_reused', when: 'This `Idempotency-Key` was sent with another body before.' },
];

const ofIdentifiers: readonly DescribedError[] = [problem('invalid_input', 'The identifier in the path is malformed.')];

/** POST requests but calls of tools, which only read. */
export const takesIdempotencyKeys = ({ method, path }: Pick<RouteDescription, 'method' | 'path'>): boolean =>
  method === 'post' && !path.includes('/tools/');

/** The errors that come to a route's own: by its credentials, and whether it reads a body or a person's name. */
export const commonErrors = ({
  method,
  credentials,
  body,
  path,
}: Pick<RouteDescription, 'method' | 'credentials' | 'body' | 'path'>): readonly DescribedError[] => {
  const ofInput = body !== undefined ? ofBodies : path.includes('{identifier}') ? ofIdentifiers : [];
  const ofKeys = takesIdempotencyKeys({ method, path }) ? ofIdempotencyKeys : [];
  return [...(credentials.length === 0 ? [] : ofCredentials), ...ofInput, ...ofKeys, ...ofEveryRequest];
};
