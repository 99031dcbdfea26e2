// Signs whatever claims a test wants, with a real key; and an issuer that publishes such keys as a test tells it to.
import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { TrustedIssuer } from '../../src/identity/access-tokens.ts';
import type { Clock } from '../../src/lib/clock.ts';

export const resource = 'https://postern.example.com/mcp';

export interface Signer {
  readonly jwk: JWK & { readonly kid: string };
  /** `header` and `claims` are used as they are; undefined leaves one out. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
}

const given = (values: Readonly<Record<string, unknown>>): JWTPayload =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

export const newSigner = async (alg = 'ES256'): Promise<Signer> => {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const kid = randomBytes(6).toString('hex');
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims, header = {}) =>
      new SignJWT(given(claims))
        .setProtectedHeader({ ...given({ kid, typ: 'at+jwt', ...header }), alg })
        .sign(privateKey),
  };
};

/** What a good token says; `sub` is Ada. */
export const goodClaims = (issuer: string, clock: Clock): Record<string, unknown> => {
  const seconds = Math.floor(clock.now() / 1000);
  return {
    ...{ iss: issuer, aud: resource, sub: 'ada', client_id: 'a client', jti: 'one' },
    ...{ iat: seconds, exp: seconds + 600, scope: 'mail:read contacts:read' },
  };
};

/** An issuer whose keys are at hand. */
export const trusting = (signer: Signer, more: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  issuer: 'https://login.example.org',
  realm: 'staff',
  audience: resource,
  identifierClaim: 'sub',
  scopePrefix: '',
  keys: createLocalJWKSet({ keys: [signer.jwk] }),
  algorithms: ['ES256'],
  typed: false,
  clockToleranceSeconds: 30,
  linkPolicy: 'pinned',
  ...more,
});
