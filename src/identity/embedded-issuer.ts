// The embedded authorization server as an issuer whose access tokens are trusted. Knows nothing of how it makes them.
import type { JWTVerifyGetKey } from 'jose';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import type { TrustedIssuer } from './access-tokens.ts';

export interface EmbeddedIssuerOptions {
  readonly issuer: string;
  /** The resource identifier (RFC 8707) of this server. */
  readonly resource: string;
  readonly keys: JWTVerifyGetKey;
  /** Whether the grant behind this hash is there and this account's, and whose it is may still enter. */
  readonly stillGood: (owner: AccountKey, grantHash: string) => Promise<boolean>;
}

/** People are known by Google's `sub`; a token ends with the grant that it stands on, whatever its `exp` says. */
export const createEmbeddedIssuer = ({ issuer, resource, keys, stillGood }: EmbeddedIssuerOptions): TrustedIssuer => ({
  issuer,
  realm: googleRealm,
  audience: resource,
  identifierClaim: 'sub',
  keys,
  algorithms: ['ES256'],
  typed: true,
  scopePrefix: '',
  clockToleranceSeconds: 0,
  linkPolicy: 'signed_in',
  stillGood: async ({ key, grantHash }) => grantHash !== undefined && stillGood(key, grantHash),
});
