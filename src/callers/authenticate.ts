// The credential of an HTTP request → one account key, or a refusal (DESIGN §9, RFC 6750). The realm always comes from
// the key. Knows nothing of routes; a service key without a person is left to the route to accept or refuse.
import type { Caller, LinkPolicy } from '../model/caller.ts';
import type { Clock } from '../model/clock.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../storage/index.ts';
import { matchesRecord, parseApiKey } from './api-keys.ts';
import { readIdentifier } from './postern-identifier.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 403;
  readonly error: string;
  readonly description: string;
}

export type Authentication =
  | { readonly kind: 'caller'; readonly caller: Caller; readonly keyRealm: string; readonly keyId: string }
  /** A service key that names nobody: enough for /api/v1, not for /mcp. */
  | { readonly kind: 'service'; readonly realm: string; readonly keyId: string; readonly linkPolicy: LinkPolicy }
  | Refusal;

export type Authenticate = (headers: Headers) => Promise<Authentication>;

const refused = (status: Refusal['status'], error: string, description: string): Refusal => ({
  kind: 'refused',
  status,
  error,
  description,
});

// One answer for malformed, unknown and revoked keys: the difference would help only somebody who guesses.
const invalidToken = refused(401, 'invalid_token', 'The API key is not valid, or was revoked.');

const bearerOf = (authorization: string): string | undefined => /^bearer +([^\s,]+)$/i.exec(authorization)?.[1];

const forUserKey = (record: ApiKeyRecord, named: string | null, linkPolicy: LinkPolicy): Authentication => {
  if (record.identifier === undefined) return invalidToken;
  const reading = named === null ? undefined : readIdentifier(named);
  if (reading !== undefined && (reading.kind === 'malformed' || reading.identifier !== record.identifier))
    return refused(
      403,
      'identifier_forbidden',
      'This user key belongs to another person than Postern-Identifier names.',
    );
  const key = { realm: record.realm, identifier: record.identifier };
  return {
    kind: 'caller',
    caller: { key, credential: 'user_key', linkPolicy },
    keyRealm: record.realm,
    keyId: record.id,
  };
};

const linkPolicyOf = (record: ApiKeyRecord): LinkPolicy => {
  if (record.unverifiedLinks) return 'unverified';
  return record.verifyUrl === undefined ? 'pinned' : 'verify_url';
};

const forServiceKey = (record: ApiKeyRecord, named: string | null, linkPolicy: LinkPolicy): Authentication => {
  if (named === null) return { kind: 'service', realm: record.realm, keyId: record.id, linkPolicy };
  const reading = readIdentifier(named);
  if (reading.kind === 'malformed')
    return refused(400, 'identifier_invalid', `The Postern-Identifier header ${reading.description}.`);
  const key = { realm: record.realm, identifier: reading.identifier };
  const confirms = linkPolicy === 'verify_url' ? { apiKeyId: record.id } : {};
  const caller: Caller = { key, credential: 'service_key', linkPolicy, ...confirms };
  return { kind: 'caller', caller, keyRealm: record.realm, keyId: record.id };
};

/**
 * Builds the check of `Authorization: Bearer <API key>` and `Postern-Identifier`.
 * The result never rejects for a bad credential; it does for a store that cannot be read.
 */
export const createAuthenticator = (apiKeys: ApiKeyStore, clock: Clock): Authenticate => {
  return async (headers) => {
    const authorization = headers.get('authorization');
    if (authorization === null) return refused(401, 'authentication_required', 'This request needs an API key.');
    const presented = parseApiKey(bearerOf(authorization) ?? '');
    if (presented === undefined) return invalidToken;
    const record = await apiKeys.find(presented.id);
    if (!matchesRecord(presented, record) || record.revokedAt !== undefined) return invalidToken;
    // Only informative: a store too busy to note the use must not fail the call.
    void apiKeys.markUsed(record.id, clock.now()).catch(() => undefined);
    const linkPolicy = linkPolicyOf(record);
    const named = headers.get('postern-identifier');
    return record.kind === 'user' ? forUserKey(record, named, linkPolicy) : forServiceKey(record, named, linkPolicy);
  };
};

/** The `WWW-Authenticate` value for a refusal (RFC 6750 §3: no error code where no credential was sent). */
export const challengeFor = (refusal: Refusal): string =>
  refusal.error === 'authentication_required'
    ? 'Bearer realm="postern"'
    : `Bearer realm="postern", error="${refusal.error}"`;
