// The credential of an HTTP request, and the person that `Postern-Identifier` names → one account key, or a refusal. The
// realm always comes from the credential. A service key without a person is left to the route to accept or refuse.
import type { Clock } from '../lib/clock.ts';
import { identifierSchema } from '../model/account-key.ts';
import type { Caller, LinkPolicy } from '../model/caller.ts';
import type { ApiKeyRecord, ApiKeyStore, SessionStore } from '../storage/index.ts';
import type { AccessTokens } from './access-tokens.ts';
import { matchesRecord, type PresentedToken, parseToken } from './credentials.ts';
import { createNoteKeyUse, type NoteKeyUse } from './key-uses.ts';

export type IdentifierReading =
  | { readonly kind: 'identifier'; readonly identifier: string }
  | { readonly kind: 'malformed'; readonly description: string };

const visibleAscii = /^[\x20-\x7e]*$/;
const brokenEscape = /%(?![0-9a-f]{2})/i;

const malformed = (description: string): IdentifierReading => ({ kind: 'malformed', description });

/**
 * Reads an identifier as it stands in the `Postern-Identifier` header or in a path: percent-encoded UTF-8, decoded once.
 * A comma is refused before decoding: HTTP joins two headers of one name with ", " (RFC 9110 §5.3).
 * @returns the decoded identifier, or a sentence that says what is wrong (it never repeats the value).
 */
export const readIdentifier = (encoded: string): IdentifierReading => {
  if (encoded.includes(',')) return malformed('must be sent once, and must not contain a comma');
  if (!visibleAscii.test(encoded)) return malformed('must be percent-encoded UTF-8, as encodeURIComponent writes it');
  if (brokenEscape.test(encoded)) return malformed('has a "%" that is not followed by two hexadecimal digits');
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    return malformed('is not valid UTF-8 after percent-decoding');
  }
  const parsed = identifierSchema.safeParse(decoded);
  if (parsed.success) return { kind: 'identifier', identifier: parsed.data };
  return malformed(parsed.error.issues[0]?.message ?? 'is not an identifier');
};

export interface Refusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 403 | 503;
  readonly error: string;
  readonly description: string;
  /** When another try makes sense. */
  readonly retryAfterSeconds?: number;
}

export type Authentication =
  /** `keyId`: the key that the credential is or stands on; an access token has none. */
  | { readonly kind: 'caller'; readonly caller: Caller; readonly keyId: string | undefined }
  /** A service key that names nobody: enough for /api/v1, not for /mcp. */
  | {
      readonly kind: 'service';
      readonly realm: string;
      readonly keyId: string;
      readonly linkPolicy: LinkPolicy;
      /** What accounts get that are made with the key. */
      readonly connection?: string;
    }
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
const invalidToken = refused(401, 'invalid_token', 'The credential is not valid, has expired, or was revoked.');

const bearerOf = (authorization: string): string | undefined => /^bearer +([^\s,]+)$/i.exec(authorization)?.[1];

/**
 * What is looked up in a store before anything of it is proven: the key or session token of this header, however it is
 * spaced. Undefined for an access token, of which the signature is checked first, and for what is no credential.
 */
export const storedCredentialIn = (authorization: string): string | undefined =>
  parseToken(bearerOf(authorization) ?? '')?.text;

/** How links are checked that are made with a key. */
export const linkPolicyOf = (record: ApiKeyRecord): LinkPolicy => {
  if (record.unverifiedLinks) return 'unverified';
  return record.verifyUrl === undefined ? 'pinned' : 'verify_url';
};

/** A credential that is one person's: the header may repeat their name, and no other. */
const forOnePerson = (caller: Caller, keyId: string | undefined, named: string | null): Authentication => {
  const reading = named === null ? undefined : readIdentifier(named);
  if (reading === undefined || (reading.kind === 'identifier' && reading.identifier === caller.key.identifier))
    return { kind: 'caller', caller, keyId };
  const what = caller.credential.replace('_', ' ');
  return refused(403, 'identifier_forbidden', `This ${what} belongs to another person than Postern-Identifier names.`);
};

const callerOf = (record: ApiKeyRecord, credential: Caller['credential'], identifier: string): Caller => {
  const { realm, connection, id: apiKeyId } = record;
  return { key: { realm, identifier }, credential, linkPolicy: linkPolicyOf(record), connection, apiKeyId };
};

const forServiceKey = (record: ApiKeyRecord, named: string | null): Authentication => {
  if (named === null) {
    const { realm, id: keyId, connection } = record;
    return { kind: 'service', realm, keyId, linkPolicy: linkPolicyOf(record), connection };
  }
  const reading = readIdentifier(named);
  if (reading.kind === 'malformed')
    return refused(400, 'identifier_invalid', `The Postern-Identifier header ${reading.description}.`);
  const caller = callerOf(record, 'service_key', reading.identifier);
  return { kind: 'caller', caller, keyId: record.id };
};

/** The key a credential stands on, and for a session token whose it is; undefined unless both are in force. */
const findCredential = async (
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

/** An API key or a session token, of which a store knows the hash. */
const withStoredCredential = async (
  stores: CredentialStores,
  noteUse: NoteKeyUse,
  presented: PresentedToken,
  named: string | null,
  now: number,
): Promise<Authentication> => {
  const found = await findCredential(stores, presented, now);
  if (found === undefined) return invalidToken;
  const { record, sessionOf } = found;
  noteUse(record, now);
  if (sessionOf !== undefined) return forOnePerson(callerOf(record, 'session_token', sessionOf), record.id, named);
  if (record.kind === 'service') return forServiceKey(record, named);
  if (record.identifier === undefined) return invalidToken;
  return forOnePerson(callerOf(record, 'user_key', record.identifier), record.id, named);
};

const withAccessToken = async (
  accessTokens: AccessTokens,
  token: string,
  named: string | null,
): Promise<Authentication> => {
  const reading = await accessTokens(token);
  switch (reading.kind) {
    case 'accepted':
      return forOnePerson(reading.caller, undefined, named);
    case 'refused':
      return invalidToken;
    case 'issuer_unavailable': {
      const description = 'The issuer of this access token cannot be asked for its keys.';
      return {
        ...refused(503, 'issuer_unavailable', description),
        retryAfterSeconds: reading.retryAfterSeconds,
      };
    }
  }
};

/**
 * Builds the check of `Authorization: Bearer …` and `Postern-Identifier`.
 * The result never rejects for a bad credential; it does for a store that cannot be read.
 * @param accessTokens undefined: keys and session tokens only.
 */
export const createAuthenticator = (
  stores: CredentialStores,
  clock: Clock,
  accessTokens?: AccessTokens,
): Authenticate => {
  const noteUse = createNoteKeyUse(stores.apiKeys);
  return async (headers) => {
    const authorization = headers.get('authorization');
    if (authorization === null) return refused(401, 'authentication_required', 'This request needs a credential.');
    const text = bearerOf(authorization);
    if (text === undefined) return invalidToken;
    const named = headers.get('postern-identifier');
    const presented = parseToken(text);
    if (presented !== undefined) return withStoredCredential(stores, noteUse, presented, named, clock.now());
    if (accessTokens === undefined) return invalidToken;
    return withAccessToken(accessTokens, text, named);
  };
};
