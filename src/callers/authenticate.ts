// The credential of an HTTP request → one account key, or a refusal (RFC 6750). The realm always comes from
// the credential. Knows nothing of routes; a service key without a person is left to the route to accept or refuse.
import type { Caller, LinkPolicy } from '../model/caller.ts';
import type { Clock } from '../model/clock.ts';
import type { ApiKeyRecord, ApiKeyStore, SessionStore } from '../storage/index.ts';
import { readIdentifier } from './postern-identifier.ts';
import { matchesRecord, type PresentedToken, parseToken } from './secret-token.ts';

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

/** Where keys and session tokens are kept. */
export interface CredentialStores {
  readonly apiKeys: ApiKeyStore;
  readonly sessions: SessionStore;
}

const refused = (status: Refusal['status'], error: string, description: string): Refusal => ({
  kind: 'refused',
  status,
  error,
  description,
});

// One answer for malformed, unknown, expired and revoked credentials: the difference would help only somebody who guesses.
const invalidToken = refused(
  401,
  'invalid_token',
  'The key or session token is not valid, has expired, or was revoked.',
);

const bearerOf = (authorization: string): string | undefined => /^bearer +([^\s,]+)$/i.exec(authorization)?.[1];

const linkPolicyOf = (record: ApiKeyRecord): LinkPolicy => {
  if (record.unverifiedLinks) return 'unverified';
  return record.verifyUrl === undefined ? 'pinned' : 'verify_url';
};

/** A credential that is one person's: the header may repeat their name, and no other. */
const forOnePerson = (
  record: ApiKeyRecord,
  { credential, identifier }: { readonly credential: 'user_key' | 'session_token'; readonly identifier: string },
  named: string | null,
): Authentication => {
  const reading = named === null ? undefined : readIdentifier(named);
  if (reading !== undefined && (reading.kind === 'malformed' || reading.identifier !== identifier)) {
    const what = credential === 'user_key' ? 'user key' : 'session token';
    return refused(
      403,
      'identifier_forbidden',
      `This ${what} belongs to another person than Postern-Identifier names.`,
    );
  }
  const caller = callerOf(record, credential, identifier);
  return { kind: 'caller', caller, keyRealm: record.realm, keyId: record.id };
};

const callerOf = (record: ApiKeyRecord, credential: Caller['credential'], identifier: string): Caller => {
  const linkPolicy = linkPolicyOf(record);
  const confirms = linkPolicy === 'verify_url' ? { apiKeyId: record.id } : {};
  return { key: { realm: record.realm, identifier }, credential, linkPolicy, ...confirms };
};

const forServiceKey = (record: ApiKeyRecord, named: string | null): Authentication => {
  if (named === null)
    return { kind: 'service', realm: record.realm, keyId: record.id, linkPolicy: linkPolicyOf(record) };
  const reading = readIdentifier(named);
  if (reading.kind === 'malformed')
    return refused(400, 'identifier_invalid', `The Postern-Identifier header ${reading.description}.`);
  const caller = callerOf(record, 'service_key', reading.identifier);
  return { kind: 'caller', caller, keyRealm: record.realm, keyId: record.id };
};

/** The key a credential stands on, and for a session token whose it is; undefined unless both are in force. */
const proven = async (
  { apiKeys, sessions }: CredentialStores,
  presented: PresentedToken,
  now: number,
): Promise<{ record: ApiKeyRecord; sessionOf?: string } | undefined> => {
  if (presented.kind !== 'session') {
    const record = await apiKeys.find(presented.id);
    return matchesRecord(presented, record) && record.revokedAt === undefined ? { record } : undefined;
  }
  const session = await sessions.find(presented.id);
  if (!matchesRecord(presented, session) || session.expiresAt <= now) return undefined;
  const record = await apiKeys.find(session.apiKeyId);
  if (record === undefined || record.revokedAt !== undefined || record.realm !== session.key.realm) return undefined;
  return { record, sessionOf: session.key.identifier };
};

/**
 * Builds the check of `Authorization: Bearer <API key or session token>` and `Postern-Identifier`.
 * The result never rejects for a bad credential; it does for a store that cannot be read.
 */
export const createAuthenticator = (stores: CredentialStores, clock: Clock): Authenticate => {
  return async (headers) => {
    const authorization = headers.get('authorization');
    if (authorization === null)
      return refused(401, 'authentication_required', 'This request needs a key or a session token.');
    const presented = parseToken(bearerOf(authorization) ?? '');
    const found = presented === undefined ? undefined : await proven(stores, presented, clock.now());
    if (found === undefined) return invalidToken;
    const { record, sessionOf } = found;
    // Only informative: a store too busy to note the use must not fail the call.
    void stores.apiKeys.markUsed(record.id, clock.now()).catch(() => undefined);
    const named = headers.get('postern-identifier');
    if (sessionOf !== undefined)
      return forOnePerson(record, { credential: 'session_token', identifier: sessionOf }, named);
    if (record.kind === 'service') return forServiceKey(record, named);
    if (record.identifier === undefined) return invalidToken;
    return forOnePerson(record, { credential: 'user_key', identifier: record.identifier }, named);
  };
};

/** The `WWW-Authenticate` value for a refusal (RFC 6750 §3: no error code where no credential was sent). */
export const challengeFor = (refusal: Refusal): string =>
  refusal.error === 'authentication_required'
    ? 'Bearer realm="postern"'
    : `Bearer realm="postern", error="${refusal.error}"`;
