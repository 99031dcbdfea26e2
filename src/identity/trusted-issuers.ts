// Whose access tokens are trusted: the embedded authorization server's, and those of somebody else's (Keycloak, Entra,
// Auth0 …). The external one is contacted at the first token, not before, and never gets a token.
import type { JWTVerifyGetKey } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { OutsideFetch } from '../lib/outside-fetch.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import { fetchIssuerKeys } from '../oauth/issuer-metadata.ts';
import type { TrustedIssuer } from './access-tokens.ts';
import { createIssuerKeys } from './issuer-keys.ts';

export interface EmbeddedIssuerOptions {
  readonly issuer: string;
  /** The resource identifier (RFC 8707) of this server. */
  readonly resource: string;
  readonly keys: JWTVerifyGetKey;
  /** Whether the grant behind this hash is there and this account's, and whose it is may still enter. */
  readonly isGrantActive: (owner: AccountKey, grantHash: string) => Promise<boolean>;
}

/** People are known by Google's `sub`; a token ends with the grant that it stands on, whatever its `exp` says. */
export const createEmbeddedIssuer = ({
  issuer,
  resource,
  keys,
  isGrantActive,
}: EmbeddedIssuerOptions): TrustedIssuer => ({
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
  isStillValid: async ({ key, grantHash }) => grantHash !== undefined && isGrantActive(key, grantHash),
});

/** For all requests that one look after the keys takes. */
const fetchTimeoutMs = 8000;

/** Signatures by a private key that only the issuer has; never a shared secret, never `none` (RFC 8725 §3.1). */
const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

export interface ExternalIssuerOptions {
  readonly settings: {
    /** As it stands in `iss`, exactly. */
    readonly url: string;
    readonly realm: string;
    readonly identifierClaim: string;
    /** What stands in `aud`; undefined: `resource`. */
    readonly audience: string | undefined;
    /** What clients write before a scope when they ask this issuer for it; empty: nothing. */
    readonly scopePrefix: string;
    /** With it, browsers that open a link sign in there first. */
    readonly client: object | undefined;
  };
  /** The resource identifier (RFC 8707) of this server. */
  readonly resource: string;
  /** Trusts the issuer's own origin. */
  readonly fetch: OutsideFetch;
  readonly clock: Clock;
  readonly log: (entry: {
    readonly event: 'issuer_unavailable';
    readonly issuer: string;
    readonly reason: string;
  }) => void;
}

const withTimeout = async <T>(clock: Clock, run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const timeout = new AbortController();
  const finished = new AbortController();
  void clock.sleep(fetchTimeoutMs, finished.signal).then(() => timeout.abort());
  try {
    return await run(timeout.signal);
  } finally {
    finished.abort();
  }
};

export const createExternalIssuer = (options: ExternalIssuerOptions): TrustedIssuer => {
  const { settings, resource, clock, log } = options;
  const { url, realm, identifierClaim, audience, client } = settings;
  const fetchKeys = () => withTimeout(clock, (signal) => fetchIssuerKeys(url, options.fetch, signal));
  return {
    issuer: url,
    realm,
    audience: audience ?? resource,
    identifierClaim,
    keys: createIssuerKeys(fetchKeys, clock, (reason) => log({ event: 'issuer_unavailable', issuer: url, reason })),
    algorithms: asymmetricAlgorithms,
    typed: false,
    scopePrefix: settings.scopePrefix,
    clockToleranceSeconds: 30,
    linkPolicy: client === undefined ? 'pinned' : 'signed_in',
  };
};
