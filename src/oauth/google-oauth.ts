// Google's OAuth in the RFCs' words: authorization request, code exchange, refresh, revocation.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { limitBody } from '../lib/bounded-body.ts';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { splitScope } from '../model/capability.ts';
import { readIdToken, type VerifiedIdentity } from './id-token.ts';
import {
  type GoogleEndpoints,
  maxAnswerBytes,
  type OAuthClient,
  requestTokens,
  type TokenFailure,
  type TokenResponse,
} from './token-client.ts';

interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The mailbox that is expected, so that Google offers it first. */
  readonly loginHint?: string;
  /** Makes Google ask again and give a new refresh token; every one counts towards its cap of 100. */
  readonly promptConsent?: boolean;
  /** Lets the person choose an account where Google would take the one that is signed in. */
  readonly selectAccount?: boolean;
}

/** Tokens as Google gave them, with times as milliseconds since the epoch. */
export interface Tokens {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken?: string;
  readonly refreshTokenExpiresAt?: number;
  /** Undefined when Google did not say: then as requested (RFC 6749 §5.1). */
  readonly scopes?: string[];
}

export type CodeOutcome =
  | { readonly kind: 'granted'; readonly tokens: Tokens; readonly identity: VerifiedIdentity }
  | { readonly kind: 'identity_rejected'; readonly check: string; readonly tokens: Tokens }
  | { readonly kind: 'failed'; readonly failure: TokenFailure };

type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: Tokens }
  | { readonly kind: 'failed'; readonly failure: TokenFailure };

export interface GoogleOAuth {
  readonly clientId: string;
  readonly tokenEndpoint: string;
  newCodeVerifier(): string;
  authorizationUrl(request: AuthorizationRequest): string;
  exchangeCode(code: { code: string; codeVerifier: string; redirectUri: string; nonce: string }): Promise<CodeOutcome>;
  refresh(refreshToken: string): Promise<RefreshOutcome>;
  /** RFC 7009. True when Google confirmed it, or knew the token no longer. */
  revoke(token: string): Promise<boolean>;
}

interface GoogleOAuthOptions {
  readonly client: OAuthClient;
  readonly endpoints: GoogleEndpoints;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

const revocationTimeoutMs = 10_000;

export const createGoogleOAuth = (options: GoogleOAuthOptions): GoogleOAuth => {
  const { client, endpoints, clock } = options;
  const inTime = (tokens: TokenResponse): Tokens => toTokens(tokens, clock.now());
  return {
    clientId: client.id,
    tokenEndpoint: endpoints.tokenEndpoint,
    /** RFC 7636 §4.1: 43–128 unreserved characters. */
    newCodeVerifier: () => Buffer.from(options.random(48)).toString('base64url'),
    authorizationUrl: (request) => authorizationUrl(client.id, endpoints.authorizationEndpoint, request),
    exchangeCode: async ({ code, codeVerifier, redirectUri, nonce }) => {
      const outcome = await requestTokens(options, { kind: 'code', code, codeVerifier, redirectUri });
      if (outcome.kind === 'failed') return outcome;
      const tokens = inTime(outcome.tokens);
      const expected = { issuer: endpoints.issuer, clientId: client.id, nonce, now: clock.now() };
      const read = readIdToken(outcome.tokens.id_token ?? '', expected);
      if (read.kind === 'rejected') return { kind: 'identity_rejected', check: read.check, tokens };
      return { kind: 'granted', tokens, identity: read.identity };
    },
    refresh: async (refreshToken) => {
      const outcome = await requestTokens(options, { kind: 'refresh', refreshToken });
      return outcome.kind === 'failed' ? outcome : { kind: 'refreshed', tokens: inTime(outcome.tokens) };
    },
    revoke: (token) => revoke(options.fetch, endpoints.revocationEndpoint, token),
  };
};

const toTokens = (tokens: TokenResponse, now: number): Tokens => ({
  accessToken: tokens.access_token,
  accessTokenExpiresAt: now + tokens.expires_in * 1000,
  refreshToken: tokens.refresh_token,
  refreshTokenExpiresAt:
    tokens.refresh_token_expires_in === undefined ? undefined : now + tokens.refresh_token_expires_in * 1000,
  scopes: tokens.scope === undefined || tokens.scope.trim() === '' ? undefined : splitScope(tokens.scope),
});

/** RFC 6749 §4.1.1 with PKCE (RFC 7636) and Google's `access_type`. Never `include_granted_scopes`. */
const authorizationUrl = (clientId: string, endpoint: string, request: AuthorizationRequest): string => {
  const url = new URL(endpoint);
  const prompts = [request.promptConsent === true && 'consent', request.selectAccount === true && 'select_account'];
  const prompt = prompts.filter((word) => word !== false).join(' ');
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: request.state,
    nonce: request.nonce,
    code_challenge: createHash('sha256').update(request.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    access_type: 'offline',
    ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint }),
    ...(prompt === '' ? {} : { prompt }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
};

/** The library's own revokeToken puts the token into the URL, where proxies log it; RFC 7009 §2.1 wants a form body. */
const revoke = async (send: typeof fetch, endpoint: string, token: string): Promise<boolean> => {
  try {
    const response = await send(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }),
      signal: AbortSignal.timeout(revocationTimeoutMs),
      redirect: 'error',
    });
    if (response.status !== 400) {
      await response.body?.cancel();
      return response.ok;
    }
    // Google's answer for a token that is dead already; any other refusal leaves the grant alive.
    const answer = z
      .object({ error: z.literal('invalid_token') })
      .safeParse(await limitBody(response, maxAnswerBytes).json());
    return answer.success;
  } catch {
    return false;
  }
};
