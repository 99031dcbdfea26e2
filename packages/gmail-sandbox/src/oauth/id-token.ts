// Google's signing key, ID tokens signed with it, and the two documents that let a client check them.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { GoogleAccount } from '../accounts.ts';
import { emailScope, profileScope } from './project.ts';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

let signingKey: SigningKey | undefined;

/** One RSA key per process, made when first needed: making one takes longer than everything else in a test. */
const key = (): SigningKey => {
  if (signingKey === undefined) {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const kid = createHash('sha256')
      .update(pair.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    signingKey = { kid: kid.slice(0, 40), ...pair };
  }
  return signingKey;
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** OpenID Connect Core §3.1.3.6: the left half of the access token's hash. */
const accessTokenHash = (accessToken: string): string =>
  createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');

/**
 * An RS256 ID token as Google issues it (https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload).
 * @param options.now milliseconds since the epoch
 * @param options.scopes canonical; the e-mail claims need the e-mail scope
 */
export const signIdToken = (options: {
  issuer: string;
  clientId: string;
  account: GoogleAccount;
  scopes: readonly string[];
  accessToken: string;
  nonce: string | undefined;
  now: number;
}): string => {
  const { account, scopes } = options;
  const issuedAt = Math.floor(options.now / 1000);
  const claims = {
    iss: options.issuer,
    azp: options.clientId,
    aud: options.clientId,
    sub: account.sub,
    hd: account.hostedDomain,
    ...(scopes.includes(emailScope) ? { email: account.email, email_verified: true } : {}),
    at_hash: accessTokenHash(options.accessToken),
    nonce: options.nonce,
    name: scopes.includes(profileScope) ? account.name : undefined,
    iat: issuedAt,
    exp: issuedAt + 3600,
  };
  const unsigned = `${encode({ alg: 'RS256', kid: key().kid, typ: 'JWT' })}.${encode(claims)}`;
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), key().privateKey).toString('base64url')}`;
};

/** The JWK set behind `jwks_uri` (RFC 7517). */
export const jsonWebKeySet = (): { keys: Record<string, unknown>[] } => ({
  keys: [{ ...key().publicKey.export({ format: 'jwk' }), kid: key().kid, use: 'sig', alg: 'RS256' }],
});

/** `/.well-known/openid-configuration` with the endpoints the sandbox has. */
export const discoveryDocument = (origin: string): Record<string, unknown> => ({
  issuer: origin,
  authorization_endpoint: `${origin}/o/oauth2/v2/auth`,
  token_endpoint: `${origin}/token`,
  revocation_endpoint: `${origin}/revoke`,
  jwks_uri: `${origin}/oauth2/v3/certs`,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid', 'email', 'profile'],
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
  claims_supported: ['aud', 'email', 'email_verified', 'exp', 'hd', 'iat', 'iss', 'name', 'sub'],
  code_challenge_methods_supported: ['plain', 'S256'],
  authorization_response_iss_parameter_supported: true,
  grant_types_supported: ['authorization_code', 'refresh_token'],
});
