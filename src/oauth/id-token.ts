// Google's ID tokens: whose Google account a token response is about.
import { z } from 'zod';

/** OpenID Connect Core §2, with Google's `hd`. */
const claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string().optional(),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  nonce: z.string().optional(),
  sub: z.string().min(1).max(255),
  email: z.string().min(3),
  email_verified: z.union([z.boolean(), z.enum(['true', 'false'])]).optional(),
  hd: z.string().min(1).optional(),
});

export interface VerifiedIdentity {
  readonly sub: string;
  readonly email: string;
  /** Google vouches that the person controls the address; only then may a pin on it match. */
  readonly emailVerified: boolean;
  readonly hostedDomain?: string;
}

/** Clocks of two machines may differ; in seconds. */
const allowedSkew = 60;
/** A laptop's clock goes wrong by more than that, and what was just made comes from its future. */
const allowedSkewOfNew = 5 * 60;
/** Seconds. It comes fresh from the token endpoint: an older one is somebody else's, or a replay (OpenID Connect Core §3.1.3.7). */
const maxIdTokenAge = 60 * 60;

/** Whether a token made then can be the one that was asked for just now. `iat` and `now` in seconds since the epoch. */
export const isFreshIdToken = (iat: number, now: number): boolean =>
  iat <= now + allowedSkewOfNew && iat >= now - maxIdTokenAge;

interface IdTokenExpectation {
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Reads an id_token that came directly from the token endpoint. Its signature is not checked: OpenID Connect Core
 * §3.1.3.7 (6) lets the TLS connection to that endpoint stand for it. `iss`, `aud`, `azp`, `exp`, `iat`,
 * `nbf` and `nonce` are checked.
 * @returns the identity, or which check failed (a word fit for a log).
 */
export const readIdToken = (
  idToken: string,
  expected: IdTokenExpectation,
):
  | { readonly kind: 'identity'; readonly identity: VerifiedIdentity }
  | { readonly kind: 'rejected'; readonly check: string } => {
  const payload = payloadOf(idToken);
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return { kind: 'rejected', check: 'claims' };
  const token = parsed.data;
  const audiences = typeof token.aud === 'string' ? [token.aud] : token.aud;
  const checks: readonly [string, boolean][] = [
    ['iss', sameIssuer(token.iss, expected.issuer)],
    ['aud', audiences.includes(expected.clientId)],
    ['azp', audiences.length === 1 || token.azp === expected.clientId],
    ['exp', token.exp + allowedSkew > expected.now / 1000],
    ['iat', isFreshIdToken(token.iat, expected.now / 1000)],
    ['nbf', token.nbf === undefined || token.nbf <= expected.now / 1000 + allowedSkewOfNew],
    ['nonce', token.nonce === expected.nonce],
  ];
  const failed = checks.find(([, passed]) => !passed);
  if (failed) return { kind: 'rejected', check: failed[0] };
  return {
    kind: 'identity',
    identity: {
      sub: token.sub,
      email: token.email,
      emailVerified: token.email_verified === true || token.email_verified === 'true',
      hostedDomain: token.hd,
    },
  };
};

/** Google documents two spellings of its issuer, with and without `https://`. */
const sameIssuer = (given: string, expected: string): boolean =>
  given.replace(/^https:\/\//, '').replace(/\/$/, '') === expected.replace(/^https:\/\//, '').replace(/\/$/, '');

const payloadOf = (jwt: string): unknown => {
  const parts = jwt.split('.');
  if (parts.length !== 3) return undefined;
  try {
    return JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};
