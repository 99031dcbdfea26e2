// Signs a browser in at an OpenID Connect issuer that the operator configured: discovery, code with PKCE and nonce, ID token
// with its signature checked. The errors of openid-client carry codes and tokens: they are never rethrown.

import { limitBody } from '../lib/bounded-body.ts';
import type { Clock } from '../lib/clock.ts';
import { isUnverifiedAddress } from '../lib/e-mail-address.ts';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import type { OutsideFetch } from '../lib/outside-fetch.ts';
import { identifierSchema } from '../model/account-key.ts';
import { isFreshIdToken } from './id-token.ts';
import { type DiscoveredMetadata, fetchIssuerMetadata, type IssuerMetadata } from './issuer-metadata.ts';
import { maxAnswerBytes } from './token-client.ts';

interface IssuerSignInOptions {
  /** As it stands in `iss`. */
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** The claim that names the person. */
  readonly identifierClaim: string;
  /** Trusts the issuer's own origin. */
  readonly fetch: OutsideFetch;
  readonly clock: Clock;
}

/** The values of one authorization request; the same on the way there and back. */
interface IssuerRound {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 §4.1: 43–128 unreserved characters. */
  readonly codeVerifier: string;
}

/** The parameters of the authorization response (RFC 6749 §4.1.2, RFC 9207 §2). */
interface IssuerResponse {
  readonly code?: string;
  readonly error?: string;
  readonly iss?: string;
}

type IssuerOutcome =
  | { readonly kind: 'identified'; readonly identifier: string }
  | { readonly kind: 'declined' }
  /** The code is too old, or not of this round. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'unavailable' }
  /** The issuer, its settings here, or the claim are not as they should be; `check` is fit for a log. */
  | { readonly kind: 'rejected'; readonly check: string };

export interface IssuerSignIn {
  /**
   * Where the browser goes; undefined while the issuer's metadata cannot be had.
   * @param promptLogin whether the issuer asks for a sign-in also where somebody is signed in there (`prompt=login`).
   */
  authorizationUrl(round: IssuerRound, promptLogin: boolean): Promise<string | undefined>;
  /** What a response comes to. Never throws for what the issuer does. */
  identify(round: IssuerRound, response: IssuerResponse): Promise<IssuerOutcome>;
}

type Library = typeof import('openid-client');
type Configuration = import('openid-client').Configuration;
type FetchOptions = import('openid-client').CustomFetchOptions;
type ServerMetadata = import('openid-client').ServerMetadata;

const requestTimeoutSeconds = 10;
/** How long the issuer's metadata is cached. Milliseconds. */
const metadataLifetimeMs = 60 * 60_000;

/** Plain http only on this machine, no redirects, and no answer without end. */
const guardedFetch =
  (send: OutsideFetch) =>
  async (url: string, { method, headers, redirect, body, signal }: FetchOptions): Promise<Response> => {
    const target = new URL(url);
    if (target.protocol !== 'https:' && !isLoopbackHost(target.hostname)) throw new TypeError('only https');
    // The library sends forms, and nothing else that has a body.
    const form = body instanceof URLSearchParams ? body : undefined;
    const response = await send(url, { method, headers, redirect, body: form, signal });
    return limitBody(response, maxAnswerBytes);
  };

/** Made anew each time: the library takes our clock as a distance to its own. */
const configure = (
  library: Library,
  { issuer, client, clock, fetch: send }: IssuerSignInOptions,
  discovered: IssuerMetadata,
): Configuration => {
  // It was parsed from JSON, and names the issuer; the library checks each other member where it uses it.
  const metadata = discovered as ServerMetadata;
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const authentication = methods.includes('client_secret_basic')
    ? library.ClientSecretBasic(client.secret)
    : library.ClientSecretPost(client.secret);
  const skew = Math.round((clock.now() - Date.now()) / 1000);
  const configuration = new library.Configuration(
    metadata,
    client.id,
    { [library.clockSkew]: skew, [library.clockTolerance]: 60 },
    authentication,
  );
  configuration[library.customFetch] = guardedFetch(send);
  configuration.timeout = requestTimeoutSeconds;
  if (new URL(issuer).protocol === 'http:') library.allowInsecureRequests(configuration);
  library.enableNonRepudiationChecks(configuration);
  return configuration;
};

export const createIssuerSignIn = (options: IssuerSignInOptions): IssuerSignIn => {
  const { issuer, clock } = options;
  let cached: { readonly metadata: IssuerMetadata; readonly at: number } | undefined;

  const discover = async (): Promise<DiscoveredMetadata> => {
    if (cached !== undefined && clock.now() - cached.at < metadataLifetimeMs)
      return { kind: 'metadata', metadata: cached.metadata };
    const timeout = AbortSignal.timeout(requestTimeoutSeconds * 1000);
    const found = await fetchIssuerMetadata(issuer, options.fetch, timeout);
    if (found.kind === 'metadata') cached = { metadata: found.metadata, at: clock.now() };
    return found;
  };

  return {
    authorizationUrl: async ({ redirectUri, state, nonce, codeVerifier }, promptLogin) => {
      const library = await import('openid-client');
      const discovered = await discover();
      if (discovered.kind === 'none') return undefined;
      try {
        const url = library.buildAuthorizationUrl(configure(library, options, discovered.metadata), {
          redirect_uri: redirectUri,
          scope: 'openid profile email',
          state,
          nonce,
          code_challenge: await library.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
          ...(promptLogin ? { prompt: 'login' } : {}),
        });
        return url.href;
      } catch {
        return undefined;
      }
    },
    identify: async (round, response) => {
      const library = await import('openid-client');
      const discovered = await discover();
      if (discovered.kind === 'none')
        return discovered.isOutage ? { kind: 'unavailable' } : { kind: 'rejected', check: 'metadata' };
      try {
        const configuration = configure(library, options, discovered.metadata);
        return await identify({ library, configuration, options }, round, response);
      } catch (error) {
        return outcomeOf(error);
      }
    },
  };
};

interface Means {
  readonly library: Library;
  readonly configuration: Configuration;
  readonly options: IssuerSignInOptions;
}

const identify = async (
  { library, configuration, options: { identifierClaim: claim, clock } }: Means,
  { redirectUri, state, nonce, codeVerifier }: IssuerRound,
  response: IssuerResponse,
): Promise<IssuerOutcome> => {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...response, state }))
    if (value !== undefined) url.searchParams.set(name, value);
  const tokens = await library.authorizationCodeGrant(configuration, url, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  });
  const token = tokens.claims();
  if (token === undefined) return { kind: 'rejected', check: 'id_token' };
  if (!isFreshIdToken(token.iat, clock.now() / 1000)) return { kind: 'rejected', check: 'iat' };
  const claims: Readonly<Record<string, unknown>> =
    token[claim] !== undefined || configuration.serverMetadata().userinfo_endpoint === undefined
      ? token
      : await library.fetchUserInfo(configuration, tokens.access_token, token.sub);
  // An address that nobody vouched for could be anybody's.
  if (isUnverifiedAddress(claims, claim)) return { kind: 'rejected', check: 'email_verified' };
  const identifier = identifierSchema.safeParse(claims[claim]);
  return identifier.success
    ? { kind: 'identified', identifier: identifier.data }
    : { kind: 'rejected', check: 'identifier_claim' };
};

/** Judged by codes only; the texts and the rest of the error stay here. */
const outcomeOf = (error: unknown): IssuerOutcome => {
  const { code, error: oauthError, cause } = Object(error) as { code?: unknown; error?: unknown; cause?: unknown };
  if (oauthError === 'access_denied') return { kind: 'declined' };
  if (oauthError === 'invalid_grant') return { kind: 'expired' };
  if (oauthError === 'server_error' || oauthError === 'temporarily_unavailable') return { kind: 'unavailable' };
  if (typeof oauthError === 'string') return { kind: 'rejected', check: 'oauth_error' };
  const unreached = code === undefined || code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT';
  const failing = cause instanceof Response && (cause.status >= 500 || cause.status === 429);
  if (unreached || failing) return { kind: 'unavailable' };
  return { kind: 'rejected', check: typeof code === 'string' && /^OAUTH_[A-Z_]{1,60}$/.test(code) ? code : 'unknown' };
};
