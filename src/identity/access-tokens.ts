// OAuth access tokens (JWT, RFC 9068) → one account key and scopes, or refused. The issuer alone decides the realm.
// Google’s tokens are refused like those of any unknown issuer.
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { isUnverifiedAddress } from '../lib/e-mail-address.ts';
import { type AccountKey, identifierSchema } from '../model/account-key.ts';
import type { Caller, LinkPolicy } from '../model/caller.ts';
import { isMcpScope, type McpScope, mcpScopes } from '../model/mcp-scope.ts';
import { IssuerUnavailableError } from './issuer-keys.ts';

/** The private claim of the embedded authorization server's tokens: the hash of the grant that they stand on. */
const grantClaim = 'postern_grant';

export interface TrustedIssuer {
  /** As it stands in `iss`, exactly. */
  readonly issuer: string;
  readonly realm: string;
  /** What stands in `aud`, alone or among others (RFC 8707 §2). */
  readonly audience: string;
  readonly identifierClaim: string;
  readonly keys: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  /** `at+jwt` is demanded (RFC 9068 §2.1). Else `JWT` or no `typ` will do too, as many issuers have it. */
  readonly typed: boolean;
  /** What may stand before our scopes in a token; empty: nothing. */
  readonly scopePrefix: string;
  /** How far the issuer's clock may differ from ours. */
  readonly clockToleranceSeconds: number;
  readonly linkPolicy: LinkPolicy;
  /** Embedded only: whether what the token stands on is still there. */
  readonly isStillValid?: (token: {
    readonly key: AccountKey;
    readonly grantHash: string | undefined;
  }) => Promise<boolean>;
}

export type AccessTokenReading =
  | { readonly kind: 'accepted'; readonly caller: Caller }
  | { readonly kind: 'refused' }
  | { readonly kind: 'issuer_unavailable'; readonly retryAfterSeconds: number };

/** Reads one token. Rejects only when a store of ours cannot be read. */
export type AccessTokens = (token: string) => Promise<AccessTokenReading>;

/** Which check a token of a trusted issuer did not pass; nothing of the token itself. */
export type AccessTokenLog = (entry: {
  readonly event: 'access_token_refused';
  /** Absent for a token of nobody we trust. */
  readonly issuer?: string;
  readonly check: string;
}) => void;

const refused: AccessTokenReading = { kind: 'refused' };

/** `iss` and `typ` as they stand there, before anything is verified; undefined for everything that is no signed JWT. */
const unverifiedIssuerAndType = (token: string): { readonly issuer: unknown; readonly type: unknown } | undefined => {
  try {
    return { issuer: decodeJwt(token).iss, type: decodeProtectedHeader(token).typ };
  } catch {
    return undefined;
  }
};

const hasType = (type: unknown, typed: boolean): boolean => {
  if (type === undefined) return !typed;
  if (typeof type !== 'string') return false;
  const short = type.toLowerCase().replace(/^application\//, '');
  return short === 'at+jwt' || (!typed && short === 'jwt');
};

/** Space-separated `scope` (RFC 9068 §2.2.3), or `scp`, which Okta writes as a list and Entra as a string. */
const scopeWords = ({ scope, scp }: JWTPayload): string[] | undefined => {
  const written = scope ?? scp;
  if (typeof written === 'string') return written.split(' ');
  return Array.isArray(written) ? written.filter((word) => typeof word === 'string') : undefined;
};

/**
 * What shows that a signed JWT is something else than a bearer's access token: an id_token (OpenID Connect Core §2,
 * §3.3.2.11; it has no scope), another kind by the word that Keycloak writes into the payload (its older versions put
 * a nonce into access tokens too), or a token bound to a key that nobody proves here (RFC 7800 §3).
 */
const foreignKind = (claims: JWTPayload): string | undefined => {
  const { typ: kind, cnf } = claims;
  if (kind !== undefined && kind !== 'Bearer') return 'typ';
  const idTokenClaim = ['nonce', 'at_hash', 'c_hash'].find((claim) => Object.hasOwn(claims, claim));
  if (kind === undefined && idTokenClaim !== undefined) return idTokenClaim;
  if (cnf !== undefined) return 'cnf';
  return scopeWords(claims) === undefined ? 'scope' : undefined;
};

/** The claim as an identifier; an address that the issuer itself calls unverified is nobody's name. */
const identifierOf = (claims: JWTPayload, claim: string): string | undefined => {
  if (isUnverifiedAddress(claims, claim)) return undefined;
  return identifierSchema.safeParse(claims[claim]).data;
};

const scopesOf = (claims: JWTPayload, prefix: string): McpScope[] => {
  const words = (scopeWords(claims) ?? []).map((word) => (word.startsWith(prefix) ? word.slice(prefix.length) : word));
  const given = new Set(words.filter(isMcpScope));
  return mcpScopes.filter((scope) => given.has(scope));
};

/** What failed, in the words of the standards; never a value out of the token. */
const checkOf = (error: errors.JOSEError): string =>
  error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired ? error.claim : error.code;

const verifiedClaims = async (token: string, issuer: TrustedIssuer, clock: Clock): Promise<JWTPayload> => {
  const { payload } = await jwtVerify(token, issuer.keys, {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: [...issuer.algorithms],
    requiredClaims: ['exp', 'iat'],
    clockTolerance: issuer.clockToleranceSeconds,
    currentDate: new Date(clock.now()),
  });
  return payload;
};

/**
 * How far the processes of one Postern may differ: each knows the database's time to a part of a second, a token has whole
 * ones, and a standby that took over has a time of its own. A client calls with a token as soon as it has it.
 */
const processesDifferSeconds = 5;

/** The library looks at `exp` and `nbf` alone: a token that says that it is yet to be made was made by no clock of ours. */
const isFromTheFuture = ({ iat }: JWTPayload, { clockToleranceSeconds }: TrustedIssuer, clock: Clock): boolean =>
  iat === undefined || iat > clock.now() / 1000 + Math.max(clockToleranceSeconds, processesDifferSeconds);

/** What the claims of a token with a good signature say, or the check that they do not pass. */
const callerOf = async (
  claims: JWTPayload,
  issuer: TrustedIssuer,
  clock: Clock,
): Promise<Caller | { readonly check: string }> => {
  const foreign = foreignKind(claims);
  if (foreign !== undefined) return { check: foreign };
  if (isFromTheFuture(claims, issuer, clock)) return { check: 'iat' };
  const identifier = identifierOf(claims, issuer.identifierClaim);
  if (identifier === undefined) return { check: issuer.identifierClaim };
  const key = { realm: issuer.realm, identifier };
  const grant = claims[grantClaim];
  const grantHash = typeof grant === 'string' ? grant : undefined;
  const good = await (issuer.isStillValid?.({ key, grantHash }) ?? true);
  if (!good) return { check: grantClaim };
  return {
    key,
    credential: 'access_token',
    linkPolicy: issuer.linkPolicy,
    scopes: scopesOf(claims, issuer.scopePrefix),
  };
};

/**
 * The check of access tokens. The issuer is chosen by the unverified `iss`, so that a token of nobody we trust costs
 * neither a look into a store nor a request; then signature, `aud`, `exp`, `nbf` and `iat` are checked by our clock.
 */
export const createAccessTokens = (
  issuers: readonly TrustedIssuer[],
  clock: Clock,
  log: AccessTokenLog,
): AccessTokens => {
  const byIssuer = new Map<unknown, TrustedIssuer>(issuers.map((issuer) => [issuer.issuer, issuer]));
  const realms = new Set(issuers.map(({ realm }) => realm));
  if (byIssuer.size < issuers.length || realms.size < issuers.length)
    throw new TypeError('two issuers must not share a name or a realm');

  return async (token) => {
    const unverified = unverifiedIssuerAndType(token);
    const issuer = byIssuer.get(unverified?.issuer);
    if (unverified === undefined) return refused;
    if (issuer === undefined) {
      log({ event: 'access_token_refused', check: 'iss' });
      return refused;
    }
    const refuse = (check: string): AccessTokenReading => {
      log({ event: 'access_token_refused', issuer: issuer.issuer, check });
      return refused;
    };
    if (!hasType(unverified.type, issuer.typed)) return refuse('typ');
    let claims: JWTPayload;
    try {
      claims = await verifiedClaims(token, issuer, clock);
    } catch (error) {
      if (error instanceof IssuerUnavailableError)
        return { kind: 'issuer_unavailable', retryAfterSeconds: error.retryAfterSeconds };
      if (error instanceof errors.JOSEError) return refuse(checkOf(error));
      throw error;
    }
    const caller = await callerOf(claims, issuer, clock);
    return 'check' in caller ? refuse(caller.check) : { kind: 'accepted', caller };
  };
};
